"""All that recurs, on one page.

Each line is a piece of work for a local day and the time from which it may start. The scheduler promises it
to the outbox under the key of its day, so any number of schedulers is safe; a worker does it, tries again
after a failure, and takes over from one that died. After a pause of days the work that ``catches_up`` is done
for every day missed, oldest first; the other only for today.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import structlog
from django.db import DatabaseError, close_old_connections, connection, transaction

from switchroom.jobs import nightly
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.models import OutboxEntry

KIND = "jobs.recurring"
LOOK_SECONDS = 10.0
LONGEST_RUN = timedelta(hours=1)  # a day's work of a large provider; it may be repeated, so this is no danger

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Recurring:
    """One piece of work a day, from ``starts`` (local time) on."""

    name: str
    starts: time
    work: Callable[[date], None]
    catches_up: bool


RECURRING: tuple[Recurring, ...] = (
    Recurring("day", time(0, 5), nightly.live_day, catches_up=True),
    Recurring("backups", time(2, 0), nightly.back_up, catches_up=False),
    Recurring("audit", time(3, 0), nightly.audit_books, catches_up=False),
    Recurring("tidy", time(4, 0), nightly.tidy_up, catches_up=False),
)


def promise_what_is_due() -> int:
    """This function will promise every piece of work that today (and days missed) ask for; it returns their
    number.

    What was promised before is not promised again.
    """
    at = clock.now()
    missing = [(one, day) for one in RECURRING for day in _days_due(one, at)]
    if missing:
        with transaction.atomic():
            for one, day in missing:
                outbox.defer(KIND, {"name": one.name, "day": day.isoformat()}, key=_key(one, day))
    return len(missing)


def do_recurring(payload: dict[str, str]) -> None:
    """This function will do one promised piece of work."""
    (one,) = (one for one in RECURRING if one.name == payload["name"])
    one.work(date.fromisoformat(payload["day"]))


def watch_forever(stop: threading.Event) -> None:
    """This function will look at the clock now and then and promise what is due, until ``stop`` is set."""
    while not stop.is_set():
        try:
            close_old_connections()
            promise_what_is_due()
        except DatabaseError:
            log.exception("schedule.database_away")
        stop.wait(LOOK_SECONDS)
    connection.close()


def _days_due(one: Recurring, at: datetime) -> Iterator[date]:
    """The days of which this work is not promised yet, up to the last day whose starting time has come."""
    last = clock.local_day(at)
    if at < clock.day_starts_at(last) + timedelta(hours=one.starts.hour, minutes=one.starts.minute):
        if not one.catches_up:
            return
        last -= timedelta(days=1)
    promised = _last_promised(one)
    day = promised + timedelta(days=1) if promised and one.catches_up else last
    if promised and promised >= last:
        return
    while day <= last:
        yield day
        day += timedelta(days=1)


def _last_promised(one: Recurring) -> date | None:
    prefix = f"{KIND}:{one.name}:"
    first, last = f"{prefix}{date.min.isoformat()}", f"{prefix}{date.max.isoformat()}"
    key = (
        # The range serves the index; in the order of some languages others' keys may lie in it, too.
        OutboxEntry.objects.filter(key__range=(first, last), key__startswith=prefix)
        .order_by("-key")
        .values_list("key", flat=True)
        .first()
    )
    return date.fromisoformat(key.removeprefix(prefix)) if key else None


def _key(one: Recurring, day: date) -> str:
    return f"{KIND}:{one.name}:{day.isoformat()}"
