"""What recurs: promised once for each day, from its hour on, also for days missed; any number of schedulers
is safe.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection

from switchroom.jobs import schedule
from switchroom.jobs.schedule import KIND, Recurring
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.models import OutboxEntry
from switchroom.plumbing.outbox.handlers import handler_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, date]]:
    """Two pieces of work of this file's own, which note what they did."""
    noted: list[tuple[str, date]] = []
    recurring = (
        Recurring("morning", time(0, 5), lambda day: noted.append(("morning", day)), catches_up=True),
        Recurring("noon", time(12, 0), lambda day: noted.append(("noon", day)), catches_up=False),
    )
    monkeypatch.setattr(schedule, "RECURRING", recurring)
    return noted


def at(day: int, hour: int, minute: int = 0) -> None:
    """Local time of Berlin in June, which is two hours ahead of UTC."""
    clock.set_clock(datetime(2026, 6, day, hour, minute, tzinfo=UTC) - timedelta(hours=2))


def test_the_first_start_promises_the_latest_day_only(done: list[tuple[str, date]]) -> None:
    at(3, 9)
    assert schedule.promise_what_is_due() == 1
    outbox.drain()
    assert done == [("morning", date(2026, 6, 3))]


def test_what_does_not_catch_up_is_for_today_alone(done: list[tuple[str, date]]) -> None:
    at(3, 13)
    schedule.promise_what_is_due()
    at(5, 9)
    schedule.promise_what_is_due()
    outbox.drain()
    assert [day for name, day in done if name == "noon"] == [date(2026, 6, 3)]


def test_it_is_promised_from_its_hour_on_and_once(done: list[tuple[str, date]]) -> None:
    at(3, 13)
    schedule.promise_what_is_due()
    outbox.drain()
    done.clear()
    at(4, 0, 4)
    assert schedule.promise_what_is_due() == 0
    at(4, 0, 6)
    assert schedule.promise_what_is_due() == 1
    assert schedule.promise_what_is_due() == 0
    outbox.drain()
    assert done == [("morning", date(2026, 6, 4))]


def test_days_missed_are_caught_up_oldest_first(done: list[tuple[str, date]]) -> None:
    at(3, 13)
    schedule.promise_what_is_due()
    outbox.drain()
    done.clear()
    at(7, 13)
    schedule.promise_what_is_due()
    outbox.drain()
    mornings = [("morning", date(2026, 6, day)) for day in (4, 5, 6, 7)]
    assert done == [*mornings, ("noon", date(2026, 6, 7))]


def test_a_clock_moved_back_promises_nothing_again(done: list[tuple[str, date]]) -> None:
    at(7, 13)
    schedule.promise_what_is_due()
    at(3, 13)
    assert schedule.promise_what_is_due() == 0


def test_what_was_forgotten_is_not_promised_again(done: list[tuple[str, date]]) -> None:
    at(7, 13)
    schedule.promise_what_is_due()
    outbox.drain()
    outbox.forget_done(clock.real_now() + timedelta(seconds=1))
    assert schedule.promise_what_is_due() == 0


def test_every_line_of_the_schedule_has_a_handler_and_a_name_of_its_own() -> None:
    names = [one.name for one in schedule.RECURRING]
    assert len(set(names)) == len(names)
    assert handler_of(KIND).outside


@pytest.mark.django_db(transaction=True)
def test_many_schedulers_promise_each_day_once(done: list[tuple[str, date]]) -> None:
    at(3, 13)
    schedule.promise_what_is_due()
    at(9, 13)

    def look() -> None:
        schedule.promise_what_is_due()
        connection.close()

    schedulers = [threading.Thread(target=look) for _ in range(6)]
    for scheduler in schedulers:
        scheduler.start()
    for scheduler in schedulers:
        scheduler.join(timeout=30)
    assert OutboxEntry.objects.filter(kind=KIND).count() == 2 + 6 + 1
