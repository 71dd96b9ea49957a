"""A follow-up subscription begins on the day on which the one before it ends (rule 7.6)."""

from __future__ import annotations

from datetime import date, datetime

from switchroom.journeys.provision import provision
from switchroom.phonesystems import setting_up
from switchroom.phonesystems.queries import phone_system_of
from switchroom.plumbing.audit_trail import record
from switchroom.rules.entitlements import entitlements_on
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def begin_follow_up(*, subscription: Subscription, due_on: date, at: datetime) -> None:
    """This function will give a follow-up its phone system, with name, SIP domain and numbers of the one
    before.
    """
    if subscription.follows_id is None or due_on < subscription.trial.from_on:
        return
    if phone_system_of(subscription.id) is not None:
        return
    promise = promise_of(subscription)
    if promise.ends_on is not None and due_on >= promise.ends_on:
        return
    before = phone_system_of(subscription.follows_id)
    if before is None:
        raise RuntimeError(f"the phone system before follow-up {subscription.id} is gone")
    setting_up.take_over(
        old=before,
        subscription=subscription,
        entitled=entitlements_on(promise, due_on),
        day=due_on,
        at=at,
    )
    provision(subscription=subscription, day=due_on, at=at)
    record(
        kind="follow_up_begun",
        day=due_on,
        account_id=subscription.account_id,
        subscription_id=subscription.id,
        facts={"follows": subscription.follows_id},
    )
