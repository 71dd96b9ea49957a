"""The clock: one for the whole installation, movable only where it is for trying; days are the provider's
days.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import Settings

from switchroom.plumbing import clock
from switchroom.plumbing.models import TownClock


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),  # summer time: two hours ahead
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),  # winter time: one hour ahead
    ],
)
def test_an_instant_lies_in_the_providers_day(at: datetime, day: date) -> None:
    assert clock.local_day(at) == day


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29)])
def test_a_day_starts_where_the_day_before_ends(day: date) -> None:
    start = clock.day_starts_at(day)
    assert clock.local_day(start) == day
    assert clock.local_day(start - timedelta(microseconds=1)) == day - timedelta(days=1)


@pytest.mark.django_db
def test_it_goes_on_from_where_it_was_set() -> None:
    clock.set_clock(datetime(2030, 1, 1, tzinfo=UTC))
    first = clock.now()
    assert timedelta(0) <= first - datetime(2030, 1, 1, tzinfo=UTC) < timedelta(minutes=1)
    assert clock.now() > first
    clock.move_by(timedelta(days=40))
    assert clock.today() == date(2030, 2, 10)
    clock.move_to(date(2029, 5, 5))
    assert clock.today() == date(2029, 5, 5)


@pytest.mark.django_db
def test_there_is_one_for_all_processes() -> None:
    clock.move_to(date(2030, 1, 1))
    clock.move_to(date(2031, 1, 1))
    assert TownClock.objects.count() == 1


@pytest.mark.django_db
def test_a_production_installation_has_only_the_real_one(settings: Settings) -> None:
    clock.move_to(date(2031, 1, 1))
    settings.INSTALLATION = settings.INSTALLATION.model_copy(update={"movable_clock": False})
    assert abs(clock.now() - clock.real_now()) < timedelta(minutes=1)
    with pytest.raises(clock.ClockCannotBeMoved, match="only the real clock"):
        clock.move_to(date(2032, 1, 1))
