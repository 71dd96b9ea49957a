"""The 1st of the month: one invoice over all of an account's subscriptions (rules 5.1 and 5.3)."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Sum
from django.db.models.functions import Coalesce

from switchroom.accounts.models import Account
from switchroom.billing import bill
from switchroom.billing.models import Invoice, InvoiceLine
from switchroom.journeys import letters
from switchroom.plumbing.audit_trail import record
from switchroom.rules.periods import Month
from switchroom.subscriptions.promises import subscriptions_of


def bill_month_of(*, account: Account, due_on: date, day: date, at: datetime) -> None:
    """This function will bill the month that begins on ``due_on``; on any other day it does nothing."""
    if due_on.day != 1:
        return
    invoice = bill.bill_month(
        account=account,
        subscriptions=subscriptions_of(account.id),
        month=Month.of(due_on),
        day=day,
        at=at,
    )
    if invoice is not None:
        record_invoice(invoice, day=day)
        letters.invoice_issued(invoice)


def record_invoice(invoice: Invoice, *, day: date) -> None:
    """This function will tell each subscription's story that an invoice with lines of it was issued."""
    lines = InvoiceLine.objects.filter(invoice=invoice)
    sums = lines.values("subscription_id").annotate(
        net_minor=Sum("net_minor"), granted_minor=Coalesce(Sum("credit_granted__granted_minor"), 0)
    )
    for row in sums.order_by("subscription_id"):
        record(
            kind="invoice_issued",
            day=day,
            account_id=invoice.account_id,
            subscription_id=row["subscription_id"],
            facts={
                "invoice_id": invoice.id,
                "reference": invoice.reference,
                "invoice_kind": invoice.kind,
                "month_on": invoice.month_on,
                "net_minor": row["net_minor"],
                "credit_granted_minor": row["granted_minor"],
                "currency": invoice.currency,
            },
        )
