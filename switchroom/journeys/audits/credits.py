"""Credits are used as the rules say and become nothing else (rules 5.3 and 5.4)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from switchroom.billing.models import InvoiceKind
from switchroom.journeys.audits.breaches import Breach, amount
from switchroom.journeys.audits.documents import share
from switchroom.journeys.audits.readings.credits import Credits, Monthly
from switchroom.rules.credits import Credit, usable_in, use_credits
from switchroom.rules.periods import Month
from switchroom.rules.promise import Id


def credits_are_not_overdrawn(credits: Credits) -> Iterator[Breach]:
    """This function will find credits of which more was used than granted, or was given by a use."""
    for credit in credits.granted:
        used = -sum(use.net_minor for use in credit.uses)
        if used > credit.granted_minor or any(use.net_minor >= 0 for use in credit.uses):
            yield Breach(credit.name, f"{amount(used)} of {amount(credit.granted_minor)} were used.")


def credits_stay_credits(credits: Credits) -> Iterator[Breach]:
    """This function will find uses that are not on a later monthly invoice of the account, at its rate."""
    for credit in credits.granted:
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


def credits_have_their_rate(credits: Credits) -> Iterator[Breach]:
    """This function will find credits whose VAT rate or account is not that of their charge."""
    for credit in credits.granted:
        if (credit.rate_bp, credit.account_id) != (credit.charge_rate_bp, credit.charge_account_id):
            reference = credit.charge_reference
            yield Breach(credit.name, f"its rate or account is not that of its charge on {reference}.")


def credits_are_used_oldest_first(credits: Credits) -> Iterator[Breach]:
    """This function will find monthly invoices that used other credits than they should."""
    for account_id, invoices in credits.monthly_of.items():
        left = [
            Credit(one.id, one.granted_on, one.granted_minor, share(one.rate_bp))
            for one in credits.of[account_id]
        ]
        for invoice in invoices:
            due = _uses_due(invoice, left)
            if due != invoice.uses:
                used, right = sum(invoice.uses.values()), sum(due.values())
                yield Breach(
                    invoice.name,
                    f"it uses credits of {amount(used)}; the oldest first come to {amount(right)}.",
                )
            if invoice.uses:
                left = [
                    msgspec.structs.replace(one, left_minor=one.left_minor - invoice.uses.get(str(one.id), 0))
                    for one in left
                ]


def _uses_due(invoice: Monthly, left: list[Credit]) -> dict[Id, int]:
    """The credits that a monthly invoice should use, by the rules, of what was left before it."""
    usable = usable_in(left, Month.of(invoice.month_on))
    charges = ((share(rate_bp), net_minor) for rate_bp, net_minor in invoice.charges)
    return {use.credit_id: use.net_minor for use in use_credits(usable, charges)}
