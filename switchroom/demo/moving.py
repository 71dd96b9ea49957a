"""Moving the town's day: every day in between is lived, as if the nights had come one by one."""

from __future__ import annotations

from datetime import date, time, timedelta
from enum import StrEnum

from switchroom.journeys.day import run_day
from switchroom.plumbing import clock, outbox
from switchroom.rules.periods import Month
from switchroom.subscriptions.due import next_day_of_all

MORNING = time(9, 0)
NIGHT = time(0, 5)
FURTHEST_DAYS = 800


class Move(StrEnum):
    """How far the bar moves the town."""

    DAY = "day"
    """To tomorrow."""
    MONTH = "month"
    """To the same day of the next month, or its last."""
    NEXT = "next"
    """To the next day on which a subscription asks for something."""


def destination(move: Move, *, today: date) -> date:
    """This function will give the day to which a move leads; for ``NEXT`` tomorrow when nothing is to
    come.
    """
    if move is Move.DAY:
        return today + timedelta(days=1)
    if move is Move.MONTH:
        month = Month.of(today).plus(1)
        return month.first_on + timedelta(days=min(today.day, month.days) - 1)
    return next_day_of_all(today) or today + timedelta(days=1)


def live_until(day: date, *, at: time = MORNING) -> None:
    """This function will live every day up to ``day``: the night's work of each, and what leaves with it.

    The clock then stands at ``at``. A day that lies behind is left alone; more than 800 days at once are
    refused with ``ValueError``.
    """
    today = clock.today()
    if (day - today).days > FURTHEST_DAYS:
        raise ValueError(f"{day} is too far away to be lived at once")
    while today < day:
        today += timedelta(days=1)
        clock.move_to(today, at=NIGHT)
        run_day(day=today, at=clock.now())
        outbox.drain()
    clock.move_to(day, at=at)
