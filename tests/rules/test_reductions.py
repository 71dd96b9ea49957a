"""Holding less (rules 6.1 and 6.2)."""

from __future__ import annotations

import pytest

from switchroom.rules.promise import FirstMonth, Policy, Promise, Reduction, ReductionInTerm, held_on
from switchroom.rules.reductions import (
    after_bite,
    bite,
    possible_from,
    reduce,
    target_quantity,
    withdraw_reduction,
)
from switchroom.rules.refusals import Refused
from tests.rules.examples import cancelled, day, grown, in_trial, item, paid, reducing

SCHEDULED = Policy(reduction_in_term=ReductionInTerm.SCHEDULED)
LEVEL = item(1, number=8, licence="business", price=2900, is_service_level=True)


def refusal(promise: Promise, on: str, **targets: int) -> Refused:
    with pytest.raises(Refused) as refused:
        reduce(promise, {key.replace("_", "-"): target for key, target in targets.items()}, day=day(on))
    return refused.value


def test_in_the_term_it_is_refused_with_the_day_and_the_two_ways() -> None:
    for on in ("2026-06-01", "2027-05-31"):
        refused = refusal(paid(), on, one=4)
        assert refused.rule == "6.1"
        assert str(refused) == (
            "During the minimum term a reduction is not possible; it is from 1 June 2027 on. You can wait "
            "until then, or cancel and take out a smaller subscription that follows this one."
        )


@pytest.mark.parametrize(
    ("on", "bites"),
    [("2027-06-01", "2027-07-01"), ("2027-06-30", "2027-07-01"), ("2028-02-29", "2028-03-01")],
)
def test_after_the_term_it_bites_at_the_end_of_the_month(on: str, bites: str) -> None:
    assert reduce(paid(), {"one": 4}, day=day(on)) == Reduction(day(on), day(bites), {"one": 4})


def test_where_the_catalogue_schedules_it_it_bites_at_the_end_of_the_term() -> None:
    promise = paid(policy=SCHEDULED)
    assert reduce(promise, {"one": 4}, day=day("2026-06-02")).bites_on == day("2027-06-01")
    assert reduce(promise, {"one": 4}, day=day("2027-06-01")).bites_on == day("2027-07-01")


def test_from_when_it_is_possible() -> None:
    assert possible_from(in_trial()) is None
    assert possible_from(paid()) == day("2027-06-01")
    assert possible_from(paid(policy=SCHEDULED)) == day("2026-06-01")


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ({"one": 11}, "11 is more than the 10 booked of one; more is an upgrade."),
        ({"extra_endpoint": 0}, "The licence extra-endpoint is not booked here."),
        ({"one": 4, "extra_endpoint": 0}, "The licence extra-endpoint is not booked here."),
        ({"one": 10}, "These are the quantities you hold already, so nothing would change."),
        ({}, "These are the quantities you hold already, so nothing would change."),
        ({"one": 0}, "A reduction cannot leave nothing at all; to stop, cancel the subscription."),
    ],
)
def test_targets_that_make_no_sense_are_refused(targets: dict[str, int], sentence: str) -> None:
    refused = refusal(paid(), "2027-06-03", **targets)
    assert (refused.rule, str(refused)) == ("6.2", sentence)


def test_one_licence_may_go_when_another_stays() -> None:
    promise = paid(item(10), item(6, number=2, licence="extra-endpoint", price=250))
    assert reduce(promise, {"one": 0}, day=day("2027-06-03")).targets == {"one": 0}


def test_a_service_level_alone_is_nothing() -> None:
    promise = paid(item(10), LEVEL)
    assert refusal(promise, "2027-06-03", one=0).rule == "6.2"
    assert reduce(promise, {"business": 0}, day=day("2027-06-03")).targets == {"business": 0}


@pytest.mark.parametrize(
    ("promise", "on"),
    [
        (in_trial("2026-05-20"), "2026-05-25"),
        (in_trial("2026-05-20"), "2026-06-25"),
        (cancelled(paid(), on="2027-06-03", ends="2027-07-01"), "2027-07-01"),
    ],
)
def test_where_nothing_is_booked_nothing_can_be_reduced(promise: Promise, on: str) -> None:
    refused = refusal(promise, on, one=1)
    assert (refused.rule, str(refused)) == ("6.2", "Nothing is booked here that could be reduced.")


def test_while_cancelled_it_may_be_entered_in_case_the_cancellation_is_withdrawn() -> None:
    promise = cancelled(paid(), on="2027-06-03", ends="2027-07-01")
    assert reduce(promise, {"one": 4}, day=day("2027-06-04")).bites_on == day("2027-07-01")


def test_it_can_be_withdrawn_until_it_bites() -> None:
    promise = reducing(paid(), on="2027-06-03", bites="2027-07-01", one=4)
    withdraw_reduction(promise, day=day("2027-06-30"))
    for over in (promise, paid()):
        with pytest.raises(Refused, match="No reduction is pending") as refused:
            withdraw_reduction(over, day=day("2027-07-01"))
        assert refused.value.rule == "6.2"


def bitten(promise: Promise) -> Promise:
    assert promise.reduction is not None
    return after_bite(promise, promise.reduction, new_ids=range(100, 200))


def test_it_closes_the_newest_first_and_opens_one_with_what_remains() -> None:
    promise = reducing(grown(paid(), 4, on="2026-06-16"), on="2027-06-03", bites="2027-07-01", one=8)
    old, new, rest = bitten(promise).items
    assert (old.quantity, old.until_on) == (10, day("2027-07-01"))
    assert (new.quantity, new.until_on) == (4, day("2027-07-01"))
    assert (rest.id, rest.quantity, rest.from_on, rest.until_on) == (100, 8, day("2027-07-01"), None)
    assert (rest.unit_price_minor, rest.grants, rest.sequence) == (1500, old.grants, 3)
    assert bitten(promise).reduction is None


def test_a_whole_item_may_go_without_a_rest() -> None:
    promise = reducing(grown(paid(), 4, on="2026-06-16"), on="2027-06-03", bites="2027-07-01", one=10)
    assert [(one.id, one.until_on) for one in bitten(promise).items] == [(1, None), (2, day("2027-07-01"))]


def test_of_two_bought_on_one_day_the_later_one_goes_first() -> None:
    twice = grown(grown(paid(), 4, on="2026-06-16"), 5, on="2026-06-16", number=3)
    promise = reducing(twice, on="2027-06-03", bites="2027-07-01", one=14)
    assert promise.reduction is not None
    assert [one.id for one in bite(promise, promise.reduction).closed] == [3]


def test_an_upgrade_meanwhile_leaves_the_target_alone() -> None:
    promise = grown(reducing(paid(), on="2027-06-03", bites="2027-07-01", one=4), 5, on="2027-06-16")
    assert held_on(promise, day("2027-06-30")) == {"one": 15}
    assert held_on(bitten(promise), day("2027-07-01")) == {"one": 4}


def test_what_is_not_named_stays() -> None:
    both = paid(item(10), item(6, number=2, licence="extra-endpoint", price=250))
    promise = bitten(reducing(both, on="2027-06-03", bites="2027-07-01", one=4))
    assert held_on(promise, day("2027-07-01")) == {"one": 4, "extra-endpoint": 6}


def test_what_remains_of_a_directly_charged_item_is_an_ordinary_one() -> None:
    direct = paid(item(10, first_month=FirstMonth.DIRECT))
    rest = bitten(reducing(direct, on="2027-06-03", bites="2027-07-01", one=4)).items[-1]
    assert rest.first_month is FirstMonth.CREDITED


def test_after_the_end_it_bites_nothing() -> None:
    promise = cancelled(
        reducing(paid(), on="2027-06-03", bites="2027-07-01", one=4), on="2027-06-04", ends="2027-07-01"
    )
    assert bitten(promise).items == promise.items


def test_what_remains_cannot_be_lost_for_want_of_an_id() -> None:
    promise = reducing(paid(), on="2027-06-03", bites="2027-07-01", one=4)
    assert promise.reduction is not None
    with pytest.raises(ValueError, match="1 new items need an id each, 0 were given"):
        after_bite(promise, promise.reduction, new_ids=[])


@pytest.mark.parametrize(("typed", "target"), [("0", 0), ("4", 4), (" 10 ", 10)])
def test_a_target_is_read_as_typed(typed: str, target: int) -> None:
    assert target_quantity(typed, held=10) == target


@pytest.mark.parametrize(
    ("typed", "rule", "sentence"),
    [
        ("11", "6.2", "You hold 10. To hold more, use “Upgrade”"),
        ("-1", "4.2", "cannot be negative"),
        ("few", "4.2", "whole number"),
    ],
)
def test_any_other_target_is_refused_in_words(typed: str, rule: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        target_quantity(typed, held=10)
    assert refused.value.rule == rule
