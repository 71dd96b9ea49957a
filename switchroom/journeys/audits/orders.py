"""Ordered is booked, and billed as it was shown (rules 4.3 and 4.5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from switchroom.billing.models import Invoice, InvoiceKind
from switchroom.journeys.audits.facts import Breach, in_chunks
from switchroom.orders.models import Order, OrderKind, OrderState, Quote
from switchroom.subscriptions.models import Item


def ordered_is_booked(_day: date) -> Iterator[Breach]:
    """This function will find purchases whose items are not those of the quote that was accepted."""
    for orders in in_chunks(_purchased()):
        booked: dict[UUID | None, list[Item]] = defaultdict(list)
        items = Item.objects.filter(order_id__in=[order.id for order in orders])
        for item in items.select_related("licence"):
            booked[item.order_id].append(item)
        for order in orders:
            mine = booked[order.id]
            elsewhere = [item for item in mine if item.subscription_id != order.bought_subscription_id]
            if elsewhere or Counter(map(_as_booked, mine)) != Counter(
                map(_as_promised, _quote(order)["items"])
            ):
                yield Breach(_name(order), "what is booked is not what was shown and accepted.")


def booked_is_ordered(_day: date) -> Iterator[Breach]:
    """This function will find items and invoices that name an order which was never purchased."""
    purchased = Order.objects.filter(state=OrderState.PURCHASED).values("id")
    for item in Item.objects.filter(order_id__isnull=False).exclude(order_id__in=purchased):
        yield Breach(f"item {item.id}", f"it names the order {item.order_id}, which was not purchased.")
    for invoice in Invoice.objects.filter(order_id__isnull=False).exclude(order_id__in=purchased):
        yield Breach(
            f"invoice {invoice.reference}", f"it bills the order {invoice.order_id}, which was not purchased."
        )


def orders_are_billed_as_shown(_day: date) -> Iterator[Breach]:
    """This function will find purchases whose invoice is missing or is not the quote that was accepted.

    A follow-up has no invoice of its own: the monthly one of its first day bills it.
    """
    for orders in in_chunks(_purchased().filter(kind=OrderKind.UPGRADE)):
        rows = Invoice.objects.filter(kind=InvoiceKind.ORDER, order_id__in=[order.id for order in orders])
        billed = {row.order_id: (row.net_minor, row.gross_minor) for row in rows}
        for order in orders:
            shown = _quote(order)["due_now"]
            if billed.get(order.id) != (shown["net_minor"], shown["gross_minor"]):
                yield Breach(_name(order), "its invoice is missing, or is not the quote that was accepted.")


def _purchased() -> Any:
    return Order.objects.filter(state=OrderState.PURCHASED).select_related("accepted_quote")


def _quote(order: Order) -> dict[str, Any]:
    quote: Quote | None = order.accepted_quote
    return quote.promised if quote is not None else {"items": [], "due_now": {}}


def _as_booked(item: Item) -> tuple[str, int, int, str, str]:
    return (
        item.licence.key,
        item.quantity,
        item.unit_price_minor,
        item.from_on.isoformat(),
        item.first_month,
    )


def _as_promised(shown: dict[str, Any]) -> tuple[str, int, int, str, str]:
    return (
        shown["licence"],
        shown["quantity"],
        shown["unit_price_minor"],
        shown["from_on"],
        shown["first_month"],
    )


def _name(order: Order) -> str:
    return f"order {order.id}"
