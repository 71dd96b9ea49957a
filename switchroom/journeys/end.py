"""The end: the phone system is switched off, and on its day irrevocably deleted (rules 3.3 and 7.5)."""

from __future__ import annotations

from datetime import date, datetime

from switchroom.journeys import letters
from switchroom.journeys.provision import provision
from switchroom.orders.wizard import discard_drafts
from switchroom.phonesystems import deletion
from switchroom.phonesystems.queries import phone_system_of
from switchroom.plumbing.audit_trail import record
from switchroom.rules.lifecycle import State, deleted_on, state_on, switched_off_on
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def switch_off(*, subscription: Subscription, due_on: date, at: datetime) -> None:
    """This function will switch a phone system off once its trial or its subscription is over."""
    promise = promise_of(subscription)
    off_on = switched_off_on(promise)
    phone_system = phone_system_of(subscription.id)
    if off_on is None or due_on < off_on or phone_system is None:
        return
    state = state_on(promise, due_on)
    if state is not State.EXPIRED:
        discard_drafts(subscription_id=subscription.id)
    if not phone_system.is_on:
        return
    record(
        kind="trial_expired" if state is State.EXPIRED else "ended",
        day=due_on,
        account_id=subscription.account_id,
        subscription_id=subscription.id,
        facts={"deleted_on": deleted_on(promise)},
    )
    provision(subscription=subscription, day=due_on, at=at)
    if state is State.EXPIRED:
        letters.trial_expired(subscription, deleted_on=deleted_on(promise))


def delete_phone_system(*, subscription: Subscription, due_on: date, day: date, at: datetime) -> None:
    """This function will delete a phone system for good once its day has come; it looks again right
    before.
    """
    promise = promise_of(subscription)
    gone_on = deleted_on(promise)
    phone_system = phone_system_of(subscription.id)
    if gone_on is None or due_on < gone_on or phone_system is None:
        return
    discard_drafts(subscription_id=subscription.id)
    deleted = deletion.delete(
        phone_system=phone_system,
        rule="3.3" if promise.bought_on is None and promise.cancellation is None else "7.5",
        day=day,
        at=at,
        quarantine_days=subscription.product_version.number_quarantine_days,
    )
    letters.phone_system_deleted(subscription, deleted)
