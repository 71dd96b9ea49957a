"""Cancelling, and thinking better of it (rules 7.1 to 7.4).

A cancellation is possible on every day of a subscription's life. In a trial it takes effect at once or at the
trial's end, as the member chooses; in the term at the end of the term; after it at the end of the month.
"""

from __future__ import annotations

from datetime import date

from switchroom.rules.lifecycle import State, state_on
from switchroom.rules.promise import Cancellation, Promise
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.rules.terms import earliest_end


def cancel(promise: Promise, *, day: date, at_once: bool = False) -> Cancellation:
    """This function will decide the day on which a subscription ends when it is cancelled on ``day``.

    ``at_once`` matters in a trial alone. Raises ``Refused`` 7.1 for a second cancellation or when all is
    over.
    """
    state = state_on(promise, day)
    if state in (State.ENDED, State.DELETED):
        raise Refused(
            "7.1", gettext_noop("This subscription is already over, so there is nothing to cancel.")
        )
    if promise.cancellation is not None:
        raise Refused(
            "7.1",
            gettext_noop("This subscription is already cancelled; it ends before {ends_on}."),
            ends_on=promise.cancellation.ends_on,
        )
    term_ends_on = promise.term_until
    if term_ends_on is not None:
        return Cancellation(entered_on=day, ends_on=earliest_end(term_ends_on, day))
    if state is State.EXPIRED or at_once:
        return Cancellation(entered_on=day, ends_on=day)
    return Cancellation(entered_on=day, ends_on=promise.trial.until_on)


def withdraw_cancellation(promise: Promise, *, day: date) -> None:
    """This function will let a cancellation be withdrawn before it takes effect, or raise ``Refused`` 7.4."""
    if promise.cancellation is None:
        raise Refused(
            "7.4", gettext_noop("This subscription is not cancelled, so there is nothing to withdraw.")
        )
    if day >= promise.cancellation.ends_on:
        raise Refused(
            "7.4",
            gettext_noop("The cancellation took effect on {ends_on} and can no longer be withdrawn."),
            ends_on=promise.cancellation.ends_on,
        )
