"""The word for a subscription on a day, and when its phone system goes (rules 3.3, 7.2 to 7.5)."""

from __future__ import annotations

import pytest

from switchroom.rules.lifecycle import USABLE, State, deleted_on, state_on, switched_off_on
from switchroom.rules.promise import Policy, Promise
from tests.rules.examples import cancelled, day, in_trial, paid

KEPT_30_DAYS = Policy(retention_days=30)


def states(promise: Promise, *days: str) -> list[str]:
    return [state_on(promise, day(on)).value for on in days]


def test_a_trial_expires_after_day_30_and_is_deleted_after_its_grace() -> None:
    trial = in_trial("2026-05-20")
    assert states(trial, "2026-05-20", "2026-06-19", "2026-06-20", "2026-07-03", "2026-07-04") == [
        "trial",
        "trial",
        "expired",
        "expired",
        "deleted",
    ]
    assert switched_off_on(trial) == day("2026-06-20")
    assert deleted_on(trial) == day("2026-07-04")


def test_without_grace_it_is_deleted_as_it_expires() -> None:
    trial = in_trial("2026-05-20", policy=Policy(trial_grace_days=0))
    assert states(trial, "2026-06-19", "2026-06-20") == ["trial", "deleted"]


def test_what_was_bought_is_active_for_good() -> None:
    promise = paid()
    assert states(promise, "2026-06-01", "2027-06-01", "2036-06-01") == ["active"] * 3
    assert switched_off_on(promise) is None
    assert deleted_on(promise) is None


def test_bought_in_the_grace_it_works_again() -> None:
    assert states(paid(bought="2026-07-03"), "2026-07-03") == ["active"]


def test_cancelled_it_is_usable_until_the_end_and_then_deleted() -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    assert states(promise, "2026-06-20", "2027-05-31", "2027-06-01") == ["cancelled", "cancelled", "deleted"]
    assert switched_off_on(promise) == deleted_on(promise) == day("2027-06-01")


def test_a_provider_may_keep_it_for_a_while() -> None:
    promise = cancelled(paid(policy=KEPT_30_DAYS), on="2026-06-20", ends="2027-06-01")
    assert states(promise, "2027-05-31", "2027-06-01", "2027-06-30", "2027-07-01") == [
        "cancelled",
        "ended",
        "ended",
        "deleted",
    ]
    assert switched_off_on(promise) == day("2027-06-01")


def test_a_cancelled_trial_is_a_trial_until_it_ends() -> None:
    at_its_end = cancelled(in_trial("2026-05-20"), on="2026-05-25", ends="2026-06-20")
    assert states(at_its_end, "2026-05-25", "2026-06-19", "2026-06-20") == ["trial", "trial", "deleted"]
    at_once = cancelled(in_trial("2026-05-20", policy=KEPT_30_DAYS), on="2026-05-25", ends="2026-05-25")
    assert states(at_once, "2026-05-25", "2026-06-23", "2026-06-24") == ["ended", "ended", "deleted"]
    assert switched_off_on(at_once) == day("2026-05-25")


@pytest.mark.parametrize(
    ("retention_days", "gone"),
    [(0, "2026-06-22"), (10, "2026-07-02"), (12, "2026-07-04"), (30, "2026-07-04")],
)
def test_an_expired_trial_that_is_cancelled_goes_at_the_earlier_day(retention_days: int, gone: str) -> None:
    trial = in_trial("2026-05-20", policy=Policy(retention_days=retention_days))
    promise = cancelled(trial, on="2026-06-22", ends="2026-06-22")
    assert deleted_on(promise) == day(gone)
    assert switched_off_on(promise) == day("2026-06-20")


def test_a_follow_up_is_planned_until_its_day() -> None:
    promise = paid(bought="2027-06-01", created="2027-06-01")
    assert states(promise, "2027-05-31", "2027-06-01") == ["planned", "active"]


def test_the_phone_system_works_in_three_states() -> None:
    assert {state.value for state in USABLE} == {"trial", "active", "cancelled"}
    assert State.EXPIRED not in USABLE
