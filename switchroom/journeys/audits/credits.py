"""Credits are used as the rules say and become nothing else (rules 5.3 and 5.4)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from switchroom.billing.models import InvoiceKind, LineKind
from switchroom.journeys.audits.breaches import Breach, amount
from switchroom.journeys.audits.documents import share
from switchroom.journeys.audits.readings.books import Books, Invoice
from switchroom.rules.credits import Credit, usable_in, use_credits
from switchroom.rules.periods import Month
from switchroom.rules.promise import Id


def credits_are_not_overdrawn(books: Books) -> Iterator[Breach]:
    """This function will find credits of which more was used than granted, or was given by a use."""
    for credit in books.credits():
        used = -sum(use.net_minor for use in credit.uses)
        if used > credit.granted_minor or any(use.net_minor >= 0 for use in credit.uses):
            yield Breach(credit.name, f"{amount(used)} of {amount(credit.granted_minor)} were used.")


def credits_stay_credits(books: Books) -> Iterator[Breach]:
    """This function will find uses that are not on a later monthly invoice of the account, at its rate."""
    for credit in books.credits():
        for use in credit.uses:
            if use.kind != InvoiceKind.MONTHLY or use.account_id != credit.account_id:
                problem = "it is not a monthly invoice of the account"
            elif use.month_on <= credit.granted_on:
                problem = "its month had begun when the credit was granted"
            elif use.rate_bp != credit.rate_bp:
                problem = "the VAT rate is not the one at which it was charged"
            else:
                continue
            yield Breach(credit.name, f"it is used on {use.reference}, but {problem}.")


def credits_have_their_rate(books: Books) -> Iterator[Breach]:
    """This function will find credits whose VAT rate or account is not that of their charge."""
    for credit in books.credits():
        if (credit.rate_bp, credit.account_id) != (credit.charge_rate_bp, credit.charge_account_id):
            reference = credit.charge_reference
            yield Breach(credit.name, f"its rate or account is not that of its charge on {reference}.")


def credits_are_used_oldest_first(books: Books) -> Iterator[Breach]:
    """This function will find monthly invoices that used other credits than they should."""
    for account_id, invoices in books.invoices_of.items():
        credits = [
            Credit(one.id, one.granted_on, one.granted_minor, share(one.rate_bp))
            for one in books.credits_of.get(account_id, ())
        ]
        for invoice in invoices:
            if invoice.kind != InvoiceKind.MONTHLY:
                continue
            uses, due = _uses(invoice), _uses_due(invoice, credits)
            if due != uses:
                used, right = sum(uses.values()), sum(due.values())
                yield Breach(
                    invoice.name,
                    f"it uses credits of {amount(used)}; the oldest first come to {amount(right)}.",
                )
            if uses:
                credits = [
                    msgspec.structs.replace(one, left_minor=one.left_minor - uses.get(one.id, 0))
                    for one in credits
                ]


def _uses(invoice: Invoice) -> dict[Id, int]:
    """The credits that a document uses: id → minor units."""
    return {
        one.credit_id: -one.net_minor
        for one in invoice.sums
        if one.credit_id is not None and one.kind != LineKind.CHARGE
    }


def _uses_due(invoice: Invoice, credits: list[Credit]) -> dict[Id, int]:
    """The credits that a monthly invoice should use, by the rules, of what was left before it."""
    usable = usable_in(credits, Month.of(invoice.month_on))
    charges = [(share(one.rate_bp), one.net_minor) for one in invoice.sums if one.kind == LineKind.CHARGE]
    return {use.credit_id: use.net_minor for use in use_credits(usable, charges)}
