"""Input is understood wholly or refused with its place: file, path in the document, what was expected."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from switchroom.replay.format import BadInput, Verb, read_life
from switchroom.rules.promise import Grants, ReductionInTerm

TRIAL = {"on": "2026-05-20", "trial": {}}


def life(**changes: Any) -> bytes:
    """This function will write a good life with some keys replaced."""
    good = {"product": "ONE", "events": [TRIAL], "until": "2026-06-30"}
    return json.dumps(good | changes).encode()


def event(**wish: Any) -> bytes:
    """This function will write a life whose second event is the given wish on 1 June."""
    return life(events=[TRIAL, {"on": "2026-06-01", **wish}])


def complaint(content: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read_life(content)
    return str(caught.value)


def test_it_reads_a_life_of_the_shipped_product() -> None:
    read = read_life(event(upgrade={"one": 10}))
    assert read.until == date(2026, 6, 30)
    assert read.vat_rate == Fraction(19, 100)
    assert [one.verb for one in read.events] == [Verb.TRIAL, Verb.UPGRADE]
    assert read.events[1].quantities == {"one": 10}
    prices = {key: licence.unit_price_minor for key, licence in read.product.licences.items()}
    assert prices == {"one": 1500, "extra-trunk-line": 400, "extra-endpoint": 250, "phone-numbers-10": 500}
    assert read.product.trial_grants == Grants(5, 10, 2)
    assert (read.product.policy.trial_days, read.product.policy.term_months) == (30, 12)


def test_a_product_replaces_whole_values_of_one() -> None:
    changes = {
        "licences": {"line": {"unit_price": "17.9", "grants": {"trunk_lines": 2}}},
        "trial_grants": {"endpoints": 1},
        "term_months": 3,
        "trial_days": 7,
        "trial_grace_days": 0,
        "retention_days": 30,
        "reduction_in_term": "scheduled",
    }
    product = read_life(life(product=changes)).product
    assert list(product.licences) == ["line"]
    assert product.licences["line"].unit_price_minor == 1790
    assert product.licences["line"].grants == Grants(trunk_lines=2)
    assert product.trial_grants == Grants(endpoints=1)
    policy = product.policy
    assert (policy.term_months, policy.trial_days, policy.trial_grace_days) == (3, 7, 0)
    assert policy.retention_days == 30
    assert policy.reduction_in_term is ReductionInTerm.SCHEDULED


def test_what_a_product_does_not_name_stays_as_in_one() -> None:
    product = read_life(life(product={"term_months": 0})).product
    assert product.policy.term_months == 0
    assert product.policy.trial_days == 30
    assert "one" in product.licences


@pytest.mark.parametrize(("written", "rate"), [("8.1", Fraction(81, 1000)), ("0", Fraction(0)), ("100", 1)])
def test_the_rate_is_exact(written: str, rate: Fraction) -> None:
    assert read_life(life(vat_rate=written)).vat_rate == rate


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_life(b"\xef\xbb\xbf" + life()).until == date(2026, 6, 30)


def test_another_known_zone_is_accepted() -> None:
    assert read_life(life(timezone="America/New_York")) == read_life(life())


@pytest.mark.parametrize("wish", [{"cancel": {}}, {"withdraw_cancellation": {}}, {"withdraw_reduction": {}}])
def test_wishes_that_need_nothing_more(wish: dict[str, Any]) -> None:
    assert not read_life(event(**wish)).events[1].at_once


def test_a_trial_may_be_cancelled_at_once() -> None:
    assert read_life(event(cancel={"at": "once"})).events[1].at_once


def test_an_empty_reduction_is_a_wish_that_the_rules_refuse() -> None:
    assert read_life(event(reduce={})).events[1].quantities == {}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", "line 1, column 2: expected JSON"),
        (b"\xff", "byte 1: expected text in UTF-8"),
        (b"[]", "expected an object, found a list"),
        (b'{"until": NaN}', "expected JSON, which has no NaN"),
        (b"[" * 100_000, "expected JSON that is not nested as deeply as this"),
        (b'{"until": ' + b"9" * 5_000 + b"}", "expected whole numbers of a length that can be read"),
        (b'{"until": "2026-06-01", "until": "2026-06-02"}', "until: expected each key once, found it again"),
        (life(colour="red"), "colour: expected one of name, product"),
        (life(name=3), "name: expected text, found 3"),
        (b'{"events": [], "until": "2026-06-30"}', 'product: expected a product: "ONE" or an object'),
        (b'{"product": "ONE", "until": "2026-06-30"}', "events: expected a list of events, found nothing"),
        (b'{"product": "ONE", "events": []}', "until: expected a day, found nothing"),
        (life(until="30.06.2026"), 'until: expected a day such as 2026-06-01, found "30.06.2026"'),
        (life(until="20260630"), "until: expected a day such as 2026-06-01"),
        (life(until="2026-02-29"), 'until: expected a day of the calendar, found "2026-02-29"'),
        (life(until="0001-01-01"), "until: expected a day from 1900-01-01 to 2999-12-31"),
        (life(until=20260630), "until: expected a day such as 2026-06-01, found 20260630"),
        (life(timezone="Europe/Berlim"), 'timezone: expected a known time zone such as "Europe/Berlin"'),
        (life(timezone="Europe"), "timezone: expected a known time zone"),
        (life(timezone="/etc/passwd"), "timezone: expected a known time zone"),
        (life(timezone=1), "timezone: expected text, found 1"),
        (life(vat_rate=19), "vat_rate: expected a percentage as text"),
        (life(vat_rate="-1"), "vat_rate: expected a percentage as text"),
        (life(vat_rate="100.5"), "vat_rate: expected a percentage as text"),
        (life(events={}), "events: expected a list of events, found an object"),
        (life(events=[3]), "events[0]: expected an object, found 3"),
        (life(events=[{"trial": {}}]), "events[0].on: expected a day, found nothing"),
        (life(events=[{"on": "2026-06-01"}]), "events[0]: expected exactly one of trial, upgrade"),
        (life(events=[TRIAL | {"cancel": {}}]), "events[0]: expected exactly one of trial, upgrade"),
        (
            life(events=[TRIAL, {"on": "2026-05-19", "cancel": {}}]),
            "events[1].on: expected 2026-05-20 or later, in order of time, found 2026-05-19",
        ),
        (event(grow={"one": 1}), "events[1].grow: expected one of on, trial, upgrade"),
        (event(trial={"days": 3}), "events[1].trial.days: expected nothing here"),
        (event(trial=[]), "events[1].trial: expected an object, found a list"),
        (event(trial=None), "events[1].trial: expected an object, found null"),
        (event(upgrade={}), "events[1].upgrade: expected at least one licence"),
        (event(upgrade={"two": 1}), "events[1].upgrade.two: expected one of one, extra-trunk-line"),
        (event(upgrade={"one": 0}), "events[1].upgrade.one: expected a whole number of at least 1, found 0"),
        (
            event(upgrade={"one": True}),
            "events[1].upgrade.one: expected a whole number of at least 1, found true",
        ),
        (
            event(upgrade={"one": 1.0}),
            "events[1].upgrade.one: expected a whole number of at least 1, found 1.0",
        ),
        (
            event(upgrade={"one": "1"}),
            'events[1].upgrade.one: expected a whole number of at least 1, found "1"',
        ),
        (
            event(upgrade={"one": 10**16}),
            "events[1].upgrade.one: expected a whole number of at most 10000000",
        ),
        (event(reduce={"one": -1}), "events[1].reduce.one: expected a whole number of at least 0, found -1"),
        (event(reduce={"one": False}), "events[1].reduce.one: expected a whole number"),
        (event(reduce={"two": 0}), "events[1].reduce.two: expected one of one"),
        (event(cancel={"at": "end"}), 'events[1].cancel.at: expected "once", found "end"'),
        (event(cancel={"when": "once"}), "events[1].cancel.when: expected one of at"),
        (event(withdraw_reduction={"one": 1}), "events[1].withdraw_reduction.one: expected nothing here"),
        (life(product="TWO"), 'product: expected "ONE" or an object, found "TWO"'),
        (life(product=None), "product: expected an object, found null"),
        (life(product={"price": 1}), "product.price: expected one of licences, trial_grants"),
        (life(product={"trial_days": "30"}), "product.trial_days: expected a whole number from 0 to 36500"),
        (
            life(product={"term_months": 24}),
            "product.term_months: expected a whole number from 0 to 23, found 24",
        ),
        (life(product={"term_months": 1.5}), "product.term_months: expected a whole number from 0 to 23"),
        (
            life(product={"reduction_in_term": "maybe"}),
            'product.reduction_in_term: expected "refused" or "scheduled", found "maybe"',
        ),
        (life(product={"reduction_in_term": []}), "product.reduction_in_term: expected"),
        (
            life(product={"trial_grants": {"faxes": 1}}),
            "product.trial_grants.faxes: expected one of trunk_lines",
        ),
        (
            life(product={"trial_grants": {"endpoints": -1}}),
            "product.trial_grants.endpoints: expected a whole",
        ),
        (life(product={"licences": {}}), "product.licences: expected at least one licence"),
        (
            life(product={"licences": {"a": {"grants": {}}}}),
            "product.licences.a.unit_price: expected a price such as",
        ),
        (
            life(product={"licences": {"a": {"unit_price": "1.00"}}}),
            "product.licences.a.grants: expected an object of services, found nothing",
        ),
        (
            life(product={"licences": {"a": {"unit_price": "1.005", "grants": {}}}}),
            'product.licences.a.unit_price: expected a price as text, such as "15.00", with at most two',
        ),
        (
            life(product={"licences": {"a": {"unit_price": 15, "grants": {}}}}),
            "product.licences.a.unit_price: expected a price as text",
        ),
        (
            life(product={"licences": {"a": {"unit_price": "-1.00", "grants": {}}}}),
            "product.licences.a.unit_price: expected a price as text",
        ),
        (
            life(product={"licences": {"a": {"unit_price": "1", "grants": {}, "maximum": 3}}}),
            "product.licences.a.maximum: expected one of unit_price, grants",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(content: bytes, expected: str) -> None:
    assert complaint(content).startswith(expected)


def test_a_key_said_twice_deep_inside_is_refused_with_its_place() -> None:
    twice = event(upgrade={"one": 1}).replace(b'"one": 1', b'"one": 1, "one": 2')
    assert complaint(twice) == "events[1].upgrade.one: expected each key once, found it again"


def test_events_after_the_last_day_are_still_checked() -> None:
    late = [TRIAL, {"on": "2027-01-01", "upgrade": {"one": -1}}]
    assert complaint(life(events=late)).startswith("events[1].upgrade.one")
