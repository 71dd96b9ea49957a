"""Trial, term and end: to which day they are counted (rules 3.1, 4.4, 6.2 and 7.2)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.rules.terms import earliest_end, term_until, trial_until
from tests.rules.examples import day


@pytest.mark.parametrize(
    ("created", "days", "over"),
    [
        ("2026-05-20", 30, "2026-06-20"),
        ("2024-01-31", 30, "2024-03-02"),
        ("2026-06-01", 0, "2026-06-02"),
    ],
)
def test_the_day_of_creation_is_day_0(created: str, days: int, over: str) -> None:
    assert trial_until(day(created), days) == day(over)


@pytest.mark.parametrize(
    ("bought", "months", "over"),
    [
        ("2026-06-16", 12, "2027-07-01"),
        ("2026-06-01", 12, "2027-06-01"),
        ("2026-06-30", 12, "2027-07-01"),
        ("2028-02-29", 12, "2029-03-01"),
        ("2027-02-28", 12, "2028-03-01"),
        ("2026-01-31", 1, "2026-03-01"),
        ("2026-12-02", 23, "2028-12-01"),
        ("2026-06-16", 0, "2026-07-01"),
        ("2026-06-01", 0, "2026-06-01"),
    ],
)
def test_the_term_runs_on_to_the_end_of_its_last_month(bought: str, months: int, over: str) -> None:
    assert term_until(day(bought), months) == day(over)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 23))
def test_a_term_is_never_over_24_months(bought: date, months: int) -> None:
    over = term_until(bought, months)
    assert over.day == 1
    assert over <= date(bought.year + 2, bought.month, 28 if bought.month == 2 else bought.day)


@pytest.mark.parametrize("months", [-1, 24])
def test_a_term_that_could_pass_24_months_does_not_exist(months: int) -> None:
    with pytest.raises(ValueError, match="0 to 23 months"):
        term_until(day("2026-06-16"), months)


@pytest.mark.parametrize(
    ("wished", "takes_effect"),
    [
        ("2026-06-16", "2027-07-01"),
        ("2027-06-30", "2027-07-01"),
        ("2027-07-01", "2027-08-01"),
        ("2027-07-31", "2027-08-01"),
        ("2028-02-29", "2028-03-01"),
    ],
)
def test_a_wish_takes_effect_at_the_end_of_the_term_then_of_the_month(wished: str, takes_effect: str) -> None:
    assert earliest_end(day("2027-07-01"), day(wished)) == day(takes_effect)
