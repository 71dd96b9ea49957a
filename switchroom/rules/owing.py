"""What a subscription owes, item by item and month by month, and what of it is still to be billed.

A billing month is charged whole and in advance; the month in which an item starts comes with a credit for its
days already gone, or is charged for the remaining days alone (rules 5.1, 5.2, 5.5). What is billed is always
a difference: owed less already billed (rule 5.6), so a second run finds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

import msgspec

from switchroom.rules.money import part_of
from switchroom.rules.periods import Month, months_through
from switchroom.rules.promise import FirstMonth, Id, Item

MOST_MONTHS_AT_ONCE = 15
"""More months of one item are not billed in one go: after so long a silence a person must look first."""


class TooManyMonths(Exception):
    """An item would be billed for more months at once than is believable."""

    def __init__(self, item: Item, charges: Sequence[Charge]) -> None:
        super().__init__(
            f"{item.quantity} × {item.licence} would be billed for {len(charges)} months at once, "
            f"{charges[0].month} to {charges[-1].month}; at most {MOST_MONTHS_AT_ONCE} are."
        )


class Charge(msgspec.Struct, frozen=True):
    """One charge line: an item in a month. ``days`` of ``of`` are charged when not the whole month is."""

    item_id: Id
    licence: str
    month: Month
    quantity: int
    unit_price_minor: int
    net_minor: int
    days: int | None = None
    of: int | None = None


class CreditGrant(msgspec.Struct, frozen=True):
    """A credit that comes with an item's first charge: the first ``days`` of ``of`` days were not the
    customer's.
    """

    item_id: Id
    licence: str
    month: Month
    granted_on: date
    days: int
    of: int
    net_minor: int


def elapsed_minor(item: Item) -> int:
    """This function will give the part of an item's first month that had passed when it started, in minor
    units.

    ``Δ × (d − 1) / N`` on the line total, rounded once, half up (rule 5.2).
    """
    return part_of(item.monthly_minor, item.from_on.day - 1, Month.of(item.from_on).days)


def charge_for(item: Item, month: Month) -> Charge:
    """This function will give the charge of an item for a month in which it is in force (rules 5.1, 5.2,
    5.5).
    """
    net_minor = item.monthly_minor
    days = of = None
    if item.first_month is FirstMonth.DIRECT and month == Month.of(item.from_on):
        net_minor -= elapsed_minor(item)
        of = month.days
        days = of - (item.from_on.day - 1)
    return Charge(item.id, item.licence, month, item.quantity, item.unit_price_minor, net_minor, days, of)


def credit_with(item: Item) -> CreditGrant | None:
    """This function will give the credit that comes with an item's first charge, none when it is zero."""
    if item.first_month is FirstMonth.DIRECT:
        return None
    net_minor = elapsed_minor(item)
    if net_minor == 0:
        return None
    month = Month.of(item.from_on)
    return CreditGrant(
        item.id, item.licence, month, item.from_on, item.from_on.day - 1, month.days, net_minor
    )


def owes(item: Item, month: Month, *, ends_on: date | None) -> bool:
    """This function will say whether an item owes a month: whether it is in force on any day of it.

    ``ends_on`` is the exclusive end of its subscription, none while it goes on.
    """
    first_on = month.first_on
    if first_on < item.from_on and month < Month.of(item.from_on):
        return False
    over_on = _over_on(item, ends_on)
    return over_on is None or first_on < over_on


def _over_on(item: Item, ends_on: date | None) -> date | None:
    """The first day on which an item is no longer in force: closed by a reduction, or with its
    subscription.
    """
    if item.until_on is None or ends_on is None:
        return item.until_on or ends_on
    return min(item.until_on, ends_on)


def months_owed(
    item: Item, *, ends_on: date | None, through: Month, since: Month | None = None
) -> Iterator[Month]:
    """This function will list the months that an item owes up to and with ``through``, oldest first.

    With ``since`` it begins there instead of at the item's first month.
    """
    first = Month.of(item.from_on)
    for month in months_through(first if since is None else max(first, since), through):
        if not owes(item, month, ends_on=ends_on):
            return
        yield month


def cost_in(item: Item, month: Month) -> int:
    """This function will give what an owed month of an item costs in the end, in minor units (rule 5.9)."""
    if month == Month.of(item.from_on):
        return item.monthly_minor - elapsed_minor(item)
    return item.monthly_minor


def charges_since(item: Item, *, ends_on: date | None, since: Month | None, through: Month) -> list[Charge]:
    """This function will give an item's charges for the months from ``since`` on, oldest first.

    ``since`` is the month after the last one billed, none when nothing was billed yet; every month before it
    must be billed. Raises TooManyMonths.
    """
    months: Sequence[Month] = months_through(Month.of(item.from_on) if since is None else since, through)
    if item.until_on is not None or ends_on is not None:
        over_on = _over_on(item, ends_on)
        months = [month for month in months if over_on is None or month.first_on < over_on]
    if len(months) == 1:  # as a rule
        return [charge_for(item, months[0])]
    charges = [charge_for(item, month) for month in months]
    check_believable(item, charges)
    return charges


def check_believable(item: Item, charges: Sequence[Charge]) -> None:
    """This function will raise TooManyMonths when an item would be billed for more months at once than is
    believable.
    """
    if len(charges) > MOST_MONTHS_AT_ONCE:
        raise TooManyMonths(item, charges)


def still_to_bill(
    items: Iterable[Item],
    *,
    ends_on: date | None,
    through: Month,
    billed: Collection[tuple[Id, Month]],
    since: Month | None = None,
) -> list[Charge]:
    """This function will give the charges owed up to ``through`` that no line bills yet (rule 5.6).

    ``billed`` holds (item, month) of every issued charge; pass a set. Charges come oldest month first, within
    a month in the order of the items. ``since`` leaves out earlier months, when those are known to be billed.
    """
    charges = [
        charge_for(item, month)
        for item in items
        for month in months_owed(item, ends_on=ends_on, through=through, since=since)
        if (item.id, month) not in billed
    ]
    return sorted(charges, key=lambda charge: charge.month)
