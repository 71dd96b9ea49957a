"""Effects leave through here: what a transaction promises to happen outside it, or later.

``defer`` writes in the caller's transaction, so that the promise stands or falls with the change it belongs
to. Workers take open entries, as many workers as one likes; what fails is tried again after a growing pause
for about a day, then put on the dead list for an operator. An effect happens at least once: a handler must
bear being repeated. One that only writes to the database happens exactly once, because its rows and its
completion are one transaction.

The outbox only ever means *now*. What is due on a future day is found by that day's work, not by an entry
that waits. Pauses and the death of workers are measured by the real clock, also where the town's is moved.

Behind this interface stand two engines (``engine.py``): a table of leases on SQLite, procrastinate on
PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.models import OutboxEntry
from switchroom.plumbing.outbox.carrying_out import drain, may_go_on, run_once, work_forever
from switchroom.plumbing.outbox.engine import LONGEST_PAUSE, MOST_FAILURES, Promise, engine, pause_after
from switchroom.plumbing.outbox.handlers import (
    LEASE,
    Hopeless,
    Interrupted,
    UnknownEffect,
    handler_of,
    handles,
)

__all__ = [
    "LEASE",
    "LONGEST_PAUSE",
    "MOST_FAILURES",
    "Hopeless",
    "Interrupted",
    "OutsideTransaction",
    "UnknownEffect",
    "adopt_strays",
    "dead",
    "defer",
    "defer_many",
    "drain",
    "forget_done",
    "handles",
    "may_go_on",
    "pause_after",
    "retry",
    "retry_all",
    "run_once",
    "wake",
    "work_forever",
]

ENTRIES_AT_ONCE = 1_000  # in one statement


class OutsideTransaction(RuntimeError):
    """An effect was promised outside a transaction, where the promise could be lost."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"The effect {kind!r} must be deferred inside the transaction that it belongs to.")


def defer(kind: str, payload: dict[str, Any], *, key: str | None = None) -> None:
    """This function will promise an effect, to happen right after the surrounding transaction commits.

    ``payload`` must be JSON (dates, UUIDs and instants become text). With a ``key`` the effect happens once,
    however often it is deferred. Raises UnknownEffect and OutsideTransaction.
    """
    _check(kind)
    engine().promise([Promise(new_id(), kind, payload, key, clock.now())], in_bulk=False)


def defer_many(kind: str, payloads: Iterable[tuple[str | None, dict[str, Any]]]) -> None:
    """This function will promise many effects of one kind, given as (key, payload), a thousand in one
    statement.

    They give way to those that were deferred one by one, for which somebody may be waiting. Otherwise like
    ``defer``, also in what it raises.
    """
    _check(kind)
    chosen, at, left = engine(), clock.now(), iter(payloads)
    while batch := list(islice(left, ENTRIES_AT_ONCE)):
        chosen.promise([Promise(new_id(), kind, payload, key, at) for key, payload in batch], in_bulk=True)


def wake() -> None:
    """This function will tell this process's workers that there is something to do."""
    engine().wake()


def dead() -> QuerySet[OutboxEntry]:
    """This function will return the effects that were given up, latest first."""
    return OutboxEntry.objects.exclude(dead_at=None).order_by("-dead_at")


def retry(entry_id: UUID) -> bool:
    """This function will open a dead entry again, with all its tries; False when it is not on that list."""
    return _open_again(dead().filter(pk=entry_id)) == 1


def retry_all(kind: str | None = None) -> int:
    """This function will open all dead entries again, or those of one kind, and return their number."""
    return _open_again(dead() if kind is None else dead().filter(kind=kind))


def adopt_strays() -> int:
    """This function will hand out the open entries that the database's engine knows nothing of, and return
    their number.

    Such are the entries of an earlier version, and those that were copied from the other kind of database.
    """
    with transaction.atomic():
        found = engine().strays()
        _hand_out(found)
    return len(found)


def forget_done(before: datetime) -> None:
    """This function will empty what was done before an instant (real clock): letters are no archive.

    An entry with a key stays as an empty row, because its key means *never again*.
    """
    done = OutboxEntry.objects.filter(done_at__lt=before)
    done.filter(key=None).delete()
    done.exclude(payload={}).update(payload={})


def _check(kind: str) -> None:
    handler_of(kind)
    if not connection.in_atomic_block:
        raise OutsideTransaction(kind)


def _open_again(given_up: QuerySet[OutboxEntry]) -> int:
    with transaction.atomic():
        found = list(given_up.select_for_update().values_list("pk", flat=True))
        _hand_out(found)
    return len(found)


def _hand_out(entry_ids: list[UUID]) -> None:
    """Open entries, or given up ones that are to be opened again."""
    for start in range(0, len(entry_ids), ENTRIES_AT_ONCE):
        batch = entry_ids[start : start + ENTRIES_AT_ONCE]
        OutboxEntry.objects.filter(pk__in=batch).exclude(dead_at=None).update(dead_at=None, failures=0)
        engine().hand_out(batch)
