"""Credits: how they are used, and when one would be useless.

A credit is used in the next billing cycles as a negative line, oldest first, never more than the invoice's
net and never so much that tax would flow back (rules 5.3 and 5.4). Nothing here turns a credit into money.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from operator import attrgetter

import msgspec

from switchroom.rules.periods import Month
from switchroom.rules.promise import Id, Promise
from switchroom.rules.vat import nets_by_rate


class Credit(msgspec.Struct, frozen=True):
    """What is left of a granted credit, in minor units, with the tax rate at which it was charged."""

    id: Id
    granted_on: date
    left_minor: int
    rate: Fraction


class CreditUse(msgspec.Struct, frozen=True):
    """A part of a credit on a monthly invoice: positive minor units, shown as a negative line."""

    credit_id: Id
    net_minor: int
    rate: Fraction


def usable_in(credits: Iterable[Credit], month: Month) -> list[Credit]:
    """This function will list the credits that the invoice of a month may use: granted before it, oldest
    first.

    Credits of one day keep the order in which they came.
    """
    first_on = month.first_on
    usable = [credit for credit in credits if credit.left_minor > 0 and credit.granted_on < first_on]
    usable.sort(key=attrgetter("granted_on"))
    return usable


def use_credits(usable: Iterable[Credit], amounts: Iterable[tuple[Fraction, int]]) -> list[CreditUse]:
    """This function will use credits, in their order, against the charges of one invoice (rule 5.3).

    ``amounts`` are the charges as (rate, net in minor units). In all never more than their net; where rates
    differ also never more than keeps the invoice's tax from turning negative.
    """
    usable = list(usable)
    if not usable:
        return []
    nets = nets_by_rate(amounts)
    net_left = sum(net_minor for _, net_minor in nets)
    tax_left: Fraction | None = None  # at one rate the tax turns negative only with the net
    if len(nets) > 1 or any(credit.rate != rate for credit in usable for rate, _ in nets):
        tax_left = sum((rate * net_minor for rate, net_minor in nets), Fraction(0))
    uses: list[CreditUse] = []
    for credit in usable:
        most = min(credit.left_minor, net_left)
        if tax_left is not None and credit.rate > 0:
            most = min(most, tax_left // credit.rate)
        if most > 0:
            uses.append(CreditUse(credit.id, most, credit.rate))
            net_left -= most
            if tax_left is not None:
                tax_left -= credit.rate * most
    return uses


def goes_on_after(promise: Promise, month: Month) -> bool:
    """This function will say whether a subscription is paid and still there in the month after (rule 5.5)."""
    return promise.bought_on is not None and (promise.ends_on is None or promise.ends_on > month.until_on)


def credit_is_usable(promise: Promise, *, day: date, other_goes_on: bool) -> bool:
    """This function will say whether a credit granted today could ever be used (rule 5.5).

    It could unless the subscription ends with this month and the account has no other paid one that goes on.
    """
    month = Month.of(day)
    ends_with_month = promise.ends_on is not None and promise.ends_on <= month.until_on
    return other_goes_on or not ends_with_month
