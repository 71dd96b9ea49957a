"""A company of these tests: Alice owns it, Bob pays, Tom sets up, Vera looks on; Charlie owns another one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import unescape
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from switchroom.accounts.models import Account, Member, Role, User
from switchroom.accounts.opening import open_account

DAY = date(2026, 6, 1)
MOST_QUERIES = 12


def person(name: str) -> User:
    """This function will make a user who has proven the address NAME@example.com."""
    user = User.objects.create_user(f"{name.lower()}@example.com", full_name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


class Company:
    """Alpha GmbH with a member in every role, and Charlie's Gamma AG beside it."""

    def __init__(self) -> None:
        self.account: Account = open_account(user=person("Alice"), name="Alpha GmbH", day=DAY)
        self.alice = self.account.members.get()
        self.bob = self.joins("Bob", Role.BILLING)
        self.tom = self.joins("Tom", Role.TECHNICAL)
        self.vera = self.joins("Vera", Role.VIEWER)
        self.charlie = open_account(user=person("Charlie"), name="Gamma AG", day=DAY).members.get()

    def joins(self, name: str, role: str) -> Member:
        """This function will make a new person a member."""
        return Member.objects.create(account=self.account, user=person(name), role=role, joined_on=DAY)


def signed_in(who: Member | User) -> Client:
    """This function will give a browser in which somebody is signed in."""
    client = Client()
    client.force_login(who.user if isinstance(who, Member) else who)
    return client


def words(answer: Any) -> str:
    """This function will give what a page says: its text without its marks, spaces run together.

    ``answer`` is what Django's client gives, which has no one type.
    """
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).replace("\u00a0", " ").split())


def said_after(client: Client, answer: Any) -> str:
    """This function will follow a redirect, which there must be, and give what that page says."""
    assert answer.status_code == 302, words(answer)
    return words(client.get(answer["Location"]))


@contextmanager
def few_queries() -> Iterator[None]:
    """This function will watch that no more queries are asked than a page may ask."""
    with CaptureQueriesContext(connection) as asked:
        yield
    assert len(asked) <= MOST_QUERIES, [query["sql"][:90] for query in asked]
