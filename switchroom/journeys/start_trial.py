"""A member starts a trial: a name, nothing else (rule 3.1)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from switchroom.accounts.models import User
from switchroom.catalog.queries import version_on_sale
from switchroom.journeys import letters
from switchroom.journeys.day import look_again, settled
from switchroom.phonesystems import naming, setting_up
from switchroom.plumbing.audit_trail import record
from switchroom.rules.entitlements import entitlements_on
from switchroom.subscriptions import starting
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import fresh, promise_of

SHIPPED_PRODUCT = "ONE"


def start_trial(
    *,
    account_id: UUID,
    user: User,
    name: str,
    day: date,
    at: datetime,
    product_key: str = SHIPPED_PRODUCT,
) -> Subscription:
    """This function will start a trial with a phone system of this name; raises ``Refused`` when the name is
    no good.

    The same wish of the same person on the same day, as a double click sends it, gives the trial that it
    started.
    """
    with settled(account_id, day=day, at=at) as account:
        started = Subscription.objects.filter(
            account=account,
            name=name.strip(),
            created_on=day,
            bought_on=None,
            cancellations=None,
            trial__started_by=user,
        ).first()
        if started is not None:
            return started
        version = version_on_sale(product_key=product_key, day=day)
        naming.check_name_free(name=name)
        subscription = starting.start_trial(
            account_id=account.id, version=version, name=name.strip(), day=day, user=user
        )
        subscription = fresh(subscription.id)
        promise = promise_of(subscription)
        setting_up.set_up(
            subscription=subscription,
            name=subscription.name,
            entitled=entitlements_on(promise, day),
            day=day,
            at=at,
        )
        record(
            kind="trial_started",
            day=day,
            account_id=account.id,
            subscription_id=subscription.id,
            actor=user.email,
            facts={"name": subscription.name, "until_on": promise.trial.until_on},
        )
        letters.trial_started(subscription, user=user)
        look_again(subscription, day=day)
    return fresh(subscription.id)
