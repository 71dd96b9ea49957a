"""Which accounts a billing run has to look at, cut into spans of ids that are worked on one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from switchroom.plumbing.bulk import read_rows
from switchroom.plumbing.locks import lock_rows

WITH_SOMETHING_DUE = "s.next_due_on <= %s"
PAYING = "s.bought_on IS NOT NULL AND s.bought_on <= %s"

EDGES = """
    SELECT account_id, place, accounts FROM (
        SELECT account_id, ROW_NUMBER() OVER (ORDER BY account_id) AS place, COUNT(*) OVER () AS accounts
        FROM (SELECT DISTINCT s.account_id FROM subscriptions_subscription s WHERE {condition}) AS due
    ) AS placed
    WHERE place %% {size} IN (0, 1) OR {size} = 1 OR place = accounts
    ORDER BY place
"""
LOCKED = """
    SELECT a.id FROM accounts_account a
    WHERE a.id BETWEEN %s AND %s AND EXISTS (
        SELECT 1 FROM subscriptions_subscription s WHERE s.account_id = a.id AND {condition}
    )
    ORDER BY a.id
"""


class Span(NamedTuple):
    """Accounts from the first through the last id (text, as the database keeps it), and how many of them a
    run has to look at.
    """

    first: str
    last: str
    accounts: int


def plan_spans(*, due_on: date, everybody: bool, size: int) -> Iterator[Span]:
    """This function will cut the accounts that have something due on or before a day into spans of ``size``.

    ``everybody`` means all accounts that pay for anything by then, due or not.
    """
    statement = EDGES.format(condition=_condition(everybody), size=int(size))
    edges: list[tuple[Any, ...]] = read_rows(statement, [due_on])
    first: tuple[str, int] | None = None
    for account, place, accounts in edges:
        if place % size == 1 or size == 1:
            first = (account, place)
        if first is not None and (place % size == 0 or place == accounts):
            yield Span(first[0], account, place - first[1] + 1)
            first = None


def lock_span(span: tuple[str, str], *, due_on: date, everybody: bool) -> list[str]:
    """This function will lock the accounts of a span that a run has to look at, and return their ids.

    One that was settled meanwhile is not among them. Raises plumbing.locks.LockOutsideTransaction.
    """
    return lock_rows(LOCKED.format(condition=_condition(everybody)), [*span, due_on])


def accounts_in(span: tuple[str, str], *, due_on: date, everybody: bool) -> list[str]:
    """This function will list the accounts that ``lock_span`` would lock, without locking them."""
    return [row[0] for row in read_rows(LOCKED.format(condition=_condition(everybody)), [*span, due_on])]


def _condition(everybody: bool) -> str:
    return PAYING if everybody else WITH_SOMETHING_DUE
