"""A member holds less from a later day on: the rows of rules 6.1 and 6.2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import QuerySet

from switchroom.accounts.models import User
from switchroom.rules import reductions
from switchroom.subscriptions.models import Reduction, Subscription
from switchroom.subscriptions.promises import promise_of


def enter_reduction(
    *, subscription: Subscription, targets: Mapping[str, int], day: date, user: User | None
) -> Reduction:
    """This function will enter a reduction in place of any that is pending; raises ``Refused`` 6.1 and
    6.2.
    """
    decided = reductions.reduce(promise_of(subscription), targets, day=day)
    _pending(subscription).update(withdrawn_on=day, withdrawn_by=user)
    return Reduction.objects.create(
        subscription=subscription,
        entered_on=day,
        entered_by=user,
        bites_on=decided.bites_on,
        targets=dict(decided.targets),
    )


def withdraw_reduction(*, subscription: Subscription, day: date, user: User | None) -> None:
    """This function will withdraw the pending reduction; raises ``Refused`` 6.2."""
    reductions.withdraw_reduction(promise_of(subscription), day=day)
    _pending(subscription).update(withdrawn_on=day, withdrawn_by=user)


def _pending(subscription: Subscription) -> QuerySet[Reduction]:
    return Reduction.objects.filter(
        subscription=subscription, withdrawn_on__isnull=True, done_on__isnull=True
    )
