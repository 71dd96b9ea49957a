"""What is owed, and what of it is still to be billed (rules 5.1, 5.2, 5.5, 5.6 and 5.9)."""

from __future__ import annotations

import pytest

from switchroom.rules.owing import (
    charge_for,
    cost_in,
    credit_with,
    elapsed_minor,
    months_owed,
    owes,
    still_to_bill,
)
from switchroom.rules.periods import Month
from switchroom.rules.promise import FirstMonth
from tests.rules.examples import day, item

TABLE = [
    # unit price, added, first day, charge, credit, net for the month
    (1500, 4, "2026-06-16", 6000, 3000, 3000),
    (1500, 4, "2026-06-01", 6000, 0, 6000),
    (1500, 4, "2026-06-30", 6000, 5800, 200),
    (1790, 3, "2026-07-17", 5370, 2772, 2598),
    (1790, 3, "2026-02-15", 5370, 2685, 2685),
    (1790, 3, "2028-02-15", 5370, 2592, 2778),
    (999, 1, "2026-07-02", 999, 32, 967),
]


@pytest.mark.parametrize(("price", "added", "on", "charge", "credit", "net"), TABLE)
def test_the_table_of_rule_5_2(price: int, added: int, on: str, charge: int, credit: int, net: int) -> None:
    bought = item(added, price=price, on=on)
    granted = credit_with(bought)
    assert charge_for(bought, Month.of(day(on))).net_minor == charge
    assert (granted.net_minor if granted else 0) == credit
    assert cost_in(bought, Month.of(day(on))) == net


@pytest.mark.parametrize(("price", "added", "on", "charge", "credit", "net"), TABLE)
def test_charged_directly_it_costs_the_same(
    price: int, added: int, on: str, charge: int, credit: int, net: int
) -> None:
    bought = item(added, price=price, on=on, first_month=FirstMonth.DIRECT)
    line = charge_for(bought, Month.of(day(on)))
    assert line.net_minor == net == charge - credit
    assert line.of == Month.of(day(on)).days
    assert line.days == line.of - day(on).day + 1
    assert credit_with(bought) is None


def test_a_credit_says_which_days_were_not_the_customers() -> None:
    granted = credit_with(item(4, on="2026-06-16"))
    assert granted is not None
    assert (granted.granted_on, granted.days, granted.of) == (day("2026-06-16"), 15, 30)


def test_it_is_rounded_once_on_the_line_total() -> None:
    three = elapsed_minor(item(3, price=999, on="2026-07-02"))
    assert three == 97
    assert three != 3 * elapsed_minor(item(1, price=999, on="2026-07-02"))


def test_what_costs_nothing_grants_no_credit() -> None:
    assert credit_with(item(4, price=0, on="2026-06-16")) is None


def test_later_months_are_charged_whole_also_after_a_direct_first_one() -> None:
    bought = item(4, on="2026-06-16", first_month=FirstMonth.DIRECT)
    july = charge_for(bought, Month(2026, 7))
    assert (july.net_minor, july.days, july.of) == (6000, None, None)
    assert cost_in(bought, Month(2026, 7)) == 6000


@pytest.mark.parametrize(
    ("month", "ends_on", "owed"),
    [
        (Month(2026, 5), None, False),
        (Month(2026, 6), None, True),
        (Month(2026, 8), None, True),
        (Month(2026, 9), None, False),  # closed by a reduction on 1 September
        (Month(2026, 7), "2026-08-01", True),
        (Month(2026, 8), "2026-08-01", False),
    ],
)
def test_an_item_owes_the_months_in_which_it_is_in_force(
    month: Month, ends_on: str | None, owed: bool
) -> None:
    bought = item(4, on="2026-06-16", until="2026-09-01")
    assert owes(bought, month, ends_on=day(ends_on) if ends_on else None) is owed


def test_the_months_owed_can_be_listed_from_a_later_one_on() -> None:
    bought = item(4, on="2026-06-16", until="2026-09-01")
    through = Month(2026, 12)
    assert list(months_owed(bought, ends_on=None, through=through)) == [
        Month(2026, 6),
        Month(2026, 7),
        Month(2026, 8),
    ]
    assert list(months_owed(bought, ends_on=None, through=through, since=Month(2026, 8))) == [Month(2026, 8)]
    assert next(iter(months_owed(bought, ends_on=None, through=through, since=Month(2026, 1)))) == Month(
        2026, 6
    )


def test_a_second_run_finds_nothing() -> None:
    items = [item(10), item(4, number=2, on="2026-06-16")]
    first = still_to_bill(items, ends_on=None, through=Month(2026, 7), billed=set())
    billed = {(charge.item_id, charge.month) for charge in first}
    assert [(charge.item_id, str(charge.month)) for charge in first] == [
        (1, "2026-06"),
        (2, "2026-06"),
        (1, "2026-07"),
        (2, "2026-07"),
    ]
    assert still_to_bill(items, ends_on=None, through=Month(2026, 7), billed=billed) == []


def test_a_run_two_months_late_bills_both() -> None:
    late = still_to_bill([item(10)], ends_on=None, through=Month(2026, 8), billed={(1, Month(2026, 6))})
    assert [(str(charge.month), charge.net_minor) for charge in late] == [
        ("2026-07", 15000),
        ("2026-08", 15000),
    ]


def test_months_known_to_be_billed_can_be_left_out() -> None:
    august = still_to_bill(
        [item(10)], ends_on=None, through=Month(2026, 8), since=Month(2026, 8), billed=frozenset()
    )
    assert [str(charge.month) for charge in august] == ["2026-08"]


def test_nothing_is_billed_beyond_the_end() -> None:
    charges = still_to_bill([item(10)], ends_on=day("2026-08-01"), through=Month(2027, 1), billed=set())
    assert [str(charge.month) for charge in charges] == ["2026-06", "2026-07"]
