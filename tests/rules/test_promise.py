"""A subscription as dated facts: what is in force on a day (rules 1, 4.4 and 6.2)."""

from __future__ import annotations

import pytest

from switchroom.rules.promise import Grants, held_on, is_in_force, items_in_force
from tests.rules.examples import cancelled, day, grown, in_trial, item, paid


def test_the_term_ends_where_the_first_purchase_says() -> None:
    assert in_trial().term_until is None
    assert paid(bought="2026-06-16").term_until == day("2027-07-01")


def test_an_upgrade_never_moves_the_term() -> None:
    before = paid(bought="2026-06-16")
    for on in ("2026-06-16", "2026-12-31", "2027-06-30", "2027-07-01", "2028-02-29"):
        assert grown(before, 4, on=on).term_until == before.term_until


@pytest.mark.parametrize(
    ("on", "ends_on", "in_force"),
    [
        ("2026-06-15", None, False),
        ("2026-06-16", None, True),
        ("2026-08-31", None, True),
        ("2026-09-01", None, False),
        ("2026-07-31", "2026-08-01", True),
        ("2026-08-01", "2026-08-01", False),
    ],
)
def test_an_item_counts_from_its_first_day_to_the_day_before_its_end(
    on: str, ends_on: str | None, in_force: bool
) -> None:
    bought = item(4, on="2026-06-16", until="2026-09-01")
    assert is_in_force(bought, day(on), day(ends_on) if ends_on else None) is in_force


def test_what_is_held_adds_up_by_licence() -> None:
    promise = paid(
        item(10), item(4, number=2, on="2026-06-16"), item(6, number=3, licence="extra-endpoint", price=250)
    )
    assert held_on(promise, day("2026-06-15")) == {"one": 10, "extra-endpoint": 6}
    assert held_on(promise, day("2026-06-16")) == {"one": 14, "extra-endpoint": 6}
    assert [one.id for one in items_in_force(promise, day("2026-06-16"))] == [1, 2, 3]


def test_nothing_is_held_after_the_end() -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    assert held_on(promise, day("2027-05-31")) == {"one": 10}
    assert held_on(promise, day("2027-06-01")) == {}


def test_grants_add_and_multiply() -> None:
    assert Grants(2, 3, 1) * 10 + Grants(0, 6, 0) == Grants(20, 36, 10)
