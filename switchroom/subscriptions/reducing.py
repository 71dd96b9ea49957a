"""A member holds less from a later day on: the rows of rules 6.1 and 6.2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import QuerySet

from switchroom.accounts.models import User
from switchroom.plumbing.ids import new_id
from switchroom.rules import reductions
from switchroom.subscriptions.booking import book_items
from switchroom.subscriptions.models import Item, Reduction, Subscription
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


def carry_out_reduction(*, subscription: Subscription) -> None:
    """This function will close and open the items that the pending reduction says, on the day it bites."""
    promise = promise_of(subscription)
    reduction = promise.reduction
    if reduction is None:
        return
    bitten = reductions.bite(promise, reduction)
    new_ids = [new_id() for _ in bitten.remainders]
    after = reductions.after_bite(promise, reduction, new_ids=new_ids)
    Item.objects.filter(id__in=[item.id for item in bitten.closed]).update(until_on=reduction.bites_on)
    book_items(
        subscription=subscription,
        version=subscription.product_version,
        items=[item for item in after.items if item.id in new_ids],
        order_id=None,
    )
    _pending(subscription).update(done_on=reduction.bites_on)


def _pending(subscription: Subscription) -> QuerySet[Reduction]:
    return Reduction.objects.filter(
        subscription=subscription, withdrawn_on__isnull=True, done_on__isnull=True
    )
