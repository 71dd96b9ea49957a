"""Undoing issued lines (rules 5.7 and 5.10); test_properties.py adds what holds in any order."""

from __future__ import annotations

import pytest

from switchroom.rules.corrections import IssuedCharge, IssuedUse, correct


@pytest.mark.parametrize(
    ("left", "returned", "taken_back"),
    [
        (3000, 6000, 3000),  # nothing of the credit was used: all money goes back, the credit ends
        (0, 3000, 0),  # all of it was used: 30.00 went back before
        (2000, 5000, 2000),
    ],
)
def test_a_charge_is_undone_less_what_its_credit_gave_back_before(
    left: int, returned: int, taken_back: int
) -> None:
    correction = correct([IssuedCharge(7, 6000, granted_minor=3000, left_minor=left)], [])
    assert correction.lines == {7: -returned}
    assert correction.net_minor == -returned
    assert correction.taken_back_minor == taken_back
    assert correction.given_back == {}


def test_a_charge_without_a_credit_is_undone_whole() -> None:
    assert correct([IssuedCharge(7, 6000)], []).lines == {7: -6000}


def test_used_credit_comes_back_as_credit_and_not_as_money() -> None:
    correction = correct([IssuedCharge(7, 21000)], [IssuedUse(8, 100, 3000)])
    assert correction.lines == {7: -21000, 8: 3000}
    assert correction.net_minor == -18000
    assert correction.given_back == {100: 3000}


def test_two_uses_of_one_credit_come_back_together() -> None:
    assert correct([], [IssuedUse(8, 100, 1000), IssuedUse(9, 100, 500)]).given_back == {100: 1500}


def test_nothing_corrected_is_nothing() -> None:
    assert correct([], []).net_minor == 0
