"""Writing down what was bought, and what a reduction left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from switchroom.accounts.models import User
from switchroom.catalog.models import ProductVersion
from switchroom.catalog.queries import licences_of
from switchroom.plumbing.ids import row_id
from switchroom.rules.promise import Item as ItemFact
from switchroom.rules.upgrades import Upgrade
from switchroom.subscriptions.models import Cancellation, Item, Subscription


def book_upgrade(
    *,
    subscription: Subscription,
    version: ProductVersion,
    decided: Upgrade,
    order_id: UUID,
    day: date,
    user: User | None,
) -> None:
    """This function will write an upgrade that the rules decided: its items, and what a first purchase
    changes.
    """
    if decided.is_first_purchase:
        subscription.product_version = version
        subscription.bought_on = day
        subscription.save(update_fields=["product_version", "bought_on"])
    if decided.withdraws_cancellation:
        Cancellation.objects.filter(subscription=subscription, withdrawn_on__isnull=True).update(
            withdrawn_on=day, withdrawn_by=user
        )
    book_items(subscription=subscription, version=version, items=decided.items, order_id=order_id)


def book_items(
    *, subscription: Subscription, version: ProductVersion, items: Iterable[ItemFact], order_id: UUID | None
) -> None:
    """This function will write items under the ids that they already have."""
    licences = {licence.key: licence for licence in licences_of(version)}
    Item.objects.bulk_create(
        Item(
            id=row_id(item.id),
            subscription=subscription,
            licence=licences[item.licence],
            order_id=order_id,
            quantity=item.quantity,
            unit_price_minor=item.unit_price_minor,
            from_on=item.from_on,
            sequence=item.sequence,
            first_month=item.first_month.value,
        )
        for item in items
    )
