"""Opening an account: a number that nobody else has, and the first owner."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from switchroom.accounts.models import Account, AccountSeries, Member, Role
from switchroom.accounts.opening import CompanyNameRefused, open_account
from switchroom.accounts.queries import accounts_of, lock_account, member_for
from switchroom.plumbing.audit_trail import story_of_account
from switchroom.plumbing.locks import LockOutsideTransaction
from tests.accounts.conftest import DAY, Person


def test_whoever_opens_an_account_is_its_owner(person: Person) -> None:
    user = person("Alice")
    account = open_account(user=user, name="  Alpha   GmbH ", day=DAY)
    assert (account.number, account.name, account.created_on) == ("C-10001", "Alpha GmbH", DAY)
    member = member_for(user, account.id)
    assert (member.role, member.joined_on) == (Role.OWNER, DAY)
    assert list(accounts_of(user)) == [account]


def test_numbers_follow_one_another(person: Person) -> None:
    numbers = [open_account(user=person(name), name=name, day=DAY).number for name in ("A", "B", "C")]
    assert numbers == ["C-10001", "C-10002", "C-10003"]


def test_a_double_click_opens_one_account(person: Person) -> None:
    user = person("Alice")
    first = open_account(user=user, name="Alpha GmbH", day=DAY)
    assert open_account(user=user, name="Alpha  GmbH", day=DAY) == first
    assert Account.objects.count() == 1
    assert open_account(user=user, name="Alpha GmbH", day=DAY + timedelta(days=1)) != first
    assert open_account(user=person("Bob"), name="Alpha GmbH", day=DAY) != first


def test_it_is_told_in_the_audit_trail(alice: Member) -> None:
    event = story_of_account(account_id=alice.account_id).get()
    assert (event.kind, event.happened_on, event.actor) == ("account_opened", DAY, "alice@example.com")
    assert event.facts == {"number": "C-10001", "name": "Alpha GmbH"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "bell\x07"])
def test_it_refuses_a_name_that_is_none(person: Person, name: str) -> None:
    with pytest.raises(CompanyNameRefused, match="Please"):
        open_account(user=person("Alice"), name=name, day=DAY)
    assert not Account.objects.exists()


def test_a_foreign_account_looks_as_if_it_did_not_exist(alice: Member, charlie: Member) -> None:
    with pytest.raises(Member.DoesNotExist):
        member_for(charlie.user, alice.account_id)
    assert list(accounts_of(charlie.user)) == [charlie.account]


def test_an_account_can_be_locked_inside_a_transaction(alice: Member) -> None:
    with transaction.atomic():
        assert lock_account(alice.account_id) == alice.account


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused(alice: Member) -> None:
    with pytest.raises(LockOutsideTransaction):
        lock_account(alice.account_id)


def test_the_database_keeps_number_and_day_and_the_account_itself(alice: Member) -> None:
    account = Account.objects.filter(pk=alice.account_id)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        account.update(number="C-1")
    with (
        pytest.raises(IntegrityError, match="never deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM accounts_account")
    account.update(name="Alpha AG")
    assert account.get().name == "Alpha AG"


def test_there_is_one_series(alice: Member) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountSeries.objects.create(pk=2)


@pytest.mark.django_db(transaction=True)
def test_accounts_opened_at_the_same_time_have_different_numbers(person: Person) -> None:
    users = [person(f"P{number}") for number in range(8)]
    barrier = threading.Barrier(len(users))

    def opens(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            open_account(user=users[number], name=f"Firm {number}", day=DAY)
        finally:
            connection.close()

    threads = [threading.Thread(target=opens, args=(number,)) for number in range(len(users))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    numbers = sorted(Account.objects.values_list("number", flat=True))
    assert numbers == [f"C-{10_001 + number}" for number in range(len(users))]
