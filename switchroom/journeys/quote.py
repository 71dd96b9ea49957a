"""What an order would cost today: the same figures for the live totals, the overview and the purchase (rule
5.8).
"""

from __future__ import annotations

from datetime import date

from switchroom.billing import ledger, rates
from switchroom.catalog.queries import policy_of
from switchroom.orders import wizard
from switchroom.orders.models import Order, OrderKind
from switchroom.rules import quotes
from switchroom.rules.promise import Promise, Trial
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of, subscriptions_of


def quote_of(*, order: Order, day: date) -> quotes.Quote:
    """This function will work out an order's quote for a day, from the facts as they stand; it writes
    nothing.

    A follow-up's quote is that of the day on which it begins. Raises ``Refused`` 4.2 when nothing is added,
    4.3 when the subscription is over, 7.6 when there is no end for a follow-up to begin on.
    """
    subscriptions = subscriptions_of(order.account_id)
    subscription = next(one for one in subscriptions if one.id == order.subscription_id)
    others = [promise_of(one) for one in subscriptions if one.id != order.subscription_id]
    promise = promise_of(subscription)
    version = wizard.version_for(order=order, subscription=subscription, day=day)
    additions = wizard.additions(
        order=order,
        subscription=subscription,
        version=version,
        booked=wizard.booked_before(order=order, promise=promise, day=day),
    )
    starts_on = day
    if order.kind == OrderKind.FOLLOW_UP:
        starts_on = begins_on(promise, day=day)
        others.append(promise)
        promise = Promise(policy=policy_of(version), trial=Trial(starts_on, starts_on))
    return quotes.quote(
        promise,
        additions,
        others=others,
        credits=ledger.credits_left(order.account_id),
        day=starts_on,
        rate_of=rates.rate_of,
    )


def begins_on(promise: Promise, *, day: date) -> date:
    """This function will give the day on which a follow-up begins: the end of a cancelled, paid subscription.

    Raises ``Refused`` 7.6 when there is no such end still to come.
    """
    if promise.bought_on is None or promise.ends_on is None or promise.ends_on <= day:
        raise Refused(
            "7.6",
            gettext_noop(
                "A follow-up takes over from a cancelled subscription. Cancel this one first, then order it."
            ),
        )
    return promise.ends_on


def has_follow_up(subscription: Subscription) -> bool:
    """This function will say whether a follow-up was already ordered for a subscription."""
    return Subscription.objects.filter(follows=subscription).exists()
