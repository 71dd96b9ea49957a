"""A pending reduction takes effect on its day (rule 6.2)."""

from __future__ import annotations

from datetime import date, datetime

from switchroom.journeys import letters
from switchroom.journeys.provision import provision
from switchroom.plumbing.audit_trail import record
from switchroom.rules.lifecycle import State, state_on
from switchroom.rules.promise import held_on
from switchroom.subscriptions import reducing
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import fresh, promise_of


def carry_out_reduction(*, subscription: Subscription, due_on: date, at: datetime) -> None:
    """This function will carry out the reduction that bites on ``due_on`` or before, unless the subscription
    is over.
    """
    promise = promise_of(subscription)
    reduction = promise.reduction
    if reduction is None or reduction.bites_on > due_on:
        return
    if state_on(promise, due_on) not in (State.ACTIVE, State.CANCELLED):
        return
    before = held_on(promise, due_on)
    reducing.carry_out_reduction(subscription=subscription)
    reduced = fresh(subscription.id)
    record(
        kind="reduction_done",
        day=due_on,
        account_id=subscription.account_id,
        subscription_id=subscription.id,
        facts={"before": before, "after": held_on(promise_of(reduced), due_on)},
    )
    provision(subscription=reduced, day=due_on, at=at)
    letters.reduction_done(reduced, day=due_on)
