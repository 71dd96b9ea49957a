"""Issuing a document: its number, its lines, the credits it grants, in one go and for good (rule 5.7).

The caller's transaction has locked the account; the series row is locked here, last, so that a number is
held for as short a time as possible and none is ever lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from switchroom.accounts.models import Account, BillingAddress
from switchroom.billing import rates
from switchroom.billing.models import (
    Credit,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    LineKind,
)
from switchroom.plumbing.ids import new_id, row_id
from switchroom.rules.documents import Draft
from switchroom.rules.owing import CreditGrant
from switchroom.rules.periods import Month


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What a document is issued for. ``day`` is the local day of the real issue, ``at`` its instant (UTC)."""

    account: Account
    kind: InvoiceKind
    month: Month
    currency: str
    day: date
    at: datetime
    order_id: UUID | None = None


def issue(
    occasion: Issue,
    draft: Draft,
    *,
    granted: Sequence[CreditGrant],
    subscription_of_item: dict[UUID | int, UUID],
) -> Invoice:
    """This function will issue a draft as an invoice, with the credits that come with its charges."""
    invoice = Invoice(
        account=occasion.account,
        kind=occasion.kind,
        issued_on=occasion.day,
        issued_at=occasion.at,
        due_on=occasion.day + timedelta(days=settings.INSTALLATION.payment_days),
        month_on=occasion.month.first_on,
        order_id=occasion.order_id,
        currency=occasion.currency,
        net_minor=draft.net_minor,
        tax_minor=draft.tax_minor,
        gross_minor=draft.gross_minor,
        addressee=_addressee(occasion.account),
    )
    charges = _charge_lines(invoice, draft, subscription_of_item)
    uses = _credit_lines(invoice, draft, first_position=len(charges) + 1)
    credits = _credits(occasion, charges, granted)
    _number(invoice)
    invoice.save(force_insert=True)
    InvoiceTax.objects.bulk_create(
        InvoiceTax(
            invoice=invoice,
            rate_bp=rates.basis_points(tax.rate),
            net_minor=tax.net_minor,
            tax_minor=tax.tax_minor,
        )
        for tax in draft.taxes
    )
    InvoiceLine.objects.bulk_create([*charges, *uses])
    Credit.objects.bulk_create(credits)
    return invoice


def _number(invoice: Invoice) -> None:
    year = invoice.issued_on.year
    InvoiceSeries.objects.get_or_create(year=year, defaults={"prefix": settings.INSTALLATION.invoice_prefix})
    series = InvoiceSeries.objects.select_for_update().get(year=year)
    series.last_number += 1
    series.save(update_fields=["last_number"])
    invoice.series = series
    invoice.number = series.last_number
    invoice.reference = f"{series.prefix}-{series.year}-{series.last_number:06d}"


def _charge_lines(
    invoice: Invoice, draft: Draft, subscription_of_item: dict[UUID | int, UUID]
) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            id=new_id(),
            invoice=invoice,
            position=position,
            kind=LineKind.CHARGE,
            subscription_id=subscription_of_item[charge.item_id],
            item_id=row_id(charge.item_id),
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


def _credit_lines(invoice: Invoice, draft: Draft, *, first_position: int) -> list[InvoiceLine]:
    used = {use.credit_id for use in draft.uses}
    credits = Credit.objects.select_related("line").in_bulk([str(credit_id) for credit_id in used])
    lines = []
    for position, use in enumerate(draft.uses, start=first_position):
        credit = credits[row_id(use.credit_id)]
        origin = credit.line
        lines.append(
            InvoiceLine(
                id=new_id(),
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


def _credits(occasion: Issue, charges: list[InvoiceLine], granted: Sequence[CreditGrant]) -> list[Credit]:
    line_of_item = {line.item_id: line for line in charges}
    latest = Credit.objects.filter(account=occasion.account).aggregate(latest=Max("sequence"))["latest"] or 0
    return [
        Credit(
            account=occasion.account,
            line=line_of_item[row_id(grant.item_id)],
            granted_on=grant.granted_on,
            days=grant.days,
            of_days=grant.of,
            granted_minor=grant.net_minor,
            rate_bp=line_of_item[row_id(grant.item_id)].rate_bp,
            currency=occasion.currency,
            sequence=sequence,
        )
        for sequence, grant in enumerate(granted, start=latest + 1)
    ]


def _addressee(account: Account) -> dict[str, str]:
    """The account's name and billing address as they are now; they stay so on the document."""
    written = {"number": account.number, "name": account.name}
    address = BillingAddress.objects.filter(account=account).first()
    if address is not None:
        fields = ("company", "street", "postal_code", "city", "country", "vat_id", "invoice_email")
        written |= {field: getattr(address, field) for field in fields}
    return written
