"""Effects leave through here: what a transaction promises to happen outside it, or later.

``defer`` writes one row in the caller's transaction, so that the promise stands or falls with the change it
belongs to. Workers take open rows under a lease, as many workers as one likes, on both databases; what fails
is tried again after a growing pause for about a day, then put on the dead list for an operator. An effect
happens at least once: a handler must bear being repeated. One that only writes to the database happens
exactly once, because its rows and its completion are one transaction.

The outbox only ever means *now*. What is due on a future day is found by that day's work, not by a row that
waits. Leases and pauses are measured by the real clock, also where the town's clock is moved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F, Q, QuerySet

from switchroom.plumbing import clock
from switchroom.plumbing.models import OutboxEntry

Handler = Callable[[dict[str, Any]], None]

LEASE = timedelta(seconds=60)  # a handler must be done well before; outside calls time out after 30 s
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
MOST_FAILURES = 36  # with the pauses above: about a day
POLL_SECONDS = 0.25  # how soon a worker in another process sees a new entry

log = structlog.get_logger(__name__)


class Hopeless(Exception):
    """Raised by a handler when trying again cannot help: the entry goes to the dead list at once."""


class UnknownEffect(LookupError):
    """There is no handler for a kind of effect."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"Nothing handles the effect {kind!r}.")


class OutsideTransaction(RuntimeError):
    """An effect was promised outside a transaction, where the promise could be lost."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"The effect {kind!r} must be deferred inside the transaction that it belongs to.")


class _Overtaken(Exception):
    """The lease ran out and another worker has taken the entry."""


@dataclass(frozen=True)
class _Registered:
    handler: Handler
    outside: bool
    lease: timedelta


@dataclass(frozen=True)
class _Taken:
    id: UUID
    kind: str
    payload: dict[str, Any]
    attempt: int
    failures: int


_handlers: dict[str, _Registered] = {}
_woken = threading.Event()


def handles(kind: str, *, outside: bool = False, lease: timedelta = LEASE) -> Callable[[Handler], Handler]:
    """This function will register the decorated function as the handler of a kind of effect.

    ``outside`` says that it does more than write to the database in one go: it then runs without a
    transaction, so that no lock is held while a server is slow, and must bear being repeated. ``lease`` is
    how long it may take before another worker takes over. Handlers stand in an app's ``effects.py``.
    """

    def register(handler: Handler) -> Handler:
        if kind in _handlers and _handlers[kind].handler is not handler:
            raise ValueError(f"The effect {kind!r} has two handlers.")
        _handlers[kind] = _Registered(handler, outside, lease)
        return handler

    return register


def defer(kind: str, payload: dict[str, Any], *, key: str | None = None) -> None:
    """This function will promise an effect, to happen right after the surrounding transaction commits.

    ``payload`` must be JSON (dates, UUIDs and instants become text). With a ``key`` the effect happens once,
    however often it is deferred. Raises UnknownEffect and OutsideTransaction.
    """
    if kind not in _handlers:
        raise UnknownEffect(kind)
    if not connection.in_atomic_block:
        raise OutsideTransaction(kind)
    entry = OutboxEntry(kind=kind, payload=payload, key=key, created_at=clock.now(), due_at=clock.real_now())
    OutboxEntry.objects.bulk_create([entry], ignore_conflicts=key is not None)
    transaction.on_commit(wake, robust=True)


def wake() -> None:
    """This function will tell this process's worker that there is something to do."""
    _woken.set()


def run_once() -> bool:
    """This function will take one open effect and carry it out; False when there was none."""
    taken = _take()
    if taken is None:
        return False
    with structlog.contextvars.bound_contextvars(
        effect=taken.kind, entry=str(taken.id), attempt=taken.attempt
    ):
        _carry_out(taken)
    return True


def drain() -> int:
    """This function will carry out effects until none is open and due, and return the number of attempts."""
    attempts = 0
    while run_once():
        attempts += 1
    return attempts


def work_forever(stop: threading.Event) -> None:
    """This function will carry out effects as they come until ``stop`` is set, ending between two of them."""
    while not stop.is_set():
        _woken.clear()
        try:
            close_old_connections()
            while not stop.is_set() and run_once():
                pass
        except DatabaseError:
            log.exception("outbox.database_away")
        _woken.wait(POLL_SECONDS)
    connection.close()


def dead() -> QuerySet[OutboxEntry]:
    """This function will return the effects that were given up, latest first."""
    return OutboxEntry.objects.exclude(dead_at=None).order_by("-dead_at")


def retry(entry_id: UUID) -> bool:
    """This function will open a dead entry again, with all its tries; False when it is not on that list."""
    revived = OutboxEntry.objects.filter(pk=entry_id).exclude(dead_at=None)
    changed = revived.update(dead_at=None, due_at=clock.real_now(), failures=0, leased_until=None)
    wake()
    return changed == 1


def forget_done(before: datetime) -> None:
    """This function will empty what was done before an instant (real clock): letters are no archive.

    An entry with a key stays as an empty row, because its key means *never again*.
    """
    done = OutboxEntry.objects.filter(done_at__lt=before)
    done.filter(key=None).delete()
    done.exclude(payload={}).update(payload={})


def _open() -> QuerySet[OutboxEntry]:
    at = clock.real_now()
    free = Q(leased_until=None) | Q(leased_until__lt=at)
    return OutboxEntry.objects.filter(free, done_at=None, dead_at=None, due_at__lte=at).order_by(
        "due_at", "id"
    )


def _take() -> _Taken | None:
    if not _open().exists():  # a look without a lock, since SQLite's transactions begin with the write lock
        return None
    with transaction.atomic():
        # PostgreSQL's workers pass over rows that another is just taking; SQLite has one writer at a time.
        entry = _open().select_for_update(skip_locked=True).first()
        if entry is None:
            return None
        died = int(entry.leased_until is not None)
        mine = OutboxEntry.objects.filter(pk=entry.pk, attempt=entry.attempt)
        if entry.failures + died >= MOST_FAILURES:
            mine.update(
                dead_at=clock.real_now(),
                leased_until=None,
                failures=F("failures") + died,
                last_error=entry.last_error or "Each worker that took it died.",
            )
            return None
        mine.update(
            attempt=entry.attempt + 1,
            failures=F("failures") + died,
            leased_until=clock.real_now() + _lease_of(entry.kind),
        )
        return _Taken(entry.pk, entry.kind, entry.payload, entry.attempt + 1, entry.failures + died)


def _lease_of(kind: str) -> timedelta:
    registered = _handlers.get(kind)
    return registered.lease if registered else LEASE


def _carry_out(taken: _Taken) -> None:
    try:
        registered = _handlers.get(taken.kind)
        if registered is None:
            raise UnknownEffect(taken.kind)
        if registered.outside:
            registered.handler(taken.payload)
            _finish(taken)
        else:
            with transaction.atomic():
                registered.handler(taken.payload)
                _finish(taken)
    except _Overtaken:
        log.warning("outbox.overtaken")
    except Exception as error:  # whatever a handler raises is written down and tried again
        _fail(taken, error)


def _finish(taken: _Taken) -> None:
    if not _mine(taken).update(done_at=clock.real_now(), leased_until=None, last_error=""):
        raise _Overtaken


def _fail(taken: _Taken, error: Exception) -> None:
    failures = taken.failures + 1
    at = clock.real_now()
    given_up = isinstance(error, Hopeless) or failures >= MOST_FAILURES
    log.warning("outbox.failed", error=repr(error), given_up=given_up, exc_info=error)
    _mine(taken).update(
        failures=failures,
        leased_until=None,
        last_error=repr(error),
        due_at=at + pause_after(failures),
        dead_at=at if given_up else None,
    )


def pause_after(failures: int) -> timedelta:
    """This function will return how long to wait after so many failures in a row: 2 s, 4 s, 8 s … at most an
    hour.
    """
    return min(FIRST_PAUSE * (1 << min(failures - 1, 20)), LONGEST_PAUSE)


def _mine(taken: _Taken) -> QuerySet[OutboxEntry]:
    return OutboxEntry.objects.filter(pk=taken.id, attempt=taken.attempt, done_at=None, dead_at=None)
