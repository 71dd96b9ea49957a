"""Days and billing months: a billing month is a calendar month, ends are exclusive (rule 2.1).

Contract dates are local days in the provider's time zone; an instant becomes a day only here, and the zone is
an argument. The changes to and from summer time make a local day 23 or 25 hours long; days stay whole days.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

import msgspec

ONE_DAY = timedelta(days=1)
_MONTH_TEXT = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\Z")


class Month(msgspec.Struct, frozen=True, order=True):
    """A calendar month, written ``2026-06``; half-open from ``first_on`` to ``until_on``."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Month:
        """This function will give the month that a day lies in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """This function will read ``2026-06``; raises ``ValueError`` for anything else."""
        match = _MONTH_TEXT.match(text)
        if match is None or match[1] == "0000":
            raise ValueError(f"expected a month such as 2026-06, found {text!r}")
        return cls(int(match[1]), int(match[2]))

    @property
    def first_on(self) -> date:
        """The month's first day."""
        return date(self.year, self.month, 1)

    @property
    def until_on(self) -> date:
        """The first day of the month after: the exclusive end."""
        return self.plus(1).first_on

    @property
    def days(self) -> int:
        """How many days the month has, 28 to 31."""
        return calendar.monthrange(self.year, self.month)[1]

    def plus(self, months: int) -> Month:
        """This function will count months on (or back, when negative)."""
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@lru_cache(maxsize=1_000)
def month_after(day: date) -> date:
    """This function will give the first day of the month after the one that a day lies in."""
    return Month.of(day).until_on


@lru_cache(maxsize=1_000)
def months_through(first: Month, last: Month) -> tuple[Month, ...]:
    """This function will list the months from first to last, both included; none when last is earlier."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return tuple(first.plus(months) for months in range(count))


def local_day(at: datetime, zone: tzinfo) -> date:
    """This function will give the local day of an instant (aware, any zone) in the provider's zone (rule
    2.1).
    """
    return at.astimezone(zone).date()


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """This function will give the instant (UTC) at which a local day begins."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)
