"""A member cancels, or withdraws a cancellation (rules 7.1 to 7.4)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from switchroom.accounts.models import User
from switchroom.journeys import letters
from switchroom.journeys.day import look_again, settled
from switchroom.plumbing.audit_trail import record
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.subscriptions import cancelling
from switchroom.subscriptions.models import Cancellation, Subscription
from switchroom.subscriptions.promises import subscription_in


class FollowUpOrdered(Refused):
    """The cancellation can no longer be withdrawn, because a follow-up was bought on the strength of it."""

    def __init__(self, begins_on: date) -> None:
        super().__init__(
            "7.6",
            gettext_noop(
                "A follow-up subscription that begins on {begins_on} was ordered. It takes over name and "
                "numbers, so "
                "this cancellation can no longer be withdrawn."
            ),
            begins_on=begins_on,
        )


def cancel(
    *, account_id: UUID, subscription_id: UUID, user: User, day: date, at: datetime, at_once: bool = False
) -> Cancellation:
    """This function will cancel a subscription; raises ``Refused`` 7.1. ``at_once`` matters in a trial
    alone.
    """
    with settled(account_id, day=day, at=at) as account:
        subscription = subscription_in(account_id, subscription_id)
        cancellation = cancelling.cancel(
            subscription=subscription, day=day, at=at, user=user, at_once=at_once
        )
        record(
            kind="cancelled",
            day=day,
            account_id=account.id,
            subscription_id=subscription.id,
            actor=user.email,
            facts={"cancellation_id": cancellation.id, "ends_on": cancellation.ends_on},
        )
        letters.cancellation_confirmed(subscription, cancellation, user=user)
        look_again(subscription, day=day)
    return cancellation


def withdraw_cancellation(
    *, account_id: UUID, subscription_id: UUID, user: User, day: date, at: datetime
) -> None:
    """This function will withdraw a cancellation that has not taken effect; raises ``Refused`` 7.4 and
    7.6.
    """
    with settled(account_id, day=day, at=at) as account:
        subscription = subscription_in(account_id, subscription_id)
        follow_up = Subscription.objects.filter(follows=subscription).first()
        if follow_up is not None:
            raise FollowUpOrdered(follow_up.trial.from_on)
        cancellation = cancelling.withdraw_cancellation(subscription=subscription, day=day, user=user)
        record(
            kind="cancellation_withdrawn",
            day=day,
            account_id=account.id,
            subscription_id=subscription.id,
            actor=user.email,
            facts={"cancellation_id": cancellation.id, "would_have_ended_on": cancellation.ends_on},
        )
        letters.cancellation_withdrawn(subscription, cancellation, user=user)
        look_again(subscription, day=day)
