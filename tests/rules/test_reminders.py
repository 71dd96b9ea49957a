"""When a member is reminded, and the next day on which anything happens (rules 3.3 and 7.7)."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from switchroom.rules.promise import Policy, Promise
from switchroom.rules.reminders import due_days, next_due_on, reminders
from tests.rules.examples import cancelled, day, in_trial, paid, reducing


def reminded(promise: Promise) -> list[tuple[str, str, int]]:
    return [(str(one.due_on), one.coming.value, one.days_before) for one in reminders(promise)]


def due(promise: Promise, after: str) -> list[str]:
    return [str(on) for on in due_days(promise, after=day(after))]


def test_an_end_is_announced_30_7_and_1_day_before() -> None:
    assert reminded(cancelled(paid(), on="2026-06-20", ends="2027-06-01")) == [
        ("2027-05-02", "end", 30),
        ("2027-05-25", "end", 7),
        ("2027-05-31", "end", 1),
    ]


def test_days_that_had_gone_by_when_it_was_cancelled_are_left_out() -> None:
    assert reminded(cancelled(paid(), on="2027-05-25", ends="2027-06-01")) == [("2027-05-31", "end", 1)]
    assert reminded(cancelled(in_trial(), on="2026-05-25", ends="2026-05-25")) == []


def test_a_trial_is_reminded_before_each_step() -> None:
    assert reminded(in_trial("2026-05-20")) == [
        ("2026-06-13", "trial_end", 7),
        ("2026-06-19", "trial_end", 1),
        ("2026-06-27", "trial_deletion", 7),
        ("2026-07-03", "trial_deletion", 1),
    ]


def test_a_very_short_trial_is_not_reminded_before_it_began() -> None:
    assert reminded(in_trial("2026-05-20", policy=Policy(trial_days=3, trial_grace_days=0))) == [
        ("2026-05-23", "trial_end", 1),
        ("2026-05-23", "trial_deletion", 1),
    ]


def test_what_goes_on_is_not_reminded() -> None:
    assert reminded(paid()) == []


def test_a_paid_subscription_is_due_on_the_first_of_the_next_month() -> None:
    assert due(paid(), "2026-06-01") == ["2026-07-01"]
    assert due(paid(), "2026-06-30") == ["2026-07-01"]
    assert due(paid(), "2026-07-01") == ["2026-08-01"]


def test_a_trial_is_due_for_its_reminders_its_end_and_its_deletion() -> None:
    assert due(in_trial("2026-05-20"), "2026-06-14") == [
        "2026-06-19",
        "2026-06-20",
        "2026-06-27",
        "2026-07-03",
        "2026-07-04",
    ]


def test_an_ending_subscription_is_due_until_it_is_deleted() -> None:
    promise = cancelled(paid(policy=Policy(retention_days=30)), on="2026-06-20", ends="2027-06-01")
    assert due(promise, "2027-05-25") == ["2027-05-31", "2027-06-01", "2027-07-01"]
    assert due(promise, "2027-06-01") == ["2027-07-01"]
    assert next_due_on(promise, after=day("2027-07-01")) is None


def test_a_reduction_is_due_when_it_bites() -> None:
    promise = reducing(paid(), on="2027-06-03", bites="2027-07-01", one=4)
    assert "2027-07-01" in due(promise, "2027-06-03")


def test_a_follow_up_is_due_on_the_day_it_begins() -> None:
    promise = paid(bought="2026-06-15", created="2026-06-15")
    assert due(promise, "2026-05-31")[0] == "2026-06-15"
    assert due(paid(bought="2026-06-01", created="2026-06-01"), "2026-05-10") == ["2026-06-01"]


PROMISES = [
    in_trial("2026-05-20"),
    paid(bought="2026-06-16"),
    cancelled(paid(bought="2026-06-16"), on="2026-07-01", ends="2027-06-16"),
    reducing(paid(bought="2026-06-16"), on="2026-07-01", bites="2027-07-01", one=1),
]


@given(st.sampled_from(PROMISES), st.dates(day("2026-05-01"), day("2027-09-01")))
def test_the_next_due_day_is_the_first_of_all_that_are_to_come(promise: Promise, after: date) -> None:
    assert next_due_on(promise, after=after) == min(due_days(promise, after=after), default=None)
