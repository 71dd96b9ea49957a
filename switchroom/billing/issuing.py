"""Issuing documents: their lines, their numbers, the credits they grant, in one go and for good (rule 5.7).

However many documents there are, each table is written at once. The lines come first, under ids made here;
the document itself comes last and closes them: the database refuses a line or a tax that comes after its
document, and a document that is not the sum of its lines. The caller's transaction has locked the accounts;
the series row is locked here, after the lines, so that numbers are held for as short a time as possible and
none is ever lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from switchroom.billing import rates
from switchroom.billing.models import Credit, Invoice, InvoiceKind, InvoiceLine, InvoiceSeries, InvoiceTax
from switchroom.plumbing.bulk import (
    check_keys_early,
    insert_rows,
    instant_as_kept,
    key_maker,
    new_key,
    sent_key_maker,
)
from switchroom.rules.documents import Draft
from switchroom.rules.owing import CreditGrant
from switchroom.rules.periods import Month
from switchroom.rules.promise import Id

LINE_COLUMNS = (
    "id",
    "invoice_id",
    "position",
    "kind",
    "subscription_id",
    "item_id",
    "month_on",
    "quantity",
    "unit_price_minor",
    "days",
    "of_days",
    "net_minor",
    "rate_bp",
    "credit_id",
)
TAX_COLUMNS = (
    "invoice_id",
    "rate_bp",
    "net_minor",
    "tax_minor",
)
INVOICE_COLUMNS = (
    "id",
    "account_id",
    "kind",
    "series_id",
    "number",
    "reference",
    "issued_on",
    "issued_at",
    "due_on",
    "month_on",
    "order_id",
    "currency",
    "net_minor",
    "tax_minor",
    "gross_minor",
    "addressee",
)
CREDIT_COLUMNS = (
    "id",
    "account_id",
    "line_id",
    "granted_on",
    "days",
    "of_days",
    "granted_minor",
    "rate_bp",
    "currency",
    "sequence",
)


class CreditOrigin(msgspec.Struct, frozen=True):
    """The charge that a credit came with, which a line that uses the credit repeats."""

    subscription_id: Id
    item_id: Id
    month_on: date | str
    quantity: int
    unit_price_minor: int
    days: int
    of_days: int
    rate_bp: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is to be issued. Ids are UUIDs or their text as the database keeps it."""

    account_id: Id
    kind: InvoiceKind
    month: Month
    currency: str
    addressee: str
    """The addressee as JSON text (``addressees.py``)."""
    draft: Draft
    subscription_of_item: Mapping[Id, Id]
    origin_of_credit: Mapping[Id, CreditOrigin] = {}
    order_id: UUID | None = None
    granted: Sequence[CreditGrant] = ()
    next_credit_sequence: int = 1


class Written(msgspec.Struct, frozen=True):
    """Documents whose lines and taxes are written under their future ids; ``issue`` makes them documents."""

    documents: list[tuple[str, Document]]
    line_of_item: dict[Id, str]
    """The lines of items whose charge grants a credit."""


class Issued(msgspec.Struct, frozen=True):
    """A document that was issued, and the id and number it got."""

    id: str
    number: int
    reference: str
    document: Document


def write_lines(
    documents: Iterable[Document], *, meanwhile: Callable[[Written], None] = lambda _: None
) -> Written:
    """This function will write the lines and taxes of documents that the same transaction then issues.

    The documents may be decided while they are asked for: the database then works on the lines before.
    ``meanwhile`` is told what is written while the database checks the lines; it must not ask the database.
    """
    written = Written([], {})
    taxes: list[Sequence[Any]] = []

    def prepare() -> None:
        taxes.extend(_taxes(written))
        meanwhile(written)

    check_keys_early(InvoiceLine, but=Invoice)
    insert_rows(InvoiceLine, LINE_COLUMNS, _lines(documents, written), meanwhile=prepare)
    insert_rows(InvoiceTax, TAX_COLUMNS, taxes)
    return written


def issue(written: Written, *, day: date, at: datetime) -> list[Issued]:
    """This function will issue documents in their order, with the credits that come with their charges.

    From here on the series is locked until the transaction ends. ``day`` is the local day of the real issue,
    ``at`` its instant (UTC).
    """
    if not written.documents:
        return []
    issued = _numbered(written, year=day.year)
    insert_rows(Invoice, INVOICE_COLUMNS, _invoices(issued, day=day, at=at))
    if written.line_of_item:
        insert_rows(Credit, CREDIT_COLUMNS, _credits(written))
    return issued


def _lines(documents: Iterable[Document], written: Written) -> Iterator[Sequence[Any]]:
    make_key, make_line_key, kept = key_maker(), sent_key_maker(), _months_as_kept()
    for document in documents:
        invoice_id = make_key()
        written.documents.append((invoice_id, document))
        draft, subscription_of = document.draft, document.subscription_of_item
        granting = {grant.item_id for grant in document.granted}
        month = None
        for position, charge in enumerate(draft.charges, start=1):
            line_id, item_id = make_line_key(), charge.item_id
            if charge.month is not month:  # as a rule one for all
                month = charge.month
                month_on, rate_bp = kept(month)
            if item_id in granting:
                written.line_of_item[item_id] = line_id
            yield (
                line_id,
                invoice_id,
                position,
                "charge",
                subscription_of[item_id],
                item_id,
                month_on,
                charge.quantity,
                charge.unit_price_minor,
                charge.days,
                charge.of,
                charge.net_minor,
                rate_bp,
                None,
            )
        for position, use in enumerate(draft.uses, start=len(draft.charges) + 1):
            origin = document.origin_of_credit[use.credit_id]
            yield (
                make_line_key(),
                invoice_id,
                position,
                "credit",
                origin.subscription_id,
                origin.item_id,
                origin.month_on,
                origin.quantity,
                origin.unit_price_minor,
                origin.days,
                origin.of_days,
                -use.net_minor,
                origin.rate_bp,
                use.credit_id,
            )


def _months_as_kept() -> Callable[[Month], tuple[date, int]]:
    """Gives a month's first day and its VAT rate in hundredths of a percent, with one look."""
    rate_bp_of = rates.basis_points_by_month()
    return cache(lambda month: (month.first_on, rate_bp_of(month)))


def _taxes(written: Written) -> Iterator[Sequence[Any]]:
    rate = None
    for invoice_id, document in written.documents:
        for tax in document.draft.taxes:
            if tax.rate is not rate:  # a fraction is slow to hash
                rate = tax.rate
                rate_bp = rates.basis_points(rate)
            yield invoice_id, rate_bp, tax.net_minor, tax.tax_minor


def _numbered(written: Written, *, year: int) -> list[Issued]:
    """Takes as many numbers from the year's series as there are documents; the series stays locked."""
    InvoiceSeries.objects.get_or_create(year=year, defaults={"prefix": settings.INSTALLATION.invoice_prefix})
    series = InvoiceSeries.objects.select_for_update().get(year=year)
    first = series.last_number + 1
    series.last_number += len(written.documents)
    series.save(update_fields=["last_number"])
    return [
        Issued(invoice_id, number, f"{series.prefix}-{year}-{number:06d}", document)
        for number, (invoice_id, document) in enumerate(written.documents, start=first)
    ]


def _invoices(issued: Sequence[Issued], *, day: date, at: datetime) -> Iterator[Sequence[Any]]:
    due_on = day + timedelta(days=settings.INSTALLATION.payment_days)
    issued_at, year = instant_as_kept(at), day.year
    for one in issued:
        document, draft = one.document, one.document.draft
        net_minor, tax_minor = draft.net_minor, draft.tax_minor
        yield (
            one.id,
            document.account_id,
            document.kind.value,
            year,
            one.number,
            one.reference,
            day,
            issued_at,
            due_on,
            document.month.first_on,
            document.order_id,
            document.currency,
            net_minor,
            tax_minor,
            net_minor + tax_minor,
            document.addressee,
        )


def _credits(written: Written) -> Iterator[Sequence[Any]]:
    rate_bp_of = rates.basis_points_by_month()
    for _, document in written.documents:
        for sequence, grant in enumerate(document.granted, start=document.next_credit_sequence):
            yield (
                new_key(),
                document.account_id,
                written.line_of_item[grant.item_id],
                grant.granted_on,
                grant.days,
                grant.of,
                grant.net_minor,
                rate_bp_of(grant.month),
                document.currency,
                sequence,
            )
