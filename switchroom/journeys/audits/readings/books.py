"""The documents of a span of accounts, their lines added up, and the credits of the same accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from switchroom.journeys.audits.readings.accounts import Edges
from switchroom.plumbing.bulk import day_of, read_rows, uuid_text

INVOICES = """
    SELECT v.account_id, v.id, v.reference, v.kind, v.month_on, v.net_minor, v.tax_minor, v.gross_minor
    FROM billing_invoice v
    WHERE v.account_id BETWEEN %s AND %s
    ORDER BY v.account_id, v.issued_at, v.series_id, v.number
"""
SUMS = """
    SELECT l.invoice_id, l.rate_bp, l.kind, l.credit_id, CAST(SUM(l.net_minor) AS bigint)
    FROM billing_invoice v JOIN billing_invoiceline l ON l.invoice_id = v.id
    WHERE v.account_id BETWEEN %s AND %s
    GROUP BY l.invoice_id, l.rate_bp, l.kind, l.credit_id
"""
TAXES = """
    SELECT t.invoice_id, t.rate_bp, t.net_minor, t.tax_minor
    FROM billing_invoice v JOIN billing_invoicetax t ON t.invoice_id = v.id
    WHERE v.account_id BETWEEN %s AND %s
"""
CREDITS = """
    SELECT c.id, c.account_id, a.number, a.name, c.sequence, c.granted_on, c.granted_minor, c.rate_bp,
           l.rate_bp, v.account_id, v.reference
    FROM billing_credit c JOIN accounts_account a ON a.id = c.account_id
    JOIN billing_invoiceline l ON l.id = c.line_id JOIN billing_invoice v ON v.id = l.invoice_id
    WHERE c.account_id BETWEEN %s AND %s
    ORDER BY c.account_id, c.granted_on, c.sequence
"""
USES = """
    SELECT l.credit_id, l.net_minor, l.rate_bp, v.account_id, v.kind, v.month_on, v.reference
    FROM billing_credit c JOIN billing_invoiceline l ON l.credit_id = c.id AND l.kind = 'credit'
    JOIN billing_invoice v ON v.id = l.invoice_id
    WHERE c.account_id BETWEEN %s AND %s
"""


class Sum(NamedTuple):
    """Lines of one document that are of one kind, at one VAT rate and use the same credit, if any."""

    rate_bp: int
    kind: str
    credit_id: str | None
    net_minor: int


class Invoice(NamedTuple):
    """A document with its lines added up and its taxes as (rate, net, tax), rates in basis points."""

    id: str
    reference: str
    kind: str
    month_on: date
    net_minor: int
    tax_minor: int
    gross_minor: int
    sums: Sequence[Sum]
    taxes: Sequence[tuple[int, int, int]]

    @property
    def name(self) -> str:
        """How the audit names the document."""
        return f"invoice {self.reference}"


class Use(NamedTuple):
    """A line that uses a credit, and the document that it is on."""

    net_minor: int
    rate_bp: int
    account_id: str
    kind: str
    month_on: date
    reference: str


class Credit(NamedTuple):
    """A credit, the charge that it comes with, and its uses."""

    id: str
    account_id: str
    account: str
    """Number and name of its account."""
    sequence: int
    granted_on: date
    granted_minor: int
    rate_bp: int
    charge_rate_bp: int
    charge_account_id: str
    charge_reference: str
    """The number of the document that charges it."""
    uses: Sequence[Use]

    @property
    def name(self) -> str:
        """How the audit names the credit."""
        return f"credit {self.sequence} of {self.account} ({uuid_text(self.id)})"


class Books:
    """The documents of a span of accounts in the order of their issue, and its credits, oldest first."""

    def __init__(self, edges: Edges) -> None:
        self.invoices_of = _invoices(edges)
        self.credits_of = _credits(edges)

    def invoices(self) -> Iterator[Invoice]:
        """This function will go through the documents of all accounts."""
        for invoices in self.invoices_of.values():
            yield from invoices

    def credits(self) -> Iterator[Credit]:
        """This function will go through the credits of all accounts."""
        for credits in self.credits_of.values():
            yield from credits


def _invoices(edges: Edges) -> dict[str, list[Invoice]]:
    sums: dict[str, list[Sum]] = defaultdict(list)
    for invoice_id, *sum_ in read_rows(SUMS, edges):
        sums[invoice_id].append(Sum(*sum_))
    taxes: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for invoice_id, rate_bp, net_minor, tax_minor in read_rows(TAXES, edges):
        taxes[invoice_id].append((rate_bp, net_minor, tax_minor))
    invoices: dict[str, list[Invoice]] = defaultdict(list)
    for account_id, id_, reference, kind, month_on, *amounts in read_rows(INVOICES, edges):
        lines = sums.get(id_, ()), taxes.get(id_, ())
        invoices[account_id].append(Invoice._make([id_, reference, kind, day_of(month_on), *amounts, *lines]))
    return invoices


def _credits(edges: Edges) -> dict[str, list[Credit]]:
    uses: dict[str, list[Use]] = defaultdict(list)
    for credit_id, net_minor, rate_bp, account_id, kind, month_on, reference in read_rows(USES, edges):
        uses[credit_id].append(Use(net_minor, rate_bp, account_id, kind, day_of(month_on), reference))
    credits: dict[str, list[Credit]] = defaultdict(list)
    for id_, account_id, number, name, sequence, granted_on, *amounts in read_rows(CREDITS, edges):
        account = f"{number} {name}"
        credit = Credit._make(
            [id_, account_id, account, sequence, day_of(granted_on), *amounts, uses.get(id_, ())]
        )
        credits[account_id].append(credit)
    return credits
