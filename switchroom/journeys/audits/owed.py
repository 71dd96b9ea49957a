"""Billed is owed: for each item and each month, both ways and to the cent (rules 5.1, 5.2, 5.6 and 5.9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from switchroom.billing.models import Credit, InvoiceLine
from switchroom.journeys.audits.facts import Breach, Life, amount, charge_lines, lives
from switchroom.rules.owing import Charge, charge_for, cost_in, credit_with, months_owed
from switchroom.rules.periods import Month
from switchroom.rules.promise import Item

Months = dict[Month, InvoiceLine]


def owed_is_billed(day: date) -> Iterator[Breach]:
    """This function will find months that an item owes up to ``day`` and that no invoice charges."""
    for life, item, billed in _items():
        for month in _owed(life, item, day):
            if month not in billed:
                yield Breach(life.item_name(item), f"{month} is owed and was never billed.")


def billed_is_owed(day: date) -> Iterator[Breach]:
    """This function will find charges for months that the item does not owe, or does not owe yet."""
    for life, item, billed in _items():
        owed = set(_owed(life, item, day))
        for month, line in billed.items():
            if month not in owed:
                where = line.invoice.reference
                yield Breach(life.item_name(item), f"{where} charges {month}, which is not owed.")


def charges_are_right(_day: date) -> Iterator[Breach]:
    """This function will find charges that differ from what the item owes for their month."""
    for life, item, billed in _items():
        for month, line in billed.items():
            if month < Month.of(item.from_on):
                continue
            problem = _difference(life, line, charge_for(item, month))
            if problem:
                yield Breach(life.item_name(item), f"{line.invoice.reference} for {month}: {problem}.")


def credits_are_granted(_day: date) -> Iterator[Breach]:
    """This function will find credits that are missing, too many, or other than the rules say (rule 5.2)."""
    for life, item, billed in _items():
        first = Month.of(item.from_on)
        for month, line in billed.items():
            credit: Credit | None = getattr(line, "credit_granted", None)
            granted = credit and (credit.granted_minor, credit.days, credit.of_days, credit.granted_on)
            right = credit_with(item) if month == first else None
            owed = right and (right.net_minor, right.days, right.of, right.granted_on)
            if granted != owed:
                was = amount(credit.granted_minor) if credit else "none"
                due = f"{amount(right.net_minor)} for {right.days} of {right.of} days" if right else "none"
                yield Breach(life.item_name(item), f"the credit for {month} is {was}; it should be {due}.")


def money_is_conserved(_day: date) -> Iterator[Breach]:
    """This function will find items whose charges less credits are not what their months cost (5.9)."""
    for life, item, billed in _items():
        lines = billed.values()
        granted = sum(line.credit_granted.granted_minor for line in lines if hasattr(line, "credit_granted"))
        paid = sum(line.net_minor for line in lines) - granted
        cost = sum(cost_in(item, month) for month in billed)
        if paid != cost:
            yield Breach(
                life.item_name(item),
                f"charges less credits granted come to {amount(paid)}; its months cost {amount(cost)}.",
            )


def _items() -> Iterator[tuple[Life, Item, Months]]:
    for chunk in lives():
        lines = charge_lines(chunk)
        for life in chunk:
            for item in life.promise.items:
                yield life, item, {Month.of(line.month_on): line for line in lines[item.id]}


def _owed(life: Life, item: Item, day: date) -> Iterator[Month]:
    return months_owed(item, ends_on=life.promise.ends_on, through=Month.of(day))


def _difference(life: Life, line: InvoiceLine, owed: Charge) -> str:
    if line.invoice.account_id != life.subscription.account_id:
        return "it is an invoice of another account"
    if line.net_minor != owed.net_minor:
        return f"{amount(line.net_minor)} is charged, {amount(owed.net_minor)} is owed"
    billed = (line.subscription_id, line.quantity, line.unit_price_minor, line.days, line.of_days)
    if billed != (life.subscription.id, owed.quantity, owed.unit_price_minor, owed.days, owed.of):
        return "the line tells of another quantity, price, number of days or subscription"
    return ""
