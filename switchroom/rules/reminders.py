"""The days on which a member is reminded of an end, and the days on which a subscription asks for something.

Reminders go out 30, 7 and 1 day before the end (rule 7.7), in a trial 7 and 1 day before it is switched off
and again before it is deleted (rule 3.3). What is due is found by the next such day; nothing sleeps until
then.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

import msgspec

from switchroom.rules.lifecycle import deleted_on, switched_off_on
from switchroom.rules.periods import Month, month_after
from switchroom.rules.promise import Promise

BEFORE_END_DAYS = (30, 7, 1)
BEFORE_TRIAL_STEP_DAYS = (7, 1)


class Coming(StrEnum):
    """What a reminder announces."""

    END = "end"
    """A cancelled subscription ends and its phone system is deleted."""
    TRIAL_END = "trial_end"
    """A trial is over and the phone system is switched off."""
    TRIAL_DELETION = "trial_deletion"
    """The grace is over and the trial's phone system is deleted."""


class Reminder(msgspec.Struct, frozen=True):
    """A reminder: what comes on ``coming_on`` and how many ``days_before`` it is to go out."""

    coming: Coming
    coming_on: date
    days_before: int

    @property
    def due_on(self) -> date:
        """The day on which it goes out."""
        return self.coming_on - timedelta(days=self.days_before)


def reminders(promise: Promise) -> list[Reminder]:
    """This function will list the reminders that the facts ask for, earliest first.

    A reminder whose day had gone by when the cancellation was entered is left out.
    """
    if promise.cancellation is not None:
        ends = promise.cancellation
        entered_on = ends.entered_on
        wanted = [Reminder(Coming.END, ends.ends_on, days) for days in BEFORE_END_DAYS]
        return [reminder for reminder in wanted if entered_on < reminder.due_on < ends.ends_on]
    if promise.bought_on is not None:
        return []
    trial = promise.trial
    gone_on = deleted_on(promise)
    wanted = [Reminder(Coming.TRIAL_END, trial.until_on, days) for days in BEFORE_TRIAL_STEP_DAYS]
    if gone_on is not None:
        wanted += [Reminder(Coming.TRIAL_DELETION, gone_on, days) for days in BEFORE_TRIAL_STEP_DAYS]
    return sorted(
        (reminder for reminder in wanted if reminder.due_on > trial.from_on),
        key=lambda reminder: reminder.due_on,
    )


def turning_points(promise: Promise) -> set[date]:
    """This function will give the days on which a subscription begins, is switched off, ends or is deleted,
    and those of its reminders: all that it asks for beside bills and reductions.
    """
    days = {promise.trial.from_on}
    if promise.bought_on is not None and promise.cancellation is None:
        return days  # it goes on: nothing more is known to come
    days.update(reminder.due_on for reminder in reminders(promise))
    for day in (switched_off_on(promise), deleted_on(promise), promise.ends_on):
        if day is not None:
            days.add(day)
    return days


def due_days(promise: Promise, *, after: date) -> list[date]:
    """This function will list the coming days on which a subscription asks for something, earliest first.

    These are its turning points, the 1st of the next month when it is paid, and the day on which a reduction
    bites.
    """
    return sorted(_days_after(promise, after))


def _days_after(promise: Promise, after: date) -> list[date]:
    days = turning_points(promise)
    if promise.reduction is not None:
        days.add(promise.reduction.bites_on)
    if promise.bought_on is not None:
        first_of_next = Month.of(max(after, promise.bought_on - timedelta(days=1))).until_on
        if promise.ends_on is None or first_of_next < promise.ends_on:
            days.add(first_of_next)
        if promise.bought_on > after:
            days.add(promise.bought_on)
    return [day for day in days if day > after]


def next_due_on(promise: Promise, *, after: date) -> date | None:
    """This function will give the next day on which a subscription asks for something, if any."""
    if _goes_on(promise, after):
        return month_after(after)
    return min(_days_after(promise, after), default=None)


def _goes_on(promise: Promise, day: date) -> bool:
    """Whether a subscription was bought by a day and nothing but its bills is known to come."""
    bought_on = promise.bought_on
    return (
        bought_on is not None
        and bought_on <= day
        and promise.cancellation is None
        and promise.reduction is None
        and promise.trial.from_on <= day
    )
