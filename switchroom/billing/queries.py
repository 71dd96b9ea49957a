"""Reading documents and credits for the people they belong to; every reader names the account."""

from __future__ import annotations

from collections.abc import Collection
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
    lines = _explainable(InvoiceLine.objects.select_related("subscription", "credit_granted"))
    documents = Invoice.objects.filter(account_id=account_id).select_related("account")
    return documents.prefetch_related(Prefetch("lines", lines), "taxes").get(id=invoice_id)


def references_of(account_id: UUID, invoice_ids: Collection[UUID | str]) -> dict[str, str]:
    """This function will give the numbers of some documents of an account, by their ids as text."""
    documents = Invoice.objects.filter(account_id=account_id, id__in=invoice_ids)
    return {str(id_): reference for id_, reference in documents.values_list("id", "reference")}


def lines_for_subscription(subscription_id: UUID, invoice_ids: Collection[UUID]) -> list[InvoiceLine]:
    """This function will read a subscription's lines on some documents, with all that explains them."""
    lines = InvoiceLine.objects.filter(subscription_id=subscription_id, invoice_id__in=invoice_ids)
    return list(_explainable(lines.select_related("invoice")))


def _explainable(lines: QuerySet[InvoiceLine]) -> QuerySet[InvoiceLine]:
    return lines.select_related(
        "item__licence__version__product",
        "credit__line__invoice",
        "credit__line__item__licence__version__product",
    ).order_by("position")


def credits_of(account_id: UUID) -> list[Credit]:
    """This function will list an account's credits, newest first, with ``left_minor``, origin and uses."""
    uses = InvoiceLine.objects.select_related("invoice").order_by("invoice__issued_at")
    credits = _with_origin(ledger.with_left(Credit.objects.filter(account_id=account_id)))
    return list(credits.prefetch_related(Prefetch("uses", uses)).order_by("-granted_on", "-sequence"))


def credits_to_use(account_id: UUID) -> list[Credit]:
    """This function will list the credits of which something is left, oldest first, with ``left_minor`` and
    origin.
    """
    left = ledger.with_left(Credit.objects.filter(account_id=account_id)).filter(left_minor__gt=0)
    return list(_with_origin(left).order_by("granted_on", "sequence"))


def _with_origin(credits: QuerySet[Credit]) -> QuerySet[Credit]:
    return credits.select_related(
        "line__invoice", "line__item__licence__version__product", "line__subscription"
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
