"""How credits are used, and when one would be useless (rules 5.3 to 5.5)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from switchroom.rules.credits import Credit, credit_is_usable, goes_on_after, usable_in, use_credits
from switchroom.rules.periods import Month
from tests.rules.examples import NINETEEN, cancelled, day, in_trial, paid

SIXTEEN = Fraction(16, 100)


def credit(number: int, left: int, on: str = "2026-06-16", rate: Fraction = NINETEEN) -> Credit:
    return Credit(number, day(on), left, rate)


def used(credits: list[Credit], *amounts: tuple[Fraction, int]) -> list[tuple[object, int]]:
    return [(use.credit_id, use.net_minor) for use in use_credits(credits, amounts)]


def test_credits_granted_before_the_month_are_usable_oldest_first() -> None:
    credits = [credit(3, 5, "2026-06-30"), credit(1, 5, "2026-06-02"), credit(2, 5, "2026-06-30")]
    assert [one.id for one in usable_in(credits, Month(2026, 7))] == [1, 3, 2]


def test_those_of_the_month_itself_and_used_up_ones_are_not() -> None:
    credits = [credit(1, 5, "2026-07-01"), credit(2, 5, "2026-07-16"), credit(3, 0)]
    assert usable_in(credits, Month(2026, 7)) == []


def test_a_late_july_bill_leaves_augusts_credit_alone() -> None:
    credits = [credit(1, 3000, "2026-06-16"), credit(2, 900, "2026-08-10")]
    assert [one.id for one in usable_in(credits, Month(2026, 7))] == [1]


def test_a_credit_is_used_whole_where_the_net_allows() -> None:
    assert used([credit(1, 3000)], (NINETEEN, 21000)) == [(1, 3000)]


def test_never_more_than_the_net_in_all() -> None:
    credits = [credit(1, 3000), credit(2, 3000), credit(3, 3000)]
    assert used(credits, (NINETEEN, 2000), (NINETEEN, 2500)) == [(1, 3000), (2, 1500)]


@pytest.mark.parametrize("rate", [NINETEEN, Fraction(0)])
def test_a_credit_larger_than_the_net_is_cut_at_every_rate(rate: Fraction) -> None:
    assert used([credit(1, 9000, rate=rate)], (rate, 1500)) == [(1, 1500)]


def test_without_charges_or_credits_nothing_is_used() -> None:
    assert used([credit(1, 3000)]) == []
    assert used([], (NINETEEN, 21000)) == []


def test_a_credit_at_a_higher_rate_never_turns_the_tax_negative() -> None:
    uses = use_credits([credit(1, 10000, rate=NINETEEN)], [(SIXTEEN, 10000)])
    assert [use.net_minor for use in uses] == [8421]
    assert NINETEEN * 8421 <= SIXTEEN * 10000 < NINETEEN * 8422


def test_a_credit_keeps_the_rate_at_which_it_was_charged() -> None:
    (use,) = use_credits([credit(1, 3000, rate=SIXTEEN)], [(NINETEEN, 21000)])
    assert (use.net_minor, use.rate) == (3000, SIXTEEN)


JUNE = Month(2027, 6)


@pytest.mark.parametrize(
    ("ends", "goes_on"), [(None, True), ("2027-06-01", False), ("2027-07-01", False), ("2027-08-01", True)]
)
def test_a_paid_subscription_goes_on_when_it_is_there_next_month(ends: str | None, goes_on: bool) -> None:
    promise = cancelled(paid(), on="2026-06-20", ends=ends) if ends else paid()
    assert goes_on_after(promise, JUNE) is goes_on


def test_a_trial_does_not_count_as_going_on() -> None:
    assert not goes_on_after(in_trial(), Month(2026, 5))


def test_a_credit_is_useless_only_when_all_ends_with_the_month() -> None:
    ends_with_june = cancelled(paid(), on="2026-07-20", ends="2027-07-01")
    assert not credit_is_usable(ends_with_june, day=day("2027-06-16"), other_goes_on=False)
    assert credit_is_usable(ends_with_june, day=day("2027-06-16"), other_goes_on=True)
    assert credit_is_usable(ends_with_june, day=day("2027-05-31"), other_goes_on=False)
    assert credit_is_usable(paid(), day=day("2027-06-16"), other_goes_on=False)
