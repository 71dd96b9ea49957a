"""What a phone system may use (rules 1, 3.2, 6.2, 6.3)."""

from __future__ import annotations

from switchroom.rules.entitlements import Shortfall, entitlements_on, granted_by, shortfall
from switchroom.rules.promise import Grants
from tests.rules.examples import cancelled, day, grown, in_trial, item, paid, reducing


def test_a_trial_has_the_trials_own() -> None:
    assert entitlements_on(in_trial(), day("2026-06-19")) == Grants(5, 10, 2)


def test_an_expired_trial_has_none() -> None:
    assert entitlements_on(in_trial(), day("2026-06-20")) == Grants()


def test_bought_licences_add_up_and_the_trials_are_gone() -> None:
    assert entitlements_on(paid(), day("2026-06-01")) == Grants(20, 30, 10)
    assert granted_by((item(10), item(4, number=2))) == Grants(28, 42, 14)


def test_an_upgrade_counts_on_its_day() -> None:
    promise = grown(paid(), 4, on="2026-06-16")
    assert entitlements_on(promise, day("2026-06-15")) == Grants(20, 30, 10)
    assert entitlements_on(promise, day("2026-06-16")) == Grants(28, 42, 14)


def test_a_pending_reduction_counts_for_nothing() -> None:
    promise = reducing(paid(), on="2027-06-03", bites="2027-07-01", one=2)
    assert entitlements_on(promise, day("2027-06-30")) == Grants(20, 30, 10)


def test_a_cancelled_subscription_has_all_until_its_end() -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    assert entitlements_on(promise, day("2027-05-31")) == Grants(20, 30, 10)
    assert entitlements_on(promise, day("2027-06-01")) == Grants()


def test_more_in_use_than_entitled_is_counted_by_service() -> None:
    over = shortfall(Grants(20, 30, 10), Grants(4, 33, 11))
    assert over == Shortfall(0, 3, 1)
    assert over.any


def test_enough_is_enough() -> None:
    assert not shortfall(Grants(20, 30, 10), Grants(20, 30, 10)).any
