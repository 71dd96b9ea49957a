"""Credits are used as the rules say and become nothing else (rules 5.3 and 5.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db.models import Prefetch

from switchroom.accounts.models import Account
from switchroom.billing import rates
from switchroom.billing.models import Credit, Invoice, InvoiceKind, InvoiceLine, LineKind
from switchroom.journeys.audits.facts import Breach, amount, in_chunks
from switchroom.rules.credits import Credit as CreditFact
from switchroom.rules.credits import usable_in, use_credits
from switchroom.rules.periods import Month
from switchroom.rules.promise import Id


def credits_are_not_overdrawn(_day: date) -> Iterator[Breach]:
    """This function will find credits of which more was used than granted, or was given by a use."""
    for credit, uses in _credits():
        used = -sum(use.net_minor for use in uses)
        if used > credit.granted_minor or any(use.net_minor >= 0 for use in uses):
            yield Breach(_name(credit), f"{amount(used)} of {amount(credit.granted_minor)} were used.")


def credits_stay_credits(_day: date) -> Iterator[Breach]:
    """This function will find uses that are not on a later monthly invoice of the account, at its rate."""
    for credit, uses in _credits():
        for use in uses:
            invoice = use.invoice
            if invoice.kind != InvoiceKind.MONTHLY or invoice.account_id != credit.account_id:
                problem = "it is not a monthly invoice of the account"
            elif invoice.month_on <= credit.granted_on:
                problem = "its month had begun when the credit was granted"
            elif use.rate_bp != credit.rate_bp:
                problem = "the VAT rate is not the one at which it was charged"
            else:
                continue
            yield Breach(_name(credit), f"it is used on {invoice.reference}, but {problem}.")


def credits_have_their_rate(_day: date) -> Iterator[Breach]:
    """This function will find credits whose VAT rate or account is not that of their charge."""
    for chunk in in_chunks(Credit.objects.select_related("account", "line__invoice")):
        for credit in chunk:
            line = credit.line
            if (credit.rate_bp, credit.account_id) != (line.rate_bp, line.invoice.account_id):
                reference = line.invoice.reference
                yield Breach(_name(credit), f"its rate or account is not that of its charge on {reference}.")


class _Billed(NamedTuple):
    """A monthly invoice: its charges as (rate, net) and the credits used, by id, in minor units."""

    reference: str
    month: Month
    charges: list[tuple[Fraction, int]]
    uses: dict[Id, int]


def credits_are_used_oldest_first(_day: date) -> Iterator[Breach]:
    """This function will find monthly invoices that used other credits than they should."""
    for accounts in in_chunks(Account.objects.all()):
        ids = [account.id for account in accounts]
        granted = _granted_to(ids)
        invoices = _monthly_invoices_of(ids)
        for account in accounts:
            credits = granted[account.id]
            for invoice in invoices[account.id]:
                usable = usable_in(credits, invoice.month)
                due = {use.credit_id: use.net_minor for use in use_credits(usable, invoice.charges)}
                if due != invoice.uses:
                    used, right = sum(invoice.uses.values()), sum(due.values())
                    yield Breach(
                        f"invoice {invoice.reference}",
                        f"it uses credits of {amount(used)}; the oldest first come to {amount(right)}.",
                    )
                credits = [
                    msgspec.structs.replace(one, left_minor=one.left_minor - invoice.uses.get(one.id, 0))
                    for one in credits
                ]


def _credits() -> Iterator[tuple[Credit, list[InvoiceLine]]]:
    uses = Prefetch("uses", InvoiceLine.objects.filter(kind=LineKind.CREDIT).select_related("invoice"))
    for chunk in in_chunks(Credit.objects.select_related("account").prefetch_related(uses)):
        for credit in chunk:
            yield credit, list(credit.uses.all())


def _granted_to(account_ids: list[UUID]) -> dict[UUID, list[CreditFact]]:
    granted: dict[UUID, list[CreditFact]] = defaultdict(list)
    rows = Credit.objects.filter(account_id__in=account_ids).order_by("granted_on", "sequence")
    for row in rows:
        fact = CreditFact(row.id, row.granted_on, row.granted_minor, rates.share(row.rate_bp))
        granted[row.account_id].append(fact)
    return granted


def _monthly_invoices_of(account_ids: list[UUID]) -> dict[UUID, list[_Billed]]:
    """Each account's monthly invoices in the order in which they were issued."""
    rows = Invoice.objects.filter(account_id__in=account_ids, kind=InvoiceKind.MONTHLY)
    invoices: dict[UUID, list[_Billed]] = defaultdict(list)
    for invoice in rows.prefetch_related("lines").order_by("issued_at", "series_id", "number"):
        billed = _Billed(invoice.reference, Month.of(invoice.month_on), [], {})
        for line in invoice.lines.all():
            if line.kind == LineKind.CHARGE:
                billed.charges.append((rates.share(line.rate_bp), line.net_minor))
            elif line.credit_id is not None:
                billed.uses[line.credit_id] = billed.uses.get(line.credit_id, 0) - line.net_minor
        invoices[invoice.account_id].append(billed)
    return invoices


def _name(credit: Credit) -> str:
    return f"credit {credit.sequence} of {credit.account} ({credit.id})"
