"""The people of these tests: Alice owns an account, others join it, Charlie owns another one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from allauth.account.models import EmailAddress

from switchroom.accounts.models import Member, Role, User
from switchroom.accounts.opening import open_account

DAY = date(2026, 6, 1)
Person = Callable[[str], User]
Joins = Callable[[str, Role], Member]


@pytest.fixture
def person(db: None) -> Person:
    """A function that makes a user who has proven the address NAME@example.com."""

    def make(name: str) -> User:
        user = User.objects.create_user(f"{name.lower()}@example.com", full_name=name)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    return make


@pytest.fixture
def alice(person: Person) -> Member:
    """The first owner of Alpha GmbH."""
    user = person("Alice")
    return open_account(user=user, name="Alpha GmbH", day=DAY).members.get()


@pytest.fixture
def charlie(person: Person) -> Member:
    """The owner of another account, who must see and do nothing in Alice's."""
    return open_account(user=person("Charlie"), name="Gamma AG", day=DAY).members.get()


@pytest.fixture
def joins(alice: Member, person: Person) -> Joins:
    """A function that makes a person a member of Alice's account with a role."""

    def make(name: str, role: Role) -> Member:
        return Member.objects.create(account=alice.account, user=person(name), role=role, joined_on=DAY)

    return make
