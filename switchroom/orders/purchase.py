"""The quote that was shown, and the acceptance of exactly that quote (rule 4.5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from switchroom.accounts.models import User
from switchroom.orders.models import Order, OrderState, Quote
from switchroom.rules import quotes
from switchroom.rules.documents import Draft
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.rules.vat import percent_text
from switchroom.subscriptions.models import Subscription


class QuoteChanged(Refused):
    """What was shown no longer holds, so nothing was booked."""

    def __init__(self) -> None:
        super().__init__(
            "4.5",
            gettext_noop("Prices have changed since you looked. Nothing was booked; please look again."),
        )


def show(*, order: Order, quote: quotes.Quote, day: date, at: datetime, valid_until: datetime) -> Quote:
    """This function will keep a quote as it is shown; the same quote shown again is the same row."""
    shown, _ = Quote.objects.get_or_create(
        order=order,
        day=day,
        fingerprint=quotes.fingerprint(quote),
        defaults={"shown_at": at, "valid_until": valid_until, "promised": _promised(quote)},
    )
    return shown


def check_unchanged(*, shown: Quote, quote: quotes.Quote, at: datetime) -> None:
    """This function will raise ``QuoteChanged`` unless ``quote``, computed now, is what was shown and still
    valid.
    """
    if at >= shown.valid_until or quotes.fingerprint(quote) != shown.fingerprint:
        raise QuoteChanged


def accept(*, order: Order, shown: Quote, bought: Subscription, user: User, day: date, at: datetime) -> None:
    """This function will turn a draft into a purchase of the quote that was shown."""
    order.state = OrderState.PURCHASED
    order.accepted_quote = shown
    order.bought_subscription = bought
    order.purchased_by = user
    order.purchased_on = day
    order.purchased_at = at
    order.save(
        update_fields=[
            "state",
            "accepted_quote",
            "bought_subscription",
            "purchased_by",
            "purchased_on",
            "purchased_at",
        ]
    )


def _promised(quote: quotes.Quote) -> dict[str, Any]:
    return {
        "day": quote.day.isoformat(),
        "items": [
            {
                "licence": item.licence,
                "quantity": item.quantity,
                "unit_price_minor": item.unit_price_minor,
                "from_on": item.from_on.isoformat(),
                "first_month": item.first_month.value,
            }
            for item in quote.decided.items
        ],
        "due_now": _amounts(quote.due_now),
        "credit_minor": quote.credit_minor,
        "coming": [
            {"month": str(month), **(_amounts(draft) if draft is not None else {})}
            for month, draft in quote.coming
        ],
        "monthly_minor": quote.monthly_minor,
        "term_until": quote.term_until.isoformat(),
    }


def _amounts(draft: Draft) -> dict[str, Any]:
    return {
        "net_minor": draft.net_minor,
        "taxes": [
            {"percent": percent_text(tax.rate), "net_minor": tax.net_minor, "tax_minor": tax.tax_minor}
            for tax in draft.taxes
        ],
        "gross_minor": draft.gross_minor,
    }
