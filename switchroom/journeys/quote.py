"""What an order would cost today: the same figures for the live totals, the overview and the purchase (rule
5.8).

Reading and working out are two steps, so that a page may read once and show more than the quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from switchroom.billing import ledger, rates
from switchroom.catalog.models import ProductVersion
from switchroom.catalog.queries import policy_of
from switchroom.orders import wizard
from switchroom.orders.models import Order, OrderKind
from switchroom.rules import quotes
from switchroom.rules.credits import Credit
from switchroom.rules.promise import Promise, Trial
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of, subscriptions_of


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What an order's figures are worked out from: the account's promises, its credits, the version it pays.

    ``promise`` is that of the subscription that is upgraded or followed up, ``booked`` what cannot be
    undercut.
    """

    order: Order
    subscription: Subscription
    promise: Promise
    others: tuple[Promise, ...]
    version: ProductVersion
    booked: dict[str, int]
    credits: tuple[Credit, ...]

    @property
    def is_follow_up(self) -> bool:
        """Whether a new subscription is ordered that begins when this one ends (rule 7.6)."""
        return self.order.kind == OrderKind.FOLLOW_UP

    @property
    def is_first_purchase(self) -> bool:
        """Whether a subscription is paid for the first time, so that a new term begins."""
        return self.is_follow_up or self.subscription.bought_on is None


def basis_of(*, order: Order, day: date) -> Basis:
    """This function will read what an order's figures for a day are worked out from."""
    subscriptions = subscriptions_of(order.account_id)
    subscription = next(one for one in subscriptions if one.id == order.subscription_id)
    promise = promise_of(subscription)
    version = wizard.version_for(order=order, subscription=subscription, day=day)
    return Basis(
        order=order,
        subscription=subscription,
        promise=promise,
        others=tuple(promise_of(one) for one in subscriptions if one.id != order.subscription_id),
        version=version,
        booked=wizard.booked_before(order=order, promise=promise, day=day),
        credits=tuple(ledger.credits_left(order.account_id)),
    )


def quote_of(*, order: Order, day: date) -> quotes.Quote:
    """This function will work out an order's quote for a day, from the facts as they stand; it writes
    nothing.

    A follow-up's quote is that of the day on which it begins. Raises ``NothingAdded`` when nothing is added,
    ``Refused`` 4.3 when the subscription is over, 7.6 when there is no end for a follow-up to begin on.
    """
    return quote_from(basis_of(order=order, day=day), day=day)


def quote_from(basis: Basis, *, day: date) -> quotes.Quote:
    """This function will work out the quote of an order whose basis was read; it raises what ``quote_of``
    does.
    """
    promise, others, starts_on = basis.promise, list(basis.others), day
    if basis.is_follow_up:
        starts_on = begins_on(promise, day=day)
    additions = wizard.additions(
        order=basis.order, subscription=basis.subscription, version=basis.version, booked=basis.booked
    )
    if basis.is_follow_up:
        others.append(promise)
        promise = Promise(policy=policy_of(basis.version), trial=Trial(starts_on, starts_on))
    return quotes.quote(
        promise,
        additions,
        others=others,
        credits=basis.credits,
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
