"""What a worker does, on either engine: take an effect, call its handler, write down how it ended."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import structlog
from django.db import DatabaseError, connection, transaction

from switchroom.plumbing import clock
from switchroom.plumbing.outbox.engine import (
    AT_ONCE,
    MOST_FAILURES,
    Engine,
    Outcome,
    Taken,
    engine,
    pause_after,
)
from switchroom.plumbing.outbox.handlers import Hopeless, Interrupted, handler_of

PAUSE_WITHOUT_DATABASE_SECONDS = 0.5

log = structlog.get_logger(__name__)

_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)
"""What tells the worker of this thread to end; none outside of ``work_forever``."""


class _Overtaken(Exception):
    """The worker was believed dead and another one has taken the entry."""


def run_once() -> bool:
    """This function will take one open effect and carry it out; False when there was none."""
    chosen = engine()
    with chosen.at_work() as worker:
        return _run_one(chosen, worker)


def drain() -> int:
    """This function will carry out effects until none is open and due, and return the number of attempts."""
    chosen = engine()
    attempts = 0
    with chosen.at_work() as worker:
        while _run_one(chosen, worker):
            attempts += 1
    return attempts


def may_go_on() -> bool:
    """This function will say whether an effect that takes long may go on: not once its worker is to end.

    Its handler then ends where it may be repeated from, and raises Interrupted.
    """
    stop = _stop.get()
    return stop is None or not stop.is_set()


def work_forever(stop: threading.Event) -> None:
    """This function will carry out effects as they come until ``stop`` is set, ending between two of them.

    A worker that cannot reach the database resigns, so that what it had in its hands is taken over, and
    starts anew.
    """
    chosen = engine()
    _stop.set(stop)
    while not stop.is_set():
        try:
            with chosen.at_work() as worker:
                while not stop.is_set():
                    chosen.listen()
                    while not stop.is_set() and _run_one(chosen, worker):
                        pass
                    chosen.wait(stop)
        except DatabaseError:
            log.exception("outbox.database_away")
            connection.close()
            stop.wait(PAUSE_WITHOUT_DATABASE_SECONDS)
    connection.close()


def carry_out(chosen: Engine, taken: Taken) -> None:
    """This function will call the handler of an effect that was taken and write down how it ended.

    What a handler inside the database writes and its completion are one transaction.
    """
    try:
        registered = handler_of(taken.kind)
        if registered.outside:
            registered.handler(taken.payload)
            _finish(chosen, taken)
        else:
            with transaction.atomic():
                registered.handler(taken.payload)
                _finish(chosen, taken)
    except _Overtaken:
        log.warning("outbox.overtaken")
    except Interrupted:
        log.info("outbox.interrupted")
        chosen.settle(taken, Outcome(failures=taken.failures, due_at=AT_ONCE))
    except Exception as error:  # whatever a handler raises is written down and tried again
        fail(chosen, taken, error)


def fail(chosen: Engine, taken: Taken, error: Exception) -> None:
    """This function will write down that an attempt failed: it is tried again after a pause, or given up."""
    failures = taken.failures + 1
    at = clock.real_now()
    given_up = isinstance(error, Hopeless) or failures >= MOST_FAILURES
    log.warning("outbox.failed", error=repr(error), given_up=given_up, exc_info=error)
    if given_up:
        outcome = Outcome(failures=failures, last_error=repr(error), dead_at=at)
    else:
        outcome = Outcome(failures=failures, last_error=repr(error), due_at=at + pause_after(failures))
    chosen.settle(taken, outcome)


def _run_one(chosen: Engine, worker: int) -> bool:
    taken = chosen.take(worker)
    if taken is None:
        return False
    with structlog.contextvars.bound_contextvars(
        effect=taken.kind, entry=str(taken.id), attempt=taken.failures + 1
    ):
        carry_out(chosen, taken)
    return True


def _finish(chosen: Engine, taken: Taken) -> None:
    if not chosen.settle(taken, Outcome(failures=taken.failures, done_at=clock.real_now())):
        raise _Overtaken
