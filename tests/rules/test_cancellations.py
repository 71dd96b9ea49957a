"""Leaving, and thinking better of it (rules 7.1 to 7.4)."""

from __future__ import annotations

import pytest

from switchroom.rules.cancellations import cancel, withdraw_cancellation
from switchroom.rules.promise import Cancellation
from switchroom.rules.refusals import Refused
from tests.rules.examples import cancelled, day, in_trial, paid


@pytest.mark.parametrize(
    ("entered", "ends"),
    [
        ("2026-06-16", "2027-07-01"),
        ("2027-06-30", "2027-07-01"),
        ("2027-07-01", "2027-08-01"),
        ("2027-07-31", "2027-08-01"),
    ],
)
def test_it_takes_effect_at_the_end_of_the_term_then_of_the_month(entered: str, ends: str) -> None:
    promise = paid(bought="2026-06-16")
    for at_once in (False, True):  # “at once” means nothing outside a trial
        assert cancel(promise, day=day(entered), at_once=at_once) == Cancellation(day(entered), day(ends))


def test_a_trial_ends_at_its_end_or_at_once_as_the_member_chooses() -> None:
    trial = in_trial("2026-05-20")
    assert cancel(trial, day=day("2026-05-25")).ends_on == day("2026-06-20")
    assert cancel(trial, day=day("2026-05-25"), at_once=True).ends_on == day("2026-05-25")


def test_an_expired_trial_ends_at_once() -> None:
    assert cancel(in_trial("2026-05-20"), day=day("2026-06-22")).ends_on == day("2026-06-22")


def test_a_second_cancellation_is_refused_with_the_day_of_the_first() -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    with pytest.raises(Refused, match="already cancelled; it ends before 1 June 2027") as refused:
        cancel(promise, day=day("2026-06-21"))
    assert refused.value.rule == "7.1"


def test_what_is_over_cannot_be_cancelled() -> None:
    for over in (in_trial("2026-05-20"), cancelled(paid(), on="2026-06-20", ends="2027-06-01")):
        with pytest.raises(Refused, match="already over") as refused:
            cancel(over, day=day("2027-06-01"))
        assert refused.value.rule == "7.1"


def test_it_can_be_withdrawn_until_the_day_before_it_takes_effect() -> None:
    withdraw_cancellation(cancelled(paid(), on="2026-06-20", ends="2027-06-01"), day=day("2027-05-31"))


def test_from_that_day_on_it_cannot() -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    with pytest.raises(Refused, match="took effect on 1 June 2027 and can no longer") as refused:
        withdraw_cancellation(promise, day=day("2027-06-01"))
    assert refused.value.rule == "7.4"


def test_what_is_not_cancelled_has_nothing_to_withdraw() -> None:
    with pytest.raises(Refused, match="not cancelled") as refused:
        withdraw_cancellation(paid(), day=day("2026-06-21"))
    assert refused.value.rule == "7.4"
