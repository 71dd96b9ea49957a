"""Cancel and take out a new subscription: the follow-up, ordered now, beginning on the end day (rule 7.6)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from switchroom.accounts.models import User
from switchroom.catalog.models import ProductVersion
from switchroom.journeys.day import settled
from switchroom.journeys.quote import begins_on, has_follow_up
from switchroom.orders import wizard
from switchroom.orders.models import Order, OrderKind
from switchroom.rules.promise import items_in_force
from switchroom.rules.quotes import Quote
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.subscriptions import starting
from switchroom.subscriptions.booking import book_items
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of, subscription_in


class FollowUpExists(Refused):
    """A subscription is followed by one other at most."""

    def __init__(self) -> None:
        super().__init__("7.6", gettext_noop("A follow-up subscription was already ordered."))


def open_follow_up(*, account_id: UUID, subscription_id: UUID, user: User, day: date, at: datetime) -> Order:
    """This function will go on with the draft of a follow-up or begin one at what is booked now.

    Raises ``Refused`` 7.6 when the subscription is not cancelled, is over, or has a follow-up already.
    """
    with settled(account_id, day=day, at=at):
        subscription = subscription_in(account_id, subscription_id)
        promise = promise_of(subscription)
        begins_on(promise, day=day)
        if has_follow_up(subscription):
            raise FollowUpExists
        held = items_in_force(promise, day)
        wanted: dict[str, int] = {}
        for item in held:
            if not item.is_service_level:
                wanted[item.licence] = wanted.get(item.licence, 0) + item.quantity
        level = next((item.licence for item in held if item.is_service_level), "")
        return wizard.draft_of(
            subscription=subscription,
            kind=OrderKind.FOLLOW_UP,
            wanted=wanted,
            service_level=level,
            user=user,
            at=at,
        )


def book_follow_up(
    *,
    order: Order,
    follows: Subscription,
    version: ProductVersion,
    quote: Quote,
    user: User,
    day: date,
) -> UUID:
    """This function will write the follow-up that was bought and give its id; raises ``FollowUpExists``."""
    if has_follow_up(follows):
        raise FollowUpExists
    follow_up = starting.start_follow_up(
        follows=follows, version=version, begins_on=quote.day, day=day, user=user
    )
    book_items(subscription=follow_up, version=version, items=quote.decided.items, order_id=order.id)
    return follow_up.id
