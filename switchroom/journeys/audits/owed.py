"""Billed is owed: for each item and each month, both ways and to the cent (rules 5.1, 5.2, 5.6 and 5.9).

What the rules say of an item's months, they say alike of all but the first: each is asked for once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from switchroom.journeys.audits.breaches import Breach, amount
from switchroom.journeys.audits.readings.lives import Charged, Granted, Life, Lives
from switchroom.rules.owing import Charge, charge_for, cost_in, credit_with
from switchroom.rules.periods import Month
from switchroom.rules.promise import Item


def owed_is_billed(lives: Lives) -> Iterator[Breach]:
    """This function will find months that an item owes up to the day and that no invoice charges."""
    for life, item in lives.items():
        for month in sorted(lives.months_owed(life, item) - lives.months_billed(item)):
            yield Breach(life.item_name(item), f"{month} is owed and was never billed.")


def billed_is_owed(lives: Lives) -> Iterator[Breach]:
    """This function will find charges for months that the item does not owe, or does not owe yet."""
    for life, item in lives.items():
        for month in sorted(lives.months_billed(item) - lives.months_owed(life, item)):
            where = lives.invoice_of(item, month)
            yield Breach(life.item_name(item), f"{where} charges {month}, which is not owed.")


def charges_are_right(lives: Lives) -> Iterator[Breach]:
    """This function will find charges that differ from what the item owes for their month."""
    for life, item in lives.items():
        for charged in lives.charges_of(item):
            for months in _alike(item, charged.months):
                if months[0] < Month.of(item.from_on):
                    continue
                problem = _difference(life, charged, charge_for(item, months[0]))
                for month in months if problem else ():
                    where = lives.invoice_of(item, month)
                    yield Breach(life.item_name(item), f"{where} for {month}: {problem}.")


def credits_are_granted(lives: Lives) -> Iterator[Breach]:
    """This function will find credits that are missing, too many, or other than the rules say (rule 5.2)."""
    for life, item in lives.items():
        granted: dict[Month, Granted | None] = {one.month: one for one in lives.grants_of(item)}
        first = Month.of(item.from_on)
        if first in lives.months_billed(item):
            granted.setdefault(first, None)
        for month, credit in granted.items():
            right = credit_with(item) if month == first else None
            owed = right and (right.net_minor, right.days, right.of, right.granted_on)
            if owed != (credit and (credit.granted_minor, credit.days, credit.of_days, credit.granted_on)):
                was = amount(credit.granted_minor) if credit else "none"
                due = f"{amount(right.net_minor)} for {right.days} of {right.of} days" if right else "none"
                yield Breach(life.item_name(item), f"the credit for {month} is {was}; it should be {due}.")


def money_is_conserved(lives: Lives) -> Iterator[Breach]:
    """This function will find items whose charges less credits are not what their months cost (5.9)."""
    for life, item in lives.items():
        paid = -sum(credit.granted_minor for credit in lives.grants_of(item))
        cost = 0
        for charged in lives.charges_of(item):
            paid += charged.net_minor * len(charged.months)
            cost += sum(cost_in(item, months[0]) * len(months) for months in _alike(item, charged.months))
        if paid != cost:
            yield Breach(
                life.item_name(item),
                f"charges less credits granted come to {amount(paid)}; its months cost {amount(cost)}.",
            )


def _alike(item: Item, months: Sequence[Month]) -> Iterator[Sequence[Month]]:
    """Months in a row, cut where the rules may say something else: before and after the item's first."""
    first = Month.of(item.from_on)
    if months[0] > first:
        yield months
        return
    before = sum(month < first for month in months)
    for part in (months[:before], months[before : before + 1], months[before + 1 :]):
        if part:
            yield part


def _difference(life: Life, charged: Charged, owed: Charge) -> str:
    if charged.account_id != life.facts.account_id:
        return "it is an invoice of another account"
    if charged.net_minor != owed.net_minor:
        return f"{amount(charged.net_minor)} is charged, {amount(owed.net_minor)} is owed"
    billed = (
        charged.subscription_id,
        charged.quantity,
        charged.unit_price_minor,
        charged.days,
        charged.of_days,
    )
    if billed != (life.facts.id, owed.quantity, owed.unit_price_minor, owed.days, owed.of):
        return "the line tells of another quantity, price, number of days or subscription"
    return ""
