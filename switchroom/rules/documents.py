"""A document before it is issued: charges, credits granted with it, credits used on it, and the tax.

One function drafts every document: preview, quote, invoice and audit use the same (rule 5.8). An order's
invoice uses no credits; the invoice of a month uses only credits granted before that month (rule 5.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

import msgspec

from switchroom.rules.credits import Credit, CreditUse, usable_in, use_credits
from switchroom.rules.owing import Charge, CreditGrant, credit_with
from switchroom.rules.periods import Month
from switchroom.rules.promise import Item
from switchroom.rules.vat import TaxLine, tax_lines

RateOf = Callable[[Month], Fraction]
"""The VAT rate of a service month."""


class Draft(msgspec.Struct, frozen=True):
    """A document's contents. All amounts are minor units; ``uses`` are positive and reduce the net."""

    charges: tuple[Charge, ...]
    uses: tuple[CreditUse, ...]
    taxes: tuple[TaxLine, ...]

    @property
    def net_minor(self) -> int:
        """Charges less credits used, before tax."""
        return sum([line.net_minor for line in self.taxes])

    @property
    def tax_minor(self) -> int:
        """The tax over all rates."""
        return sum([line.tax_minor for line in self.taxes])

    @property
    def gross_minor(self) -> int:
        """What is to be paid."""
        return self.net_minor + self.tax_minor

    @property
    def charged_minor(self) -> int:
        """The charges alone, before credits and tax."""
        return sum(charge.net_minor for charge in self.charges)

    @property
    def used_minor(self) -> int:
        """The credits used, before tax, as a positive number."""
        return sum(use.net_minor for use in self.uses)


def order_document(charges: Iterable[Charge], rate_of: RateOf) -> Draft:
    """This function will draft the invoice of an order: its charges, no credits."""
    charges = tuple(charges)
    return _draft(charges, [], [(rate_of(charge.month), charge.net_minor) for charge in charges])


def monthly_document(
    charges: Iterable[Charge], credits: Iterable[Credit], month: Month, rate_of: RateOf
) -> Draft | None:
    """This function will draft the invoice of a month, none when nothing is charged.

    ``charges`` are the account's charges still to bill for ``month``; ``credits`` all of the account's
    credits, oldest first. A document whose net comes to zero is still a document.
    """
    due = tuple(charge for charge in charges if charge.month == month)
    if not due:
        return None
    return _draft(due, usable_in(credits, month), _amounts(due, month, rate_of))


def monthly_documents(
    charges: Iterable[Charge], credits: Iterable[Credit], rate_of: RateOf
) -> list[tuple[Month, Draft]]:
    """This function will draft one document for each month that is charged, oldest first.

    ``charges`` and ``credits`` are those of ``monthly_document``; what one month uses is gone for the next.
    """
    by_month: dict[Month, list[Charge]] = {}
    for month, of_this in groupby(charges, attrgetter("month")):
        by_month.setdefault(month, []).extend(of_this)
    left = credits
    documents: list[tuple[Month, Draft]] = []
    for month in sorted(by_month):
        if documents:
            left = after_uses(left, documents[-1][1].uses)
        due = tuple(by_month[month])
        documents.append((month, _draft(due, usable_in(left, month), _amounts(due, month, rate_of))))
    return documents


def _amounts(charges: Iterable[Charge], month: Month, rate_of: RateOf) -> list[tuple[Fraction, int]]:
    """What all charges of a month come to, at the month's one rate."""
    return [(rate_of(month), sum([charge.net_minor for charge in charges]))]


def _draft(charges: tuple[Charge, ...], usable: list[Credit], amounts: list[tuple[Fraction, int]]) -> Draft:
    uses = use_credits(usable, amounts) if usable else []
    amounts += [(use.rate, -use.net_minor) for use in uses]
    return Draft(charges, tuple(uses), tax_lines(amounts))


def credits_granted(items: Iterable[Item]) -> tuple[CreditGrant, ...]:
    """This function will give the credits that come with the first charges of new items (rule 5.2)."""
    return tuple(grant for item in items if (grant := credit_with(item)) is not None)


def after_uses(credits: Iterable[Credit], uses: Iterable[CreditUse]) -> list[Credit]:
    """This function will give the credits with what ``uses`` took away."""
    used = {use.credit_id: use.net_minor for use in uses}
    return [
        msgspec.structs.replace(credit, left_minor=credit.left_minor - used.get(credit.id, 0))
        for credit in credits
    ]
