"""Documents add up and are numbered without gaps (rules 5.3 and 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from switchroom.billing import rates
from switchroom.journeys.audits.breaches import Breach, amount
from switchroom.journeys.audits.readings.books import Books, Invoice
from switchroom.plumbing.bulk import day_of, read_rows
from switchroom.rules.periods import Month
from switchroom.rules.vat import tax_on

# A number is printed in at least six digits.
DIGITS = """CASE WHEN number < 1000000 THEN SUBSTR(CAST(number + 1000000 AS text), 2)
         ELSE CAST(number AS text) END"""
MISNUMBERED = f"""
    SELECT series, number, reference, expected FROM (
        SELECT s.prefix || '-' || s.year AS series, v.number, v.reference,
               LAG(v.number, 1, 0) OVER (PARTITION BY v.series_id ORDER BY v.number) + 1 AS expected
        FROM billing_invoice v JOIN billing_invoiceseries s ON s.year = v.series_id
    ) AS numbered
    WHERE number <> expected OR reference <> series || '-' || {DIGITS}
    ORDER BY series, number
"""  # noqa: S608  # no value is written into a statement
LAST_NUMBERS = """
    SELECT s.prefix || '-' || s.year, s.last_number,
           COALESCE((SELECT MAX(v.number) FROM billing_invoice v WHERE v.series_id = s.year), 0)
    FROM billing_invoiceseries s
    ORDER BY s.year
"""
RATES_CHARGED = "SELECT DISTINCT l.month_on, l.rate_bp FROM billing_invoiceline l WHERE l.kind = 'charge'"
CHARGED_AT = """
    SELECT DISTINCT v.reference FROM billing_invoiceline l JOIN billing_invoice v ON v.id = l.invoice_id
    WHERE l.kind = 'charge' AND l.month_on = %s AND l.rate_bp = %s
    ORDER BY v.reference
"""

share = lru_cache(maxsize=100)(rates.share)
"""The few VAT rates that there are, as the rules read them."""


def numbers_have_no_gap(_day: date) -> Iterator[Breach]:
    """This function will find numbers that are missing, beyond the series' last one, or printed otherwise."""
    for series, number, reference, expected in read_rows(MISNUMBERED):
        if number != expected:
            yield Breach(f"series {series}", f"the number before {reference} is missing.")
        if reference != f"{series}-{number:06d}":
            yield Breach(f"invoice {reference}", f"its number in the series {series} is {number}.")
    for series, given, last in read_rows(LAST_NUMBERS):
        if last != given:
            yield Breach(f"series {series}", f"the last number is {last}, but {given} were given.")


def invoices_are_the_sum_of_their_lines(books: Books) -> Iterator[Breach]:
    """This function will find invoices whose net is not the sum of their lines."""
    for invoice in books.invoices():
        net_minor = sum(one.net_minor for one in invoice.sums)
        if invoice.net_minor != net_minor:
            said, right = amount(invoice.net_minor), amount(net_minor)
            yield Breach(invoice.name, f"its net is {said}, its lines come to {right}.")


def tax_is_rounded_once(books: Books) -> Iterator[Breach]:
    """This function will find tax lines that are not the tax on all lines at their rate, rounded once."""
    for invoice in books.invoices():
        right = {(rate, net, tax_on(net, share(rate))) for rate, net in _nets(invoice).items()}
        if set(invoice.taxes) != right:
            yield Breach(invoice.name, "its tax is not that of its lines, rate by rate.")


def net_and_tax_make_gross(books: Books) -> Iterator[Breach]:
    """This function will find invoices whose sums do not add up."""
    for invoice in books.invoices():
        if invoice.tax_minor != sum(tax_minor for _, _, tax_minor in invoice.taxes):
            yield Breach(invoice.name, f"its tax of {amount(invoice.tax_minor)} is not the sum of its rates.")
        if invoice.gross_minor != invoice.net_minor + invoice.tax_minor:
            yield Breach(invoice.name, "net and tax do not make gross.")


def charges_have_the_rate_of_their_month(_day: date) -> Iterator[Breach]:
    """This function will find charges taxed at another rate than that of their service month (rule 5.3)."""
    for month_on, rate_bp in read_rows(RATES_CHARGED):
        problem = _rate_problem(day_of(month_on), rate_bp)
        for (reference,) in read_rows(CHARGED_AT, [month_on, rate_bp]) if problem else ():
            yield Breach(f"invoice {reference}", problem)


def _rate_problem(month_on: date, rate_bp: int) -> str:
    month = Month.of(month_on)
    if month_on != month.first_on:
        return f"it charges a month that begins on {month_on}."
    try:
        right = rates.basis_points(rates.rate_of(month))
    except LookupError as unknown:
        return f"{unknown}."
    if rate_bp != right:
        return f"{month} is taxed at {rate_bp / 100:g} %, the rate is {right / 100:g} %."
    return ""


def _nets(invoice: Invoice) -> dict[int, int]:
    """The net of a document's lines by VAT rate, in basis points and minor units."""
    nets: dict[int, int] = {}
    for one in invoice.sums:
        nets[one.rate_bp] = nets.get(one.rate_bp, 0) + one.net_minor
    return nets
