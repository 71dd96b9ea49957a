"""The same run as one would write it with Django's objects: querysets, instances, bulk_create.

It reads, decides and writes the same, chunk by chunk in one transaction each, and calls the same rules. It is
here to be compared with and nowhere else.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from switchroom.accounts.models import Account
from switchroom.billing import rates
from switchroom.billing.models import Credit, Invoice, InvoiceLine, InvoiceSeries, InvoiceTax, LineKind
from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.models import AuditEvent
from switchroom.rules.credits import Credit as CreditFact
from switchroom.rules.documents import Draft, monthly_document
from switchroom.rules.owing import still_to_bill
from switchroom.rules.periods import Month
from switchroom.rules.reminders import next_due_on
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of, with_facts


@transaction.atomic
def bill_accounts(first: UUID, last: UUID, due_on: date) -> int:
    """This function will bill a span of accounts for the month that begins on ``due_on`` and return the
    number of invoices. Reductions are left out, which only makes it faster.
    """
    month, at = Month.of(due_on), clock.now()
    span = {"account__gte": first, "account__lte": last}
    accounts = Account.objects.select_for_update(of=("self",), no_key=True).filter(
        id__gte=first, id__lte=last
    )
    subscriptions = list(with_facts(Subscription.objects.filter(**span)))
    of_account: dict[UUID, list[Subscription]] = {}
    for subscription in subscriptions:
        of_account.setdefault(subscription.account_id, []).append(subscription)
    billed, credits = _billed(first, last), _credits(span)
    invoices: list[Invoice] = []
    rows: list[InvoiceLine] = []
    taxes: list[InvoiceTax] = []
    events: list[AuditEvent] = []
    for account in accounts.select_related("billing_address").order_by("id"):
        mine, usable = of_account.get(account.id, []), credits.get(account.id, [])
        draft = _draft(mine, usable, month, billed.get(account.id, set()))
        if draft is not None:
            invoice = _invoice(account, draft, month, due_on, at)
            mine_rows = _lines(invoice, draft, mine, {credit.id: credit for credit in usable})
            invoices.append(invoice)
            rows += mine_rows
            taxes += _taxes(invoice, draft)
            events += [_event(invoice, subscription, mine_rows, due_on) for subscription in mine]
        for subscription in mine:
            subscription.next_due_on = next_due_on(promise_of(subscription), after=due_on)
    InvoiceLine.objects.bulk_create(rows)
    InvoiceTax.objects.bulk_create(taxes)
    Subscription.objects.bulk_update(subscriptions, ["next_due_on"])
    _number(invoices, due_on.year)
    for event, invoice in zip(events, (i for i in invoices for _ in of_account[i.account_id]), strict=True):
        event.facts["reference"] = invoice.reference
    Invoice.objects.bulk_create(invoices)
    AuditEvent.objects.bulk_create(events)
    return len(invoices)


def _billed(first: UUID, last: UUID) -> dict[UUID, set[tuple[Any, Month]]]:
    billed: dict[UUID, set[tuple[Any, Month]]] = {}
    lines = InvoiceLine.objects.filter(
        kind=LineKind.CHARGE, subscription__account__gte=first, subscription__account__lte=last
    )
    for account_id, item_id, month_on in lines.values_list("subscription__account_id", "item_id", "month_on"):
        billed.setdefault(account_id, set()).add((item_id, Month.of(month_on)))
    return billed


def _credits(span: dict[str, UUID]) -> dict[UUID, list[Any]]:
    credits: dict[UUID, list[Any]] = {}
    left = Credit.objects.filter(**span).select_related("line")
    left = left.annotate(left_minor=F("granted_minor") + Coalesce(Sum("uses__net_minor"), 0))
    for credit in left.order_by("granted_on", "sequence"):
        credits.setdefault(credit.account_id, []).append(credit)
    return credits


def _draft(
    subscriptions: list[Subscription], usable: list[Any], month: Month, billed: set[tuple[Any, Month]]
) -> Draft | None:
    charges = []
    for subscription in subscriptions:
        promise = promise_of(subscription)
        charges += still_to_bill(promise.items, ends_on=promise.ends_on, through=month, billed=billed)
    facts = [
        CreditFact(credit.id, credit.granted_on, credit.left_minor, rates.share(credit.rate_bp))
        for credit in usable
    ]
    return monthly_document(charges, facts, month, rates.rate_of)


def _taxes(invoice: Invoice, draft: Draft) -> list[InvoiceTax]:
    return [
        InvoiceTax(
            invoice=invoice,
            rate_bp=rates.basis_points(tax.rate),
            net_minor=tax.net_minor,
            tax_minor=tax.tax_minor,
        )
        for tax in draft.taxes
    ]


def _invoice(account: Account, draft: Draft, month: Month, day: date, at: datetime) -> Invoice:
    address = account.billing_address
    return Invoice(
        account=account,
        kind="monthly",
        issued_on=day,
        issued_at=at,
        due_on=day + timedelta(days=settings.INSTALLATION.payment_days),
        month_on=month.first_on,
        currency="EUR",
        net_minor=draft.net_minor,
        tax_minor=draft.tax_minor,
        gross_minor=draft.gross_minor,
        addressee={
            "number": account.number,
            "name": account.name,
            "company": address.company,
            "street": address.street,
            "postal_code": address.postal_code,
            "city": address.city,
            "country": address.country,
            "vat_id": address.vat_id,
            "invoice_email": address.invoice_email,
        },
    )


def _lines(
    invoice: Invoice, draft: Draft, subscriptions: list[Subscription], credits: dict[UUID, Credit]
) -> list[InvoiceLine]:
    of_item = {item.id: one.id for one in subscriptions for item in one.items.all()}
    lines = [
        InvoiceLine(
            invoice=invoice,
            position=position,
            kind=LineKind.CHARGE,
            subscription_id=of_item[charge.item_id],  # type: ignore[index]  # ids of rows
            item_id=charge.item_id,  # type: ignore[misc]  # ids of rows
            month_on=charge.month.first_on,
            quantity=charge.quantity,
            unit_price_minor=charge.unit_price_minor,
            days=charge.days,
            of_days=charge.of,
            net_minor=charge.net_minor,
            rate_bp=rates.basis_points(rates.rate_of(charge.month)),
        )
        for position, charge in enumerate(draft.charges, start=1)
    ]
    for position, use in enumerate(draft.uses, start=len(lines) + 1):
        credit = credits[use.credit_id]  # type: ignore[index]  # ids of rows
        origin = credit.line
        lines.append(
            InvoiceLine(
                invoice=invoice,
                position=position,
                kind=LineKind.CREDIT,
                subscription_id=origin.subscription_id,
                item_id=origin.item_id,
                month_on=origin.month_on,
                quantity=origin.quantity,
                unit_price_minor=origin.unit_price_minor,
                days=credit.days,
                of_days=credit.of_days,
                net_minor=-use.net_minor,
                rate_bp=credit.rate_bp,
                credit=credit,
            )
        )
    return lines


def _event(invoice: Invoice, subscription: Subscription, lines: list[InvoiceLine], day: date) -> AuditEvent:
    mine = [line.net_minor for line in lines if line.subscription_id == subscription.id]
    return AuditEvent(
        id=new_id(),
        kind="invoice_issued",
        happened_on=day,
        recorded_at=clock.now(),
        account_id=invoice.account_id,
        subscription_id=subscription.id,
        facts={
            "invoice_id": invoice.id,
            "invoice_kind": "monthly",
            "month_on": invoice.month_on,
            "net_minor": sum(mine),
            "credit_granted_minor": 0,
            "currency": "EUR",
        },
    )


def _number(invoices: list[Invoice], year: int) -> None:
    series = InvoiceSeries.objects.select_for_update().get(year=year)
    for number, invoice in enumerate(invoices, start=series.last_number + 1):
        invoice.series, invoice.number = series, number
        invoice.reference = f"{series.prefix}-{year}-{number:06d}"
    series.last_number += len(invoices)
    series.save(update_fields=["last_number"])
