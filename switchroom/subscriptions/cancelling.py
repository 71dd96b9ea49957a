"""A member leaves, or thinks better of it: the rows of rules 7.1 to 7.4."""

from __future__ import annotations

from datetime import date, datetime

from switchroom.accounts.models import User
from switchroom.rules import cancellations
from switchroom.subscriptions.models import Cancellation, Subscription
from switchroom.subscriptions.promises import promise_of


def cancel(
    *, subscription: Subscription, day: date, at: datetime, user: User | None, at_once: bool = False
) -> Cancellation:
    """This function will enter a cancellation; raises ``Refused`` 7.1. ``at`` is the instant of the wish
    (UTC).
    """
    decided = cancellations.cancel(promise_of(subscription), day=day, at_once=at_once)
    return Cancellation.objects.create(
        subscription=subscription,
        entered_on=day,
        entered_at=at,
        entered_by=user,
        ends_on=decided.ends_on,
    )


def withdraw_cancellation(*, subscription: Subscription, day: date, user: User | None) -> Cancellation:
    """This function will withdraw the cancellation that is in force; raises ``Refused`` 7.4."""
    cancellations.withdraw_cancellation(promise_of(subscription), day=day)
    cancellation = Cancellation.objects.get(subscription=subscription, withdrawn_on__isnull=True)
    cancellation.withdrawn_on = day
    cancellation.withdrawn_by = user
    cancellation.save(update_fields=["withdrawn_on", "withdrawn_by"])
    return cancellation
