"""What an order would cost: the figures beside the store wizard and the quote that the purchase honours.

Due now, the credit that comes back on the next invoice, the account's next invoice and the months after it,
all from the functions that bill (rules 4.2, 4.5, 5.8). A purchase invoices exactly the quote that was shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from switchroom.rules.credits import Credit, goes_on_after
from switchroom.rules.documents import Draft, RateOf, credits_granted, order_document
from switchroom.rules.forecasts import coming_documents
from switchroom.rules.owing import CreditGrant, still_to_bill
from switchroom.rules.periods import Month
from switchroom.rules.promise import Item, Promise, items_in_force
from switchroom.rules.upgrades import Addition, Upgrade, after_upgrade, upgrade


class Quote(msgspec.Struct, frozen=True):
    """An order's consequences on a day; all amounts in minor units, monthly sums net of tax.

    ``due_now`` is the order's invoice. ``coming`` are the account's next monthly documents, credits used.
    ``monthly_before_minor`` and ``monthly_minor`` are what this subscription costs in a whole month before
    and after.
    """

    day: date
    decided: Upgrade
    due_now: Draft
    credits: tuple[CreditGrant, ...]
    coming: tuple[tuple[Month, Draft | None], ...]
    monthly_before_minor: int
    monthly_minor: int
    term_until: date

    @property
    def credit_minor(self) -> int:
        """The credit granted with the order, before tax."""
        return sum(credit.net_minor for credit in self.credits)


def monthly_minor(items: Iterable[Item]) -> int:
    """This function will add up what items cost in a whole month, in minor units."""
    return sum(item.monthly_minor for item in items)


def quote(
    promise: Promise,
    additions: Iterable[Addition],
    *,
    others: Sequence[Promise],
    credits: Sequence[Credit],
    day: date,
    rate_of: RateOf,
    months_ahead: int = 2,
) -> Quote:
    """This function will work out what buying ``additions`` on ``day`` costs now and later.

    ``others`` are the account's other subscriptions, ``credits`` its credits as they stand. Raises
    ``Refused`` 4.3.
    """
    month = Month.of(day)
    other_goes_on = any(goes_on_after(other, month) for other in others)
    decided = upgrade(promise, additions, day=day, other_goes_on=other_goes_on)
    grown = after_upgrade(promise, decided, day=day)
    charges = still_to_bill(decided.items, ends_on=grown.ends_on, through=month, billed=frozenset())
    granted = credits_granted(decided.items)
    expected = [
        Credit(id=-number, granted_on=day, left_minor=grant.net_minor, rate=rate_of(grant.month))
        for number, grant in enumerate(granted, start=1)
    ]
    term_until = grown.term_until
    if term_until is None:
        raise ValueError("a purchase always begins a term")
    return Quote(
        day=day,
        decided=decided,
        due_now=order_document(charges, rate_of),
        credits=granted,
        coming=tuple(
            coming_documents(
                [grown, *others],
                [*credits, *expected],
                first=month.plus(1),
                count=months_ahead,
                rate_of=rate_of,
            )
        ),
        monthly_before_minor=monthly_minor(items_in_force(promise, day)),
        monthly_minor=monthly_minor(items_in_force(grown, day)),
        term_until=term_until,
    )


def fingerprint(shown: Quote) -> str:
    """This function will give a short hash of everything that an order's quote promises.

    Two quotes with the same fingerprint have the same lines, days and amounts (rule 4.5). Ids of items play
    no part, nor do the account's other bills, which another order may change meanwhile.
    """
    items = [
        (item.licence, item.quantity, item.unit_price_minor, item.from_on, item.first_month)
        for item in shown.decided.items
    ]
    taxes = [(str(line.rate), line.net_minor, line.tax_minor) for line in shown.due_now.taxes]
    promised = (shown.day, items, taxes, shown.credit_minor, shown.monthly_minor, shown.term_until)
    return hashlib.sha256(msgspec.json.encode(promised)).hexdigest()[:32]
