"""Reading documents and credits for the people they belong to; every reader names the account."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum

from switchroom.billing import ledger, rates
from switchroom.billing.models import Credit, Invoice, InvoiceLine
from switchroom.rules.documents import Draft
from switchroom.rules.forecasts import coming_documents
from switchroom.rules.periods import Month
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promises_of


def invoices_of(account_id: UUID) -> QuerySet[Invoice]:
    """This function will list an account's documents, newest first."""
    return Invoice.objects.filter(account_id=account_id).order_by("-issued_at", "-number")


def invoice_of(account_id: UUID, invoice_id: UUID) -> Invoice:
    """This function will read one document with lines and taxes; raises ``Invoice.DoesNotExist`` for a
    foreign one.
    """
    lines = InvoiceLine.objects.select_related(
        "item__licence", "subscription", "credit__line__invoice", "credit_granted"
    ).order_by("position")
    documents = Invoice.objects.filter(account_id=account_id).select_related("account")
    return documents.prefetch_related(Prefetch("lines", lines), "taxes").get(id=invoice_id)


def credits_of(account_id: UUID) -> list[Credit]:
    """This function will list an account's credits, newest first, with ``left_minor``, origin and uses."""
    uses = InvoiceLine.objects.select_related("invoice").order_by("invoice__issued_at")
    credits = ledger.with_left(Credit.objects.filter(account_id=account_id))
    return list(
        credits.select_related("line__invoice", "line__item__licence", "line__subscription")
        .prefetch_related(Prefetch("uses", uses))
        .order_by("-granted_on", "-sequence")
    )


def credit_balance(account_id: UUID) -> int:
    """This function will add up what is left of an account's credits, in minor units before tax."""
    return sum(credit.left_minor for credit in ledger.credits_left(account_id))


def billed_to(subscription_id: UUID) -> int:
    """This function will add up what a subscription was billed less the credits used for it, minor units
    net.
    """
    lines = InvoiceLine.objects.filter(subscription_id=subscription_id)
    return lines.aggregate(total=Sum("net_minor"))["total"] or 0


def coming_bills(
    account_id: UUID, subscriptions: list[Subscription], *, day: date, count: int
) -> list[tuple[Month, Draft | None]]:
    """This function will draft the account's next ``count`` monthly invoices as the facts stand (rule
    5.8).
    """
    return coming_documents(
        promises_of(subscriptions),
        ledger.credits_left(account_id),
        first=Month.of(day).plus(1),
        count=count,
        rate_of=rates.rate_of,
    )
