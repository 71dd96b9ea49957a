"""How a subscription comes into being: as a trial, or as the follow-up of a cancelled one (rules 3.1 and
7.6).
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from switchroom.accounts.models import User
from switchroom.catalog.models import ProductVersion
from switchroom.rules.terms import trial_until
from switchroom.subscriptions.models import Subscription, Trial


def start_trial(
    *, account_id: UUID, version: ProductVersion, name: str, day: date, user: User | None
) -> Subscription:
    """This function will start a subscription with the trial that the product version offers."""
    subscription = Subscription.objects.create(
        account_id=account_id, product_version=version, name=name, created_on=day
    )
    Trial.objects.create(
        subscription=subscription,
        from_on=day,
        until_on=trial_until(day, version.trial_days),
        trunk_lines=version.trial_trunk_lines,
        endpoints=version.trial_endpoints,
        phone_numbers=version.trial_phone_numbers,
        started_by=user,
    )
    return subscription


def start_follow_up(
    *, follows: Subscription, version: ProductVersion, begins_on: date, day: date, user: User | None
) -> Subscription:
    """This function will start the subscription that takes over on the day on which ``follows`` ends.

    Its trial has no length and its term begins on that day; its items are booked by the caller.
    """
    subscription = Subscription.objects.create(
        account_id=follows.account_id,
        product_version=version,
        name=follows.name,
        follows=follows,
        created_on=day,
        bought_on=begins_on,
    )
    Trial.objects.create(
        subscription=subscription,
        from_on=begins_on,
        until_on=begins_on,
        trunk_lines=0,
        endpoints=0,
        phone_numbers=0,
        started_by=user,
    )
    return subscription
