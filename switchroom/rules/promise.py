"""A subscription as dated facts: the promise that everything else is computed from.

There is no status here. A trial, items, at most one cancellation and at most one pending reduction, each with
its days, are enough to say what the subscription is on any day, what it grants, what it costs and what
happens next.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from switchroom.rules.terms import term_until


class ReductionInTerm(StrEnum):
    """What the catalogue says about a reduction during the term (rule 6.1)."""

    REFUSED = "refused"
    """Not possible before the term is over."""
    SCHEDULED = "scheduled"
    """May be entered at any time and takes effect at the end of the term."""


Id = UUID | int | str
"""What names a fact: a row's id, its text as the database keeps it, or a made-up whole number."""


class FirstMonth(StrEnum):
    """How the month in which an item starts is charged (rules 5.2 and 5.5)."""

    CREDITED = "credited"
    """The whole month, with a credit for the days already gone."""
    DIRECT = "direct"
    """Only the days that remain, because a credit could never be used."""


class Grants(msgspec.Struct, frozen=True):
    """Quantities of the three services."""

    trunk_lines: int = 0
    endpoints: int = 0
    phone_numbers: int = 0

    def __add__(self, other: Grants) -> Grants:
        return Grants(
            self.trunk_lines + other.trunk_lines,
            self.endpoints + other.endpoints,
            self.phone_numbers + other.phone_numbers,
        )

    def __mul__(self, quantity: int) -> Grants:
        return Grants(self.trunk_lines * quantity, self.endpoints * quantity, self.phone_numbers * quantity)


class Policy(msgspec.Struct, frozen=True):
    """The product version's terms: lengths in days and months, and what a reduction in the term means."""

    trial_days: int = 30
    trial_grace_days: int = 14
    term_months: int = 12
    reduction_in_term: ReductionInTerm = ReductionInTerm.REFUSED
    retention_days: int = 0


class Trial(msgspec.Struct, frozen=True):
    """The trial: ``from_on`` is its first day, ``until_on`` the first day it is over (rule 3.1)."""

    from_on: date
    until_on: date
    grants: Grants = Grants()


class Item(msgspec.Struct, frozen=True):
    """A quantity of one licence at one price over a span of days. Its quantity never changes (rule 6.2).

    ``until_on`` (exclusive) is set when a reduction closed it; the end of the subscription is not repeated
    here. ``sequence`` orders items of one subscription, oldest first.
    """

    id: Id
    licence: str
    quantity: int
    unit_price_minor: int
    from_on: date
    sequence: int
    grants: Grants = Grants()
    until_on: date | None = None
    first_month: FirstMonth = FirstMonth.CREDITED
    is_service_level: bool = False

    @property
    def monthly_minor(self) -> int:
        """What the item costs in a whole month, in minor units."""
        return self.quantity * self.unit_price_minor


class Cancellation(msgspec.Struct, frozen=True):
    """A cancellation that was not withdrawn: entered on a day, the subscription ends on ``ends_on``
    (exclusive).
    """

    entered_on: date
    ends_on: date


class Reduction(msgspec.Struct, frozen=True):
    """A pending reduction: licence → absolute target; it bites on ``bites_on``. What is not named stays."""

    entered_on: date
    bites_on: date
    targets: Mapping[str, int]


class Promise(msgspec.Struct, frozen=True):
    """One subscription. ``bought_on`` is the day on which the first licences were bought, none in a trial."""

    policy: Policy
    trial: Trial
    items: tuple[Item, ...] = ()
    bought_on: date | None = None
    cancellation: Cancellation | None = None
    reduction: Reduction | None = None

    @property
    def term_until(self) -> date | None:
        """The exclusive end of the minimum term, none in a trial (rule 4.4)."""
        return None if self.bought_on is None else term_until(self.bought_on, self.policy.term_months)

    @property
    def ends_on(self) -> date | None:
        """The first day after the subscription, when it was cancelled."""
        return None if self.cancellation is None else self.cancellation.ends_on


def is_in_force(item: Item, day: date, ends_on: date | None) -> bool:
    """This function will say whether an item counts on a day, given the exclusive end of its subscription."""
    if day < item.from_on or (item.until_on is not None and day >= item.until_on):
        return False
    return ends_on is None or day < ends_on


def items_in_force(promise: Promise, day: date) -> tuple[Item, ...]:
    """This function will list the items that count on a day, oldest first."""
    ends_on = promise.ends_on
    return tuple(item for item in promise.items if is_in_force(item, day, ends_on))


def held_on(promise: Promise, day: date) -> dict[str, int]:
    """This function will say how many of each licence are in force on a day (licence → quantity)."""
    held: dict[str, int] = {}
    for item in items_in_force(promise, day):
        held[item.licence] = held.get(item.licence, 0) + item.quantity
    return held
