"""The few facts from which the rules' examples are made: days as text, prices in minor units."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from switchroom.rules.periods import Month
from switchroom.rules.promise import (
    Cancellation,
    FirstMonth,
    Grants,
    Item,
    Policy,
    Promise,
    Reduction,
    Trial,
)
from switchroom.rules.terms import trial_until
from switchroom.rules.upgrades import Addition, after_upgrade, upgrade

ONE_GRANTS = Grants(trunk_lines=2, endpoints=3, phone_numbers=1)
TRIAL_GRANTS = Grants(trunk_lines=5, endpoints=10, phone_numbers=2)
NINETEEN = Fraction(19, 100)


def day(text: str) -> date:
    """This function will read a day such as 2026-06-16."""
    return date.fromisoformat(text)


def nineteen_percent(month: Month) -> Fraction:
    """This function will give 19 % for every month."""
    return NINETEEN


def item(
    quantity: int = 10,
    *,
    number: int = 1,
    licence: str = "one",
    price: int = 1500,
    on: str = "2026-06-01",
    until: str | None = None,
    first_month: FirstMonth = FirstMonth.CREDITED,
    is_service_level: bool = False,
) -> Item:
    """This function will make an item; its number orders it among others."""
    return Item(
        id=number,
        licence=licence,
        quantity=quantity,
        unit_price_minor=price,
        from_on=day(on),
        sequence=number,
        grants=ONE_GRANTS,
        until_on=day(until) if until else None,
        first_month=first_month,
        is_service_level=is_service_level,
    )


def in_trial(created: str = "2026-05-20", *, policy: Policy | None = None) -> Promise:
    """This function will make a subscription in its trial."""
    policy = policy or Policy()
    return Promise(policy, Trial(day(created), trial_until(day(created), policy.trial_days), TRIAL_GRANTS))


def paid(
    *items: Item, bought: str = "2026-06-01", created: str = "2026-05-20", policy: Policy | None = None
) -> Promise:
    """This function will make a paid subscription, of ten licences when nothing else is said."""
    trial = in_trial(created, policy=policy)
    return Promise(trial.policy, trial.trial, items or (item(on=bought),), bought_on=day(bought))


def cancelled(promise: Promise, *, on: str, ends: str) -> Promise:
    """This function will make the same subscription with a cancellation."""
    return _with(promise, cancellation=Cancellation(day(on), day(ends)))


def reducing(promise: Promise, *, on: str, bites: str, **targets: int) -> Promise:
    """This function will make the same subscription with a pending reduction."""
    return _with(promise, reduction=Reduction(day(on), day(bites), targets))


def grown(
    promise: Promise, quantity: int, *, on: str, number: int = 2, other_goes_on: bool = False
) -> Promise:
    """This function will make the subscription after some more licences were bought."""
    added = Addition(number, "one", quantity, 1500, ONE_GRANTS)
    return after_upgrade(
        promise, upgrade(promise, [added], day=day(on), other_goes_on=other_goes_on), day=day(on)
    )


def _with(
    promise: Promise, *, cancellation: Cancellation | None = None, reduction: Reduction | None = None
) -> Promise:
    return Promise(
        promise.policy,
        promise.trial,
        promise.items,
        promise.bought_on,
        cancellation or promise.cancellation,
        reduction or promise.reduction,
    )
