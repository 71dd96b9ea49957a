"""A member wants to hold less, or no longer wants to (rules 6.1 and 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from switchroom.accounts.models import User
from switchroom.journeys import letters
from switchroom.journeys.day import look_again, settled
from switchroom.plumbing.audit_trail import record
from switchroom.subscriptions import reducing
from switchroom.subscriptions.models import Reduction
from switchroom.subscriptions.promises import subscription_in


def reduce(
    *,
    account_id: UUID,
    subscription_id: UUID,
    targets: Mapping[str, int],
    user: User,
    day: date,
    at: datetime,
) -> Reduction:
    """This function will enter a reduction to ``targets`` (licence key → absolute quantity).

    It takes the place of one that is pending. Raises ``Refused`` 6.1 in the term, 6.2 for targets that
    cannot be.
    """
    with settled(account_id, day=day, at=at) as account:
        subscription = subscription_in(account_id, subscription_id)
        reduction = reducing.enter_reduction(subscription=subscription, targets=targets, day=day, user=user)
        record(
            kind="reduction_entered",
            day=day,
            account_id=account.id,
            subscription_id=subscription.id,
            actor=user.email,
            facts={"bites_on": reduction.bites_on, "targets": reduction.targets},
        )
        letters.reduction_entered(subscription, reduction, user=user)
        look_again(subscription, day=day)
    return reduction


def withdraw_reduction(
    *, account_id: UUID, subscription_id: UUID, user: User, day: date, at: datetime
) -> None:
    """This function will withdraw the pending reduction; raises ``Refused`` 6.2 when there is none."""
    with settled(account_id, day=day, at=at) as account:
        subscription = subscription_in(account_id, subscription_id)
        reducing.withdraw_reduction(subscription=subscription, day=day, user=user)
        record(
            kind="reduction_withdrawn",
            day=day,
            account_id=account.id,
            subscription_id=subscription.id,
            actor=user.email,
            facts={},
        )
        look_again(subscription, day=day)
