"""Billed is owed: for each item and each month, both ways and to the cent (rules 5.1, 5.2, 5.6 and 5.9).

Where months were charged alike and the rules say the same of each, they are asked for one.
"""

from __future__ import annotations

from collections.abc import Iterator

from switchroom.journeys.audits.breaches import Breach, amount
from switchroom.journeys.audits.readings.lives import Charged, Granted, Life, Lives
from switchroom.rules.owing import Charge, charge_for, cost_in, credit_with
from switchroom.rules.periods import Month


def owed_is_billed(lives: Lives) -> Iterator[Breach]:
    """This function will find months that an item owes up to the day and that no invoice charges."""
    for booked in lives.items:
        for month in sorted(booked.owed - booked.billed):
            yield Breach(booked.name, f"{month} is owed and was never billed.")


def billed_is_owed(lives: Lives) -> Iterator[Breach]:
    """This function will find charges for months that the item does not owe, or does not owe yet."""
    for booked in lives.items:
        for month in sorted(booked.billed - booked.owed):
            where = lives.invoice_of(booked.item, month)
            yield Breach(booked.name, f"{where} charges {month}, which is not owed.")


def charges_are_right(lives: Lives) -> Iterator[Breach]:
    """This function will find charges that differ from what the item owes for their month."""
    for booked in lives.items:
        for charged in booked.charges:
            if charged.months[0] < booked.first:
                continue
            problem = _difference(booked.life, charged, charge_for(booked.item, charged.months[0]))
            for month in charged.months if problem else ():
                where = lives.invoice_of(booked.item, month)
                yield Breach(booked.name, f"{where} for {month}: {problem}.")


def credits_are_granted(lives: Lives) -> Iterator[Breach]:
    """This function will find credits that are missing, too many, or other than the rules say (rule 5.2)."""
    for booked in lives.items:
        granted: dict[Month, Granted | None] = {one.month: one for one in booked.grants}
        if booked.first in booked.billed:
            granted.setdefault(booked.first, None)
        for month, credit in granted.items():
            right = credit_with(booked.item) if month == booked.first else None
            owed = right and (right.net_minor, right.days, right.of, right.granted_on)
            if owed != (credit and (credit.granted_minor, credit.days, credit.of_days, credit.granted_on)):
                was = amount(credit.granted_minor) if credit else "none"
                due = f"{amount(right.net_minor)} for {right.days} of {right.of} days" if right else "none"
                yield Breach(booked.name, f"the credit for {month} is {was}; it should be {due}.")


def money_is_conserved(lives: Lives) -> Iterator[Breach]:
    """This function will find items whose charges less credits are not what their months cost (5.9)."""
    for booked in lives.items:
        paid = cost = 0
        for charged in booked.charges:
            paid += charged.net_minor * len(charged.months)
            cost += cost_in(booked.item, charged.months[0]) * len(charged.months)
        for granted in booked.grants:
            paid -= granted.granted_minor
        if paid != cost:
            yield Breach(
                booked.name,
                f"charges less credits granted come to {amount(paid)}; its months cost {amount(cost)}.",
            )


def _difference(life: Life, charged: Charged, owed: Charge) -> str:
    if charged.account_id != life.facts.account_id:
        return "it is an invoice of another account"
    if charged.net_minor != owed.net_minor:
        return f"{amount(charged.net_minor)} is charged, {amount(owed.net_minor)} is owed"
    told = (
        charged.subscription_id,
        charged.quantity,
        charged.unit_price_minor,
        charged.days,
        charged.of_days,
    )
    if told != (life.facts.id, owed.quantity, owed.unit_price_minor, owed.days, owed.of):
        return "the line tells of another quantity, price, number of days or subscription"
    return ""
