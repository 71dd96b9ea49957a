"""What the database itself forbids: a quote that changes, an order bought twice or undone."""

from __future__ import annotations

from switchroom.plumbing.laws import append_only, immutable, undeletable

LAWS = [
    *append_only("orders_quote"),
    *immutable("orders_order", ["account_id", "subscription_id", "kind"]),
    *immutable(
        "orders_order",
        ["state", "wanted", "service_level", "accepted_quote_id", "bought_subscription_id", "purchased_at"],
        when="OLD.state = 'purchased'",
        name="law_orders_purchase_is_final",
    ),
    *undeletable("orders_order"),
]
