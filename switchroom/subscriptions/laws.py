"""What the database itself forbids about subscriptions: facts are added, not rewritten."""

from __future__ import annotations

from switchroom.plumbing.laws import immutable, undeletable

LAWS = [
    *immutable("subscriptions_subscription", ["account_id", "created_on", "follows_id"]),
    *immutable(
        "subscriptions_subscription",
        ["bought_on", "product_version_id"],
        when="OLD.bought_on IS NOT NULL",
        name="law_subscriptions_purchase_is_final",
    ),
    *undeletable("subscriptions_subscription"),
    *immutable("subscriptions_trial", ["from_on", "until_on", "trunk_lines", "endpoints", "phone_numbers"]),
    *immutable(
        "subscriptions_item",
        [
            "subscription_id",
            "licence_id",
            "order_id",
            "quantity",
            "unit_price_minor",
            "from_on",
            "sequence",
            "first_month",
        ],
    ),
    *immutable(
        "subscriptions_item",
        ["until_on"],
        when="OLD.until_on IS NOT NULL",
        name="law_subscriptions_item_ends_once",
    ),
    *undeletable("subscriptions_item"),
    *immutable("subscriptions_cancellation", ["subscription_id", "entered_on", "entered_at", "ends_on"]),
    *immutable(
        "subscriptions_cancellation",
        ["withdrawn_on"],
        when="OLD.withdrawn_on IS NOT NULL",
        name="law_subscriptions_withdrawn_once",
    ),
    *undeletable("subscriptions_cancellation"),
    *immutable("subscriptions_reduction", ["subscription_id", "entered_on", "bites_on", "targets"]),
    *immutable(
        "subscriptions_reduction",
        ["withdrawn_on", "done_on"],
        when="OLD.withdrawn_on IS NOT NULL OR OLD.done_on IS NOT NULL",
        name="law_subscriptions_reduction_ends_once",
    ),
    *undeletable("subscriptions_reduction"),
]
