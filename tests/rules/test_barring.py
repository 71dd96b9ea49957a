"""Calls are barred for a sum that is not small, after a warning, outgoing ones first (rule 9.1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.rules.barring import Overdue, check_all_may_be_barred, check_outgoing_may_be_barred
from switchroom.rules.money import Money
from switchroom.rules.refusals import Refused

WARNED_ON = date(2026, 6, 1)


def owes(minor: int = 100_00, warned_on: date = WARNED_ON) -> Overdue:
    return Overdue(Money(minor, "EUR"), warned_on)


def refusal_of_outgoing(overdue: Overdue, day: date) -> str:
    with pytest.raises(Refused) as caught:
        check_outgoing_may_be_barred(overdue, day=day)
    assert caught.value.rule == "9.1"
    return str(caught.value)


def refusal_of_all(overdue: Overdue, outgoing_barred_on: date | None, day: date) -> str:
    with pytest.raises(Refused) as caught:
        check_all_may_be_barred(overdue, outgoing_barred_on=outgoing_barred_on, day=day)
    assert caught.value.rule == "9.1"
    return str(caught.value)


def test_from_a_hundred_on() -> None:
    check_outgoing_may_be_barred(owes(100_00), day=date(2026, 6, 15))
    assert refusal_of_outgoing(owes(99_99), date(2026, 6, 15)) == (
        "Calls may be barred when 100.00 EUR or more is overdue; 99.99 EUR is less."
    )


def test_two_weeks_after_the_warning() -> None:
    check_outgoing_may_be_barred(owes(), day=date(2026, 6, 15))
    assert refusal_of_outgoing(owes(), date(2026, 6, 14)) == (
        "Calls may be barred two weeks after the warning in writing: from 15 June 2026 on."
    )
    assert refusal_of_outgoing(owes(), date(2026, 5, 31)) == (
        "The warning cannot have been sent on 1 June 2026: that day has not come yet."
    )


def test_all_a_week_after_the_outgoing_ones() -> None:
    check_all_may_be_barred(owes(), outgoing_barred_on=date(2026, 6, 15), day=date(2026, 6, 22))
    assert refusal_of_all(owes(), date(2026, 6, 15), date(2026, 6, 21)) == (
        "All calls may be barred a week after those to the outside: from 22 June 2026 on."
    )
    assert refusal_of_all(owes(), None, date(2026, 6, 22)) == (
        "Calls to the outside are barred first, and all calls a week later."
    )
    assert "99.99 EUR is less" in refusal_of_all(owes(99_99), date(2026, 6, 15), date(2026, 6, 22))


@given(
    minor=st.integers(0, 300_00),
    warned=st.integers(-5, 40),
    outgoing=st.none() | st.integers(0, 40),
    today=st.integers(0, 60),
)
def test_all_calls_are_never_barred_sooner_than_outgoing_ones(
    minor: int, warned: int, outgoing: int | None, today: int
) -> None:
    def at(days: int) -> date:
        return WARNED_ON + timedelta(days=days)

    overdue = owes(minor, at(warned))
    try:
        check_all_may_be_barred(
            overdue, outgoing_barred_on=None if outgoing is None else at(outgoing), day=at(today)
        )
    except Refused:
        return
    check_outgoing_may_be_barred(overdue, day=at(today))
    assert minor >= 100_00
    assert today >= warned + 14
    assert outgoing is not None
    assert today >= outgoing + 7
