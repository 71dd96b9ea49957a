"""The credits of a span of accounts, what they come with, and the invoices that could have used them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from switchroom.journeys.audits.readings.accounts import Edges
from switchroom.plumbing.bulk import day_of, read_rows, uuid_text

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
MONTHLY = """
    SELECT v.account_id, v.reference, v.month_on, l.rate_bp, l.credit_id, CAST(SUM(l.net_minor) AS bigint)
    FROM billing_invoice v JOIN billing_invoiceline l ON l.invoice_id = v.id
    WHERE v.kind = 'monthly' AND l.kind <> 'correction' AND v.account_id BETWEEN %s AND %s
        AND EXISTS (SELECT 1 FROM billing_credit c WHERE c.account_id = v.account_id)
    GROUP BY v.account_id, v.issued_at, v.series_id, v.number, v.reference, v.month_on, l.rate_bp, l.credit_id
    ORDER BY v.account_id, v.issued_at, v.series_id, v.number
"""


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


class Monthly(NamedTuple):
    """A monthly invoice: its charges as (rate, net) and the credits that it uses (id → amount), rates in
    basis points and amounts in minor units.
    """

    name: str
    month_on: date
    charges: list[tuple[int, int]]
    uses: dict[str, int]


class Credits:
    """The credits of a span of accounts: ``granted``, and by account, oldest first; and the monthly invoices
    of each account that has credits, in the order of their issue.
    """

    def __init__(self, edges: Edges) -> None:
        self.granted = _credits(edges)
        self.monthly_of = _monthly(edges)
        self.of: dict[str, list[Credit]] = defaultdict(list)
        for credit in self.granted:
            self.of[credit.account_id].append(credit)


def _credits(edges: Edges) -> list[Credit]:
    uses: dict[str, list[Use]] = defaultdict(list)
    for credit_id, net_minor, rate_bp, account_id, kind, month_on, reference in read_rows(USES, edges):
        uses[credit_id].append(Use(net_minor, rate_bp, account_id, kind, day_of(month_on), reference))
    credits = []
    for id_, account_id, number, name, sequence, granted_on, *amounts in read_rows(CREDITS, edges):
        account = f"{number} {name}"
        row = [id_, account_id, account, sequence, day_of(granted_on), *amounts, uses.get(id_, ())]
        credits.append(Credit._make(row))
    return credits


def _monthly(edges: Edges) -> dict[str, list[Monthly]]:
    monthly: dict[str, dict[str, Monthly]] = defaultdict(dict)
    for account_id, reference, month_on, rate_bp, credit_id, net_minor in read_rows(MONTHLY, edges):
        invoices = monthly[account_id]
        if reference not in invoices:
            invoices[reference] = Monthly(f"invoice {reference}", day_of(month_on), [], {})
        if credit_id is None:
            invoices[reference].charges.append((rate_bp, net_minor))
        else:
            invoices[reference].uses[credit_id] = -net_minor
    return {account_id: list(invoices.values()) for account_id, invoices in monthly.items()}
