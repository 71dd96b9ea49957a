"""Buying (rules 3.2, 4.2 to 4.4 and 5.5)."""

from __future__ import annotations

import pytest

from switchroom.rules.promise import FirstMonth, Grants, Promise
from switchroom.rules.refusals import Refused
from switchroom.rules.upgrades import (
    Addition,
    after_upgrade,
    quantity_covering,
    stepped_quantity,
    upgrade,
    wanted_quantity,
)
from tests.rules.examples import ONE_GRANTS, cancelled, day, grown, in_trial, item, paid, reducing

FOUR = Addition(9, "one", 4, 1500, ONE_GRANTS)


def buy(promise: Promise, on: str, *, other_goes_on: bool = False) -> Promise:
    decided = upgrade(promise, [FOUR], day=day(on), other_goes_on=other_goes_on)
    return after_upgrade(promise, decided, day=day(on))


@pytest.mark.parametrize("on", ["2026-05-20", "2026-06-19", "2026-06-20", "2026-07-03"])
def test_a_trial_can_be_bought_from_its_first_day_to_the_last_of_its_grace(on: str) -> None:
    bought = buy(in_trial("2026-05-20"), on)
    assert bought.bought_on == day(on)
    assert [(one.quantity, one.from_on) for one in bought.items] == [(4, day(on))]
    assert bought.trial == in_trial("2026-05-20").trial


def test_after_the_grace_it_cannot() -> None:
    with pytest.raises(Refused, match="over; nothing can be added") as refused:
        buy(in_trial("2026-05-20"), "2026-07-04")
    assert refused.value.rule == "4.3"


@pytest.mark.parametrize("on", ["2026-06-01", "2027-05-31", "2027-06-01", "2030-02-28"])
def test_licences_can_be_added_on_every_day_of_the_term_and_after_it(on: str) -> None:
    promise = buy(paid(), on)
    assert [one.quantity for one in promise.items] == [10, 4]
    assert [one.sequence for one in promise.items] == [1, 2]
    assert promise.bought_on == day("2026-06-01")
    assert promise.term_until == day("2027-06-01")


def test_on_a_cancelled_subscription_they_can_until_the_end_which_stays() -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    assert buy(promise, "2027-05-31").ends_on == day("2027-06-01")
    with pytest.raises(Refused, match="over"):
        buy(promise, "2027-06-01")


def test_buying_a_cancelled_trial_takes_the_cancellation_back() -> None:
    promise = cancelled(in_trial("2026-05-20"), on="2026-05-25", ends="2026-06-20")
    assert buy(promise, "2026-06-19").cancellation is None
    with pytest.raises(Refused, match="over"):
        buy(promise, "2026-06-20")


def test_a_follow_up_cannot_be_added_to_before_it_begins() -> None:
    promise = paid(bought="2027-06-01", created="2027-06-01")
    with pytest.raises(Refused, match="begins on 1 June 2027") as refused:
        buy(promise, "2027-05-31")
    assert refused.value.rule == "4.3"
    assert len(buy(promise, "2027-06-01").items) == 2


def test_a_pending_reduction_stays_as_it_is() -> None:
    promise = reducing(paid(), on="2027-06-03", bites="2027-07-01", one=2)
    assert buy(promise, "2027-06-16").reduction == promise.reduction


@pytest.mark.parametrize(
    ("on", "other_goes_on", "first_month"),
    [
        ("2027-05-16", False, FirstMonth.DIRECT),
        ("2027-05-01", False, FirstMonth.DIRECT),
        ("2027-05-16", True, FirstMonth.CREDITED),
        ("2027-04-30", False, FirstMonth.CREDITED),
    ],
)
def test_in_the_last_month_of_all_it_is_charged_directly(
    on: str, other_goes_on: bool, first_month: FirstMonth
) -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    assert buy(promise, on, other_goes_on=other_goes_on).items[-1].first_month is first_month


def test_what_is_not_cancelled_is_credited_also_in_the_last_month_of_its_term() -> None:
    assert grown(paid(), 4, on="2027-05-31").items[-1].first_month is FirstMonth.CREDITED


@pytest.mark.parametrize(("typed", "wanted"), [("10", 10), (" 14 ", 14), ("+500", 500), ("0012", 12)])
def test_a_quantity_is_read_as_typed(typed: str, wanted: int) -> None:
    assert wanted_quantity(typed, booked=10, maximum=500) == wanted


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "whole number, for example 4"),
        ("four", "whole number, for example 4"),
        ("4.5", "whole number, for example 4"),
        ("4,5", "whole number, for example 4"),
        ("١٢", "whole number, for example 4"),
        ("-1", "cannot be negative"),
        ("9", "You have 10 booked. To hold fewer, use “Reduce”"),
        ("501", "At most 500 can be booked here"),
        ("9" * 400, "At most 500 can be booked here"),
    ],
)
def test_any_other_quantity_is_refused_in_words(typed: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        wanted_quantity(typed, booked=10, maximum=500)
    assert refused.value.rule == "4.2"


@pytest.mark.parametrize(
    ("typed", "by", "stands"),
    [
        ("12", 1, 13),
        ("12", -1, 11),
        ("10", -1, 10),
        ("500", 1, 500),
        ("x", 1, 11),
        ("-7", 1, 10),
        ("999", -1, 500),
    ],
)
def test_the_buttons_step_within_what_may_be_chosen(typed: str, by: int, stands: int) -> None:
    assert stepped_quantity(typed, by, booked=10, maximum=500) == stands


@pytest.mark.parametrize(
    ("used", "quantity"),
    [
        (Grants(), 1),
        (Grants(5, 9, 2), 3),
        (Grants(2, 10, 1), 4),
        (Grants(0, 0, 7), 7),
    ],
)
def test_the_wizard_starts_with_what_covers_the_use(used: Grants, quantity: int) -> None:
    assert quantity_covering(ONE_GRANTS, used) == quantity


def test_a_service_that_a_licence_does_not_grant_is_left_out() -> None:
    assert quantity_covering(Grants(endpoints=1), Grants(5, 7, 2)) == 7


def test_items_keep_the_order_of_the_order() -> None:
    additions = [
        Addition(5, "extra-endpoint", 3, 250),
        Addition(6, "business", 1, 2900, is_service_level=True),
    ]
    decided = upgrade(paid(item(10)), additions, day=day("2026-06-16"), other_goes_on=False)
    assert [(one.licence, one.sequence, one.is_service_level) for one in decided.items] == [
        ("extra-endpoint", 2, False),
        ("business", 3, True),
    ]
    assert not decided.is_first_purchase
