"""What an engine of the outbox is: it hands open effects to workers, one at a time, and fences off the slow.

There are two, one for each database, and each is a module with these functions. The entry itself (what was
promised, and how it ended) is the outbox's own row on both; the engine only carries the running of it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Protocol, cast
from uuid import UUID

from django.db import connection

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
MOST_FAILURES = 36  # with the pauses above: about a day
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)  # whatever the clocks of this machine and the database's say
WORKERS_DIED = "Each worker that took it died."

ENGINES = {
    "sqlite": "switchroom.plumbing.outbox.lease_table",
    "postgresql": "switchroom.plumbing.outbox.procrastinate_jobs",
}


@dataclass(frozen=True)
class Promise:
    """One effect on its way into the outbox."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    key: str | None
    created_at: datetime


@dataclass(frozen=True)
class Taken:
    """One effect in the hands of a worker.

    ``ticket`` is the engine's own number for this taking of it; with ``failures`` it tells the engine whether
    the worker still has it.
    """

    id: UUID
    kind: str
    payload: dict[str, Any]
    ticket: int
    failures: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended; just one of the three instants (real clock) is set."""

    failures: int
    last_error: str = ""
    done_at: datetime | None = None
    dead_at: datetime | None = None
    due_at: datetime | None = None


class Engine(Protocol):
    """What the outbox asks of an engine. All but ``wait`` and ``wake`` speak to the database."""

    def promise(self, promises: Sequence[Promise], *, in_bulk: bool) -> None:
        """This function will write entries whose keys are new, and hand them out when the transaction
        commits; what is written ``in_bulk`` gives way to what is not.
        """

    def hand_out(self, entry_ids: Sequence[UUID]) -> None:
        """This function will hand out entries that are open and in no worker's hands, in a transaction."""

    def strays(self) -> list[UUID]:
        """This function will return the open entries that this engine knows nothing of."""

    def at_work(self) -> AbstractContextManager[int]:
        """This function will make a worker known while the block runs, and give its number."""

    def take(self, worker: int) -> Taken | None:
        """This function will put the next open effect that is due into the worker's hands."""

    def settle(self, taken: Taken, outcome: Outcome) -> bool:
        """This function will write down how an attempt ended, in the surrounding transaction if there is one.

        False when the effect is no longer in this worker's hands; then nothing is written.
        """

    def listen(self) -> None:
        """This function will begin to note calls, and forget earlier ones."""

    def wait(self, stop: threading.Event) -> None:
        """This function will wait for a call since ``listen``, but not long, and no longer than ``stop`` is
        unset.
        """

    def wake(self) -> None:
        """This function will call the workers of this process, which look for what is open."""


def engine() -> Engine:
    """This function will return the engine of the database in use."""
    return cast("Engine", import_module(ENGINES[connection.vendor]))


def pause_after(failures: int) -> timedelta:
    """This function will return how long to wait after so many failures in a row: 2 s, 4 s, 8 s … at most an
    hour.
    """
    return min(FIRST_PAUSE * (1 << min(failures - 1, 20)), LONGEST_PAUSE)
