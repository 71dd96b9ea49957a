"""The word for a subscription on a day, and the days on which its phone system goes off and is deleted.

Nothing is stored: the word follows from the dated facts (rules 3.3, 7.2 to 7.5).
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from switchroom.rules.promise import Promise


class State(StrEnum):
    """What a subscription is on a day."""

    PLANNED = "planned"
    """Ordered as a follow-up; begins on a later day (rule 7.6)."""
    TRIAL = "trial"
    """In its trial, also when the trial was cancelled and has not yet ended."""
    EXPIRED = "expired"
    """The trial is over and nothing was bought: switched off, its data kept for the grace."""
    ACTIVE = "active"
    """Paid, in its term or after it."""
    CANCELLED = "cancelled"
    """Paid and cancelled: fully usable, will end."""
    ENDED = "ended"
    """Over: switched off, kept for ``retention_days``."""
    DELETED = "deleted"
    """Over, and the phone system is irrevocably gone."""


USABLE = frozenset({State.TRIAL, State.ACTIVE, State.CANCELLED})
"""The states in which the phone system works."""


def switched_off_on(promise: Promise) -> date | None:
    """This function will give the first day on which the phone system is off, as the facts stand."""
    if promise.bought_on is not None:
        return promise.ends_on
    if promise.ends_on is None:
        return promise.trial.until_on
    return min(promise.ends_on, promise.trial.until_on)


def deleted_on(promise: Promise) -> date | None:
    """This function will give the day on which the phone system is deleted, as far as the facts say today.

    A cancelled subscription: its end plus ``retention_days``. A trial that was not upgraded: the end of its
    grace. An expired trial that is then cancelled: the earlier of the two (rules 3.3 and 7.5).
    """
    cancellation = promise.cancellation
    if promise.bought_on is not None and cancellation is None:
        return None
    grace_until = promise.trial.until_on + timedelta(days=promise.policy.trial_grace_days)
    if cancellation is None:
        return grace_until
    kept_until = cancellation.ends_on + timedelta(days=promise.policy.retention_days)
    if promise.bought_on is None and cancellation.entered_on >= promise.trial.until_on:
        return min(grace_until, kept_until)
    return kept_until


def state_on(promise: Promise, day: date) -> State:
    """This function will give the word for a subscription on a day."""
    if day < promise.trial.from_on:
        return State.PLANNED
    deleted = deleted_on(promise)
    if deleted is not None and day >= deleted:
        return State.DELETED
    if promise.ends_on is not None and day >= promise.ends_on:
        return State.ENDED
    if promise.bought_on is not None:
        return State.ACTIVE if promise.cancellation is None else State.CANCELLED
    return State.TRIAL if day < promise.trial.until_on else State.EXPIRED
