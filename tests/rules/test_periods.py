"""Days and billing months (rule 2.1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.rules.periods import Month, local_day, months_through, start_of_day
from tests.rules.examples import day

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_month_is_half_open() -> None:
    june = Month.of(day("2026-06-16"))
    assert (june.first_on, june.until_on, june.days) == (day("2026-06-01"), day("2026-07-01"), 30)


def test_february_has_its_29_days_in_leap_years() -> None:
    assert [Month(year, 2).days for year in (2024, 2026, 2028, 2100)] == [29, 28, 29, 28]


def test_months_are_counted_over_the_year_both_ways() -> None:
    assert Month(2026, 11).plus(3) == Month(2027, 2)
    assert Month(2026, 1).plus(-1) == Month(2025, 12)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(-500, 500))
def test_counting_back_undoes_counting_on(on: date, months: int) -> None:
    month = Month.of(on)
    assert month.plus(months).plus(-months) == month
    assert month.first_on <= on < month.until_on


def test_months_are_listed_with_both_ends() -> None:
    assert [str(month) for month in months_through(Month(2026, 11), Month(2027, 1))] == [
        "2026-11",
        "2026-12",
        "2027-01",
    ]
    assert list(months_through(Month(2026, 2), Month(2026, 1))) == []


def test_a_month_is_read_as_it_is_written() -> None:
    assert Month.parse("2026-06") == Month(2026, 6)
    assert str(Month(2026, 6)) == "2026-06"


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "0000-01", "2026-6", "2026-06-01", "June"])
def test_anything_else_is_no_month(text: str) -> None:
    with pytest.raises(ValueError, match="expected a month such as 2026-06"):
        Month.parse(text)


@pytest.mark.parametrize(
    ("at", "on"),
    [
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), "2026-06-30"),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), "2026-07-01"),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "2026-12-31"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2027-01-01"),
    ],
)
def test_an_instant_falls_on_the_providers_day(at: datetime, on: str) -> None:
    assert local_day(at, BERLIN) == day(on)


@pytest.mark.parametrize(
    ("on", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-24", 24), ("2026-10-25", 25)]
)
def test_a_day_is_a_day_also_when_clocks_change(on: str, hours: int) -> None:
    start, end = start_of_day(day(on), BERLIN), start_of_day(day(on) + timedelta(days=1), BERLIN)
    assert end - start == timedelta(hours=hours)
    assert local_day(start, BERLIN) == local_day(end - timedelta(seconds=1), BERLIN) == day(on)
