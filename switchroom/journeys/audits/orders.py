"""Ordered is booked, and billed as it was shown (rules 4.3 and 4.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from switchroom.billing.models import InvoiceKind
from switchroom.journeys.audits.breaches import Breach
from switchroom.journeys.audits.readings.purchases import Purchases, order_name
from switchroom.orders.models import OrderKind
from switchroom.plumbing.bulk import uuid_text


def ordered_is_booked(purchases: Purchases) -> Iterator[Breach]:
    """This function will find purchases whose items are not those of the quote that was accepted."""
    booked = purchases.booked_by_order()
    wrong = {one.order_id for one in purchases.booked if one.is_elsewhere}
    for order in purchases.orders:
        items = [one.item for one in booked.get(order.id, ())]
        if Counter(items) != Counter(order.shown.items):
            wrong.add(order.id)
    for order_id in wrong:
        yield Breach(order_name(order_id), "what is booked is not what was shown and accepted.")


def booked_is_ordered(purchases: Purchases) -> Iterator[Breach]:
    """This function will find items and invoices that name an order which was never purchased."""
    for item in purchases.booked:
        if item.bought_subscription_id is None:
            order = uuid_text(item.order_id)
            yield Breach(
                f"item {uuid_text(item.id)}", f"it names the order {order}, which was not purchased."
            )
    for invoice in purchases.billed:
        if not invoice.is_purchased:
            order = uuid_text(invoice.order_id)
            yield Breach(
                f"invoice {invoice.reference}", f"it bills the order {order}, which was not purchased."
            )


def orders_are_billed_as_shown(purchases: Purchases) -> Iterator[Breach]:
    """This function will find purchases whose invoice is missing or is not the quote that was accepted.

    A follow-up has no invoice of its own: the monthly one of its first day bills it.
    """
    billed = {
        one.order_id: (one.net_minor, one.gross_minor)
        for one in purchases.billed
        if one.kind == InvoiceKind.ORDER
    }
    for order in purchases.orders:
        shown = order.shown.due_now
        if order.kind == OrderKind.UPGRADE and billed.get(order.id) != (shown.net_minor, shown.gross_minor):
            yield Breach(order.name, "its invoice is missing, or is not the quote that was accepted.")
