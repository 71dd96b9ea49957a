"""The one place that asks what time it is.

Doors ask here once and pass the day on as an argument; rules and journeys never ask. A production
installation has the computer's clock and nothing else. An installation for trying (``movable_clock``) keeps
the town's time in one row of the database, where web server, worker and commands all read it; it goes on by
itself from the moment it was set.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from switchroom.plumbing.models import TownClock


class ClockCannotBeMoved(Exception):
    """Somebody tried to set the clock of an installation that has only the real one."""

    def __init__(self) -> None:
        super().__init__(
            "This installation has only the real clock. Only one for trying (movable_clock) can move it."
        )


def now() -> datetime:
    """This function will return the present instant, in UTC."""
    real = real_now()
    if not settings.INSTALLATION.movable_clock:
        return real
    clock = TownClock.objects.first()
    return real + clock.ahead if clock else real


def today() -> date:
    """This function will return the present local day in the provider's time zone."""
    return local_day(now())


def local_day(at: datetime) -> date:
    """This function will return the provider's local day in which an aware instant lies."""
    return at.astimezone(_zone()).date()


def day_starts_at(day: date) -> datetime:
    """This function will return the instant (UTC) at which a local day of the provider begins."""
    return datetime.combine(day, time(), tzinfo=_zone()).astimezone(UTC)


def set_clock(at: datetime) -> None:
    """This function will set the town's clock to an aware instant, forwards or backwards, from where it goes
    on.

    Raises ClockCannotBeMoved where the clock is the real one.
    """
    if not settings.INSTALLATION.movable_clock:
        raise ClockCannotBeMoved
    TownClock.objects.update_or_create(pk=TownClock.ONLY, defaults={"ahead": at - real_now()})


def move_to(day: date, *, at: time = time(12)) -> None:
    """This function will set the town's clock to a local day, at noon unless told otherwise.

    Raises ClockCannotBeMoved where the clock is the real one.
    """
    set_clock(datetime.combine(day, at, tzinfo=_zone()))


def move_by(span: timedelta) -> None:
    """This function will move the town's clock on by a span of time."""
    set_clock(now() + span)


def real_now() -> datetime:
    """This function will return the computer's own time in UTC: for leases and retries, never for the
    business.
    """
    return datetime.now(UTC)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.INSTALLATION.time_zone)
