"""Documents add up and are numbered without gaps (rules 5.3 and 5.7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.db.models import Sum

from switchroom.billing import rates
from switchroom.billing.models import Invoice, InvoiceLine, InvoiceSeries, InvoiceTax, LineKind
from switchroom.journeys.audits.facts import Breach, amount, in_chunks
from switchroom.rules.periods import Month
from switchroom.rules.vat import tax_on

ByRate = dict[int, int]
"""VAT rate in hundredths of a percent → minor units."""


def numbers_have_no_gap(_day: date) -> Iterator[Breach]:
    """This function will find numbers that are missing, beyond the series' last one, or printed otherwise."""
    for series in InvoiceSeries.objects.order_by("year"):
        expected = 1
        invoices = Invoice.objects.filter(series=series).order_by("number")
        for number, reference in invoices.values_list("number", "reference").iterator():
            if number != expected:
                yield Breach(f"series {series}", f"the number before {reference} is missing.")
            if reference != f"{series}-{number:06d}":
                yield Breach(f"invoice {reference}", f"its number in the series {series} is {number}.")
            expected = number + 1
        if expected - 1 != series.last_number:
            yield Breach(
                f"series {series}",
                f"the last number is {expected - 1}, but {series.last_number} were given.",
            )


def invoices_are_the_sum_of_their_lines(_day: date) -> Iterator[Breach]:
    """This function will find invoices whose net is not the sum of their lines."""
    for invoice, nets, _ in _invoices():
        if invoice.net_minor != sum(nets.values()):
            said, right = amount(invoice.net_minor), amount(sum(nets.values()))
            yield Breach(_name(invoice), f"its net is {said}, its lines come to {right}.")


def tax_is_rounded_once(_day: date) -> Iterator[Breach]:
    """This function will find tax lines that are not the tax on all lines at their rate, rounded once."""
    for invoice, nets, taxes in _invoices():
        right = {rate: (net, tax_on(net, rates.share(rate))) for rate, net in nets.items()}
        said = {tax.rate_bp: (tax.net_minor, tax.tax_minor) for tax in taxes}
        if said != right:
            yield Breach(_name(invoice), "its tax is not that of its lines, rate by rate.")


def net_and_tax_make_gross(_day: date) -> Iterator[Breach]:
    """This function will find invoices whose sums do not add up."""
    for invoice, _, taxes in _invoices():
        if invoice.tax_minor != sum(tax.tax_minor for tax in taxes):
            yield Breach(
                _name(invoice), f"its tax of {amount(invoice.tax_minor)} is not the sum of its rates."
            )
        if invoice.gross_minor != invoice.net_minor + invoice.tax_minor:
            yield Breach(_name(invoice), "net and tax do not make gross.")


def charges_have_the_rate_of_their_month(_day: date) -> Iterator[Breach]:
    """This function will find charges taxed at another rate than that of their service month (rule 5.3)."""
    used = InvoiceLine.objects.filter(kind=LineKind.CHARGE).values_list("month_on", "rate_bp")
    for month_on, rate_bp in used.order_by().distinct():
        right = rates.basis_points(rates.rate_of(Month.of(month_on)))
        if rate_bp == right:
            continue
        wrong = InvoiceLine.objects.filter(kind=LineKind.CHARGE, month_on=month_on, rate_bp=rate_bp)
        references = wrong.order_by("invoice__reference").values_list("invoice__reference", flat=True)
        for reference in references.distinct():
            yield Breach(
                f"invoice {reference}",
                f"{Month.of(month_on)} is taxed at {rate_bp / 100:g} %, the rate is {right / 100:g} %.",
            )


def _invoices() -> Iterator[tuple[Invoice, ByRate, list[InvoiceTax]]]:
    """All documents with the net of their lines by rate and with their tax lines."""
    for chunk in in_chunks(Invoice.objects.all()):
        nets: dict[UUID, ByRate] = defaultdict(dict)
        sums = InvoiceLine.objects.filter(invoice__in=chunk).order_by().values("invoice_id", "rate_bp")
        for row in sums.annotate(net_minor=Sum("net_minor")):
            nets[row["invoice_id"]][row["rate_bp"]] = row["net_minor"]
        taxes: dict[UUID, list[InvoiceTax]] = defaultdict(list)
        for tax in InvoiceTax.objects.filter(invoice__in=chunk):
            taxes[tax.invoice_id].append(tax)
        for invoice in chunk:
            yield invoice, nets[invoice.id], taxes[invoice.id]


def _name(invoice: Invoice) -> str:
    return f"invoice {invoice.reference}"
