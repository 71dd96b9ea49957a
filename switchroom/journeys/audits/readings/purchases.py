"""The orders of a span of accounts that were purchased, and what names an order there: items and invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from switchroom.journeys.audits.readings.accounts import Edges
from switchroom.plumbing.bulk import read_rows, uuid_text

ORDERS = """
    SELECT o.id, o.kind, o.bought_subscription_id, CAST(q.promised AS text)
    FROM orders_order o LEFT JOIN orders_quote q ON q.id = o.accepted_quote_id
    WHERE o.state = 'purchased' AND o.account_id BETWEEN %s AND %s
"""
ITEMS = """
    SELECT i.id, i.order_id, i.subscription_id, l.key, i.quantity, i.unit_price_minor, i.from_on,
           i.first_month, o.bought_subscription_id
    FROM subscriptions_item i JOIN subscriptions_subscription s ON s.id = i.subscription_id
    JOIN catalog_licence l ON l.id = i.licence_id
    LEFT JOIN orders_order o ON o.id = i.order_id AND o.state = 'purchased'
    WHERE i.order_id IS NOT NULL AND s.account_id BETWEEN %s AND %s
"""
INVOICES = """
    SELECT v.order_id, v.kind, v.net_minor, v.gross_minor, v.reference, o.id
    FROM billing_invoice v LEFT JOIN orders_order o ON o.id = v.order_id AND o.state = 'purchased'
    WHERE v.order_id IS NOT NULL AND v.account_id BETWEEN %s AND %s
"""


class ShownItem(msgspec.Struct, frozen=True):
    """An item as a quote showed it, and as it is booked."""

    licence: str
    quantity: int
    unit_price_minor: int
    from_on: str
    first_month: str


class ShownAmounts(msgspec.Struct, frozen=True):
    """What was due at once, in minor units; nothing when a quote does not say."""

    net_minor: int | None = None
    gross_minor: int | None = None


class Shown(msgspec.Struct, frozen=True):
    """What a quote promised, as far as the audit looks at it."""

    items: tuple[ShownItem, ...] = ()
    due_now: ShownAmounts = ShownAmounts()


class Booked(NamedTuple):
    """An item that names an order."""

    id: str
    order_id: str
    subscription_id: str
    item: ShownItem
    bought_subscription_id: str | None
    """Where the order was to be booked; none when it was not purchased."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the order was purchased for another subscription."""
        return self.bought_subscription_id not in (None, self.subscription_id)


class Billed(NamedTuple):
    """A document that names an order; ``is_purchased`` says whether there is such a purchase."""

    order_id: str
    kind: str
    net_minor: int
    gross_minor: int
    reference: str
    is_purchased: bool


class Purchase(NamedTuple):
    """An order that was purchased, and the quote that was accepted."""

    id: str
    kind: str
    bought_subscription_id: str
    shown: Shown

    @property
    def name(self) -> str:
        """How the audit names the order."""
        return order_name(self.id)


class Purchases:
    """The purchases of a span of accounts, and all of its items and invoices that name an order."""

    def __init__(self, edges: Edges) -> None:
        self.orders = [
            Purchase._make([*row, _shown(promised)]) for *row, promised in read_rows(ORDERS, edges)
        ]
        self.booked = [_booked(row) for row in read_rows(ITEMS, edges)]
        self.billed = [Billed._make([*row, order is not None]) for *row, order in read_rows(INVOICES, edges)]

    def booked_by_order(self) -> dict[str, Sequence[Booked]]:
        """This function will give the items that each order booked (id → items)."""
        booked: dict[str, list[Booked]] = defaultdict(list)
        for one in self.booked:
            booked[one.order_id].append(one)
        return {**booked}


def order_name(id_: str) -> str:
    """This function will name an order as the audit does."""
    return f"order {uuid_text(id_)}"


def _booked(row: tuple[Any, ...]) -> Booked:
    id_, order_id, subscription_id, licence, quantity, price, from_on, first_month, bought_subscription_id = (
        row
    )
    shown = ShownItem(licence, quantity, price, str(from_on), first_month)
    return Booked(id_, order_id, subscription_id, shown, bought_subscription_id)


def _shown(promised: str | None) -> Shown:
    """A quote that cannot be understood promised nothing, which is what is then compared with the books."""
    try:
        return Shown() if promised is None else msgspec.json.decode(promised, type=Shown)
    except msgspec.ValidationError:
        return Shown()
