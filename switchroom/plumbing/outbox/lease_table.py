"""The engine on SQLite: the outbox's own table, whose open rows workers take under a lease.

A worker that takes an entry raises ``attempt`` and sets ``leased_until``; only the holder of that attempt may
settle it. When the lease has run out the next worker takes it. SQLite has one writer at a time, whose
transaction takes the lock at its start: what was read in it stays true until it is written.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from switchroom.plumbing import clock
from switchroom.plumbing.models import OutboxEntry
from switchroom.plumbing.outbox.engine import MOST_FAILURES, WORKERS_DIED, Outcome, Promise, Taken
from switchroom.plumbing.outbox.handlers import LEASE, registered

POLL_SECONDS = 0.25  # how soon a worker in another process sees a new entry

INSERT = (
    f"INSERT INTO {OutboxEntry._meta.db_table} "
    "(id, kind, payload, key, created_at, gives_way, due_at, attempt, failures, last_error) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, 0, 0, '') ON CONFLICT (key) DO NOTHING"
)

_woken = threading.Event()


def promise(promises: Sequence[Promise], *, in_bulk: bool) -> None:
    """This function will write entries whose keys are new, due at once, in one prepared statement."""
    instant = connection.ops.adapt_datetimefield_value
    due_at = instant(clock.real_now())
    rows = (
        (
            one.id.hex,
            one.kind,
            json.dumps(one.payload, cls=DjangoJSONEncoder),
            one.key,
            instant(one.created_at),
            in_bulk,
            due_at,
        )
        for one in promises
    )
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)  # type: ignore[arg-type]  # SQLite's own takes any iterable
    transaction.on_commit(wake, robust=True)


def hand_out(entry_ids: Sequence[UUID]) -> None:
    """This function will make open entries due at once."""
    OutboxEntry.objects.filter(pk__in=entry_ids).update(due_at=clock.real_now(), leased_until=None)
    transaction.on_commit(wake, robust=True)


def strays() -> list[UUID]:
    """This function will return the open entries that have no place in the order of what is due."""
    return list(
        OutboxEntry.objects.filter(due_at=None, done_at=None, dead_at=None).values_list("pk", flat=True)
    )


@contextmanager
def at_work() -> Iterator[int]:
    """This function will give a worker's number, which says nothing here: leases speak for themselves."""
    yield 0


def take(worker: int) -> Taken | None:
    """This function will lease the entry that is due for longest; what was written in bulk comes last."""
    while _open().exists():  # a look without a lock, since a transaction begins with the write lock
        with transaction.atomic():
            entry = _open().first()
            if entry is None:
                continue
            mine = OutboxEntry.objects.filter(pk=entry.pk)
            failures = entry.failures + int(entry.leased_until is not None)  # who let it run out has died
            at = clock.real_now()
            if failures >= MOST_FAILURES:
                reason = entry.last_error or WORKERS_DIED
                mine.update(dead_at=at, due_at=None, leased_until=None, failures=failures, last_error=reason)
                continue
            attempt = entry.attempt + 1
            mine.update(attempt=attempt, failures=failures, leased_until=at + _lease_of(entry.kind))
            return Taken(entry.pk, entry.kind, entry.payload, attempt, failures)
    return None


def settle(taken: Taken, outcome: Outcome) -> bool:
    """This function will write down how an attempt ended, unless another worker has raised it."""
    mine = OutboxEntry.objects.filter(pk=taken.id, attempt=taken.ticket, done_at=None, dead_at=None)
    return mine.update(leased_until=None, **asdict(outcome)) == 1


def listen() -> None:
    """This function will forget earlier calls."""
    _woken.clear()


def wait(stop: threading.Event) -> None:
    """This function will wait for a call from this process, or until it is time to look for others'."""
    if not stop.is_set():
        _woken.wait(POLL_SECONDS)


def wake() -> None:
    """This function will call this process's workers."""
    _woken.set()


def _open() -> QuerySet[OutboxEntry]:
    at = clock.real_now()
    free = Q(leased_until=None) | Q(leased_until__lt=at)
    return OutboxEntry.objects.filter(free, done_at=None, dead_at=None, due_at__lte=at).order_by(
        "gives_way", "due_at", "id"
    )


def _lease_of(kind: str) -> timedelta:
    return registered[kind].lease if kind in registered else LEASE
