"""Right before fast: what a run billed is what ``switchroom replay`` says of the same lives, to the cent."""

from __future__ import annotations

import json
from typing import Any

from switchroom.billing.models import Invoice
from switchroom.replay.format import read_life
from switchroom.replay.lives import live
from switchroom.replay.report import report
from switchroom.rules.periods import Month
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import with_facts

MONTH = Month(2025, 12)


def differences(sample: int) -> list[str]:
    """This function will replay ``sample`` accounts that have one subscription with Basic, and say in which
    the documents or their amounts are others.
    """
    lonely = Subscription.objects.raw(
        """
        SELECT s.id FROM subscriptions_subscription s
        WHERE (SELECT COUNT(*) FROM subscriptions_subscription o WHERE o.account_id = s.account_id) = 1
        AND NOT EXISTS (
            SELECT 1 FROM subscriptions_item i JOIN catalog_licence c ON c.id = i.licence_id
            WHERE i.subscription_id = s.id AND c.kind = 'service_level'
        )
        ORDER BY s.id LIMIT %s
        """,
        [sample],
    )
    chosen = with_facts(Subscription.objects.filter(id__in=[one.id for one in lonely]))
    if len(chosen) < min(sample, 100):
        return [f"only {len(chosen)} accounts could be compared"]
    return [difference for one in chosen if (difference := _difference(one))]


def _difference(subscription: Subscription) -> str:
    billed = [
        [
            (line.kind, str(Month.of(line.month_on)), line.net_minor)
            for line in invoice.lines.order_by("position")
        ]
        + [invoice.net_minor, invoice.tax_minor, invoice.gross_minor]
        for invoice in Invoice.objects.filter(account=subscription.account_id).order_by("number")
    ]
    answer = report(live(read_life(json.dumps(_life(subscription)).encode())))
    replayed = [
        [(line["kind"], line["month"], line["net"]) for line in document["lines"]]
        + [document["net"], document["vat"], document["gross"]]
        for document in answer["documents"]
    ]
    return "" if billed == replayed else f"{subscription.name}: billed {billed}, replayed {replayed}"


def _life(subscription: Subscription) -> dict[str, Any]:
    """The wishes that led to a subscription of the bench's provider, as a life for ``replay``."""
    version = subscription.product_version
    bought: dict[str, dict[str, int]] = {}
    for item in subscription.items.all():
        if item.order_id is not None:
            ordered = bought.setdefault(item.from_on.isoformat(), {})
            ordered[item.licence.key] = ordered.get(item.licence.key, 0) + item.quantity
    days = sorted(bought)
    events: list[dict[str, Any]] = [{"on": days[0], "trial": {}}, {"on": days[0], "upgrade": bought[days[0]]}]
    events += [
        {"on": one.entered_on.isoformat(), "reduce": one.targets}
        for one in subscription.reductions.model.objects.filter(subscription=subscription)
    ]
    events += [{"on": one.entered_on.isoformat(), "cancel": {}} for one in subscription.cancellations.all()]
    events += [{"on": day, "upgrade": bought[day]} for day in days[1:]]
    terms = {"term_months": version.term_months, "reduction_in_term": version.reduction_in_term}
    return {"product": terms, "events": events, "until": MONTH.first_on.isoformat()}
