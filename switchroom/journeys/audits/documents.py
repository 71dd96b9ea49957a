"""Documents add up and are numbered without gaps (rules 5.3 and 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from switchroom.billing import rates
from switchroom.journeys.audits.breaches import Breach, amount
from switchroom.journeys.audits.readings.documents import Documents, Taxed
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
NAMING_NOTHING = """
    SELECT v.reference, l.position
    FROM billing_invoiceline l JOIN billing_invoice v ON v.id = l.invoice_id
    WHERE l.kind = 'credit' AND NOT EXISTS (SELECT 1 FROM billing_credit c WHERE c.id = l.credit_id)
    UNION ALL
    SELECT v.reference, l.position
    FROM billing_invoiceline l JOIN billing_invoice v ON v.id = l.invoice_id
    WHERE l.corrects_id IS NOT NULL
        AND (NOT EXISTS (SELECT 1 FROM billing_invoiceline o WHERE o.id = l.corrects_id)
             OR l.credit_id IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM billing_credit c WHERE c.id = l.credit_id))
    ORDER BY 1, 2
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


def lines_name_what_is_there(_day: date) -> Iterator[Breach]:
    """This function will find lines that use a credit, or correct a line, that there is not."""
    for reference, position in read_rows(NAMING_NOTHING):
        yield Breach(f"invoice {reference}", f"line {position} names a credit or a line that is not there.")


def invoices_are_the_sum_of_their_lines(documents: Documents) -> Iterator[Breach]:
    """This function will find invoices whose net is not the sum of their lines."""
    for said in documents.said:
        if said.net_minor != said.lines_minor:
            net, right = amount(said.net_minor), amount(said.lines_minor)
            for name in documents.that_say([said]):
                yield Breach(name, f"its net is {net}, its lines come to {right}.")


def tax_is_rounded_once(documents: Documents) -> Iterator[Breach]:
    """This function will find tax lines that are not the tax on all lines at their rate, rounded once."""
    for name in documents.that_say([taxed for taxed in documents.taxed if not _is_tax_right(taxed)]):
        yield Breach(name, "its tax is not that of its lines, rate by rate.")


def net_and_tax_make_gross(documents: Documents) -> Iterator[Breach]:
    """This function will find invoices whose sums do not add up."""
    for said in documents.said:
        if said.tax_minor != said.taxes_minor:
            for name in documents.that_say([said]):
                yield Breach(name, f"its tax of {amount(said.tax_minor)} is not the sum of its rates.")
        if said.gross_minor != said.net_minor + said.tax_minor:
            for name in documents.that_say([said]):
                yield Breach(name, "net and tax do not make gross.")


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


def _is_tax_right(taxed: Taxed) -> bool:
    lines_minor = taxed.lines_minor
    if lines_minor is None:
        return False
    return (taxed.net_minor, taxed.tax_minor) == (lines_minor, tax_on(lines_minor, share(taxed.rate_bp)))
