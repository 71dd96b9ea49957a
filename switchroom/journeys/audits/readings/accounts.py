"""All accounts, cut into spans of ids that are looked at one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from switchroom.accounts.models import Account
from switchroom.plumbing.bulk import key_of, read_rows
from switchroom.subscriptions.spans import Span

ACCOUNTS = 500
"""How many accounts are in memory at a time."""

NEXT = "SELECT id FROM accounts_account WHERE id > %s ORDER BY id LIMIT %s"

Edges = tuple[str, str]
"""The first and the last account of a span, as the database keeps their ids."""


def all_spans(*, size: int = ACCOUNTS) -> Iterator[Span]:
    """This function will cut all accounts into spans of at most ``size``, in the order of their ids."""
    last, accounts = key_of(UUID(int=0)), size
    while accounts == size:
        ids = [row[0] for row in read_rows(NEXT, [last, size])]
        accounts = len(ids)
        if ids:
            last = ids[-1]
            yield Span(ids[0], last, accounts)


def count_accounts() -> int:
    """This function will count all accounts."""
    return Account.objects.count()
