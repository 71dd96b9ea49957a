"""Holding less, at its door: refused in the term with two ways, entered and withdrawn after it (rule 6)."""

from __future__ import annotations

import pytest

from switchroom.accounts.models import Member, Role, User
from switchroom.subscriptions.models import Reduction
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.doors.store import Shopper, field, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def gustav(town: Town) -> Customer:
    """Gustav on 3 July 2026, past a term of one month: ten licences and the Business service level."""
    town.on("2026-06-01").sells(catalogue(term_months=1))
    gustav = town.customer("Gustav").grows_to(one=10, business=True).sets_up(endpoints=8)
    town.sleeps_until("2026-07-03").run_day()
    return gustav


def test_in_the_term_it_says_why_not_from_when_on_and_both_ways(town: Town) -> None:
    erik = town.on("2026-06-16").customer("Erik").grows_to(one=10)
    shopper = Shopper(erik.user)
    page = shopper.opens("reduce", erik.subscription_id)
    said = words(page)
    assert "During the minimum term a reduction is not possible; it is from 1 July 2027 on." in said
    assert "First possible day 1 July 2027" in said
    assert f"/subscriptions/{erik.subscription_id}/cancel/" in page.content.decode()
    calendar = shopper.opens("reduction_reminder", erik.subscription_id)
    assert calendar["Content-Type"].startswith("text/calendar")
    assert "DTSTART;VALUE=DATE:20270701\r\n" in calendar.content.decode()
    refused = shopper.sends("reduce", erik.subscription_id, one="4", next="1")
    assert refused.status_code == 422
    assert not Reduction.objects.exists()


def test_a_cancelled_one_in_its_term_is_shown_the_follow_up(town: Town) -> None:
    erik = town.on("2026-06-16").customer("Erik").grows_to(one=10).cancels()
    page = Shopper(erik.user).opens("reduce", erik.subscription_id)
    assert f'action="/subscriptions/{erik.subscription_id}/follow-up/"' in page.content.decode()


def test_a_trial_has_nothing_to_reduce(town: Town) -> None:
    dana = town.on("2026-06-01").customer("Dana").starts_trial()
    shopper = Shopper(dana.user)
    said = words(shopper.opens("reduce", dana.subscription_id))
    assert "Nothing is booked here that could be reduced." in said
    assert "First possible day" not in said
    assert shopper.opens("reduction_reminder", dana.subscription_id).status_code == 302


def test_the_page_says_what_would_be_left_before_it_is_entered(gustav: Customer) -> None:
    shopper = Shopper(gustav.user)
    page = shopper.sends("reduce", gustav.subscription_id, one="2", business="0", live=True)
    said = words(page)
    assert page.status_code == 200
    assert "From 1 August 2026 on" in said
    assert "Now, net a month 179.00 €" in said
    assert "Then, net a month 30.00 €" in said
    assert "Endpoints 30 6" in said
    assert "2 endpoints are over the limit then: Desk 16, Desk 17" in said
    assert "Reduce as of 31 July 2026" in said
    assert not Reduction.objects.exists()


def test_it_is_entered_with_the_business_level_dropped_shown_and_withdrawn(gustav: Customer) -> None:
    shopper = Shopper(gustav.user)
    answer = shopper.sends("reduce", gustav.subscription_id, one="4", business="0", next="1")
    assert answer.status_code == 302
    pending = Reduction.objects.get()
    assert pending.targets == {"one": 4, "business": 0}
    said = words(shopper.opens("reduce", gustav.subscription_id))
    assert "You will hold less from 1 August 2026 on; until then nothing changes." in said
    assert "ONE licence: 4 instead of 10" in said
    assert "Business: 0 instead of 1" in said
    assert "From 1 August 2026 on: 60.00 € net a month." in said
    assert shopper.sends("withdraw_reduction", gustav.subscription_id).status_code == 302
    said = words(shopper.opens("reduce", gustav.subscription_id))
    assert "The reduction is withdrawn. You keep what you have." in said
    assert "Pending reduction" not in said
    shopper.sends("withdraw_reduction", gustav.subscription_id)
    assert "nothing to withdraw" in words(shopper.opens("reduce", gustav.subscription_id))


def test_a_new_one_replaces_the_pending_one_wholly(gustav: Customer) -> None:
    shopper = Shopper(gustav.user)
    shopper.sends("reduce", gustav.subscription_id, one="4", business="0", next="1")
    page = shopper.opens("reduce", gustav.subscription_id)
    assert field(page, "one") == "4", "the fields begin at the pending targets"
    assert "Replace it, as of 31 July 2026" in words(page)
    shopper.sends("reduce", gustav.subscription_id, one="6", business="1", next="1")
    pending = Reduction.objects.get(withdrawn_on=None)
    assert pending.targets == {"one": 6}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("11", "You hold 10. To hold more, use “Upgrade” on the details page."),
        ("-1", "A quantity cannot be negative."),
        ("x", "Please enter a whole number, for example 4."),
    ],
)
def test_a_wrong_target_is_refused_at_its_field_and_stays(
    gustav: Customer, typed: str, sentence: str
) -> None:
    page = Shopper(gustav.user).sends("reduce", gustav.subscription_id, one=typed, business="1", next="1")
    assert page.status_code == 422
    assert sentence in words(page)
    assert field(page, "one") == typed
    assert not Reduction.objects.exists()


@pytest.mark.parametrize(
    ("one", "sentence"),
    [("10", "so nothing would change"), ("0", "A reduction cannot leave nothing at all")],
)
def test_what_is_no_reduction_is_refused(gustav: Customer, one: str, sentence: str) -> None:
    page = Shopper(gustav.user).sends("reduce", gustav.subscription_id, one=one, business="1", next="1")
    assert page.status_code == 422
    assert sentence in words(page)
    assert not Reduction.objects.exists()


def test_minus_and_plus_count_between_nothing_and_what_is_held(gustav: Customer) -> None:
    shopper = Shopper(gustav.user)
    for typed, step, became in (("4", "one:-1", "3"), ("0", "one:-1", "0"), ("10", "one:+1", "10")):
        page = shopper.sends("reduce", gustav.subscription_id, one=typed, business="1", step=step)
        assert field(page, "one") == became


def test_a_cancelled_one_is_told_that_it_ends_before(gustav: Customer) -> None:
    gustav.cancels()
    said = words(Shopper(gustav.user).opens("reduce", gustav.subscription_id))
    assert "ends on 31 July 2026. A reduction counts only if you withdraw the cancellation." in said


def test_where_the_catalogue_schedules_it_is_entered_in_the_term(town: Town) -> None:
    town.on("2026-06-01").sells(catalogue(reduction_in_term="scheduled"))
    erik = town.customer("Erik").grows_to(one=10)
    shopper = Shopper(erik.user)
    said = words(shopper.sends("reduce", erik.subscription_id, one="4"))
    assert "Reduce as of 31 May 2027" in said
    assert shopper.sends("reduce", erik.subscription_id, one="4", next="1").status_code == 302
    assert str(Reduction.objects.get().bites_on) == "2027-06-01"


def test_only_who_may_order_reduces_and_only_his_own(gustav: Customer) -> None:
    colleague = User.objects.create_user("viewer@example.com")
    Member.objects.create(account=gustav.account, user=colleague, role=Role.VIEWER, joined_on=gustav.town.day)
    assert Shopper(colleague).opens("reduce", gustav.subscription_id).status_code == 403
    stranger = Shopper(gustav.town.customer("Bob").user)
    assert stranger.opens("reduce", gustav.subscription_id).status_code == 404
    assert stranger.sends("reduce", gustav.subscription_id, one="1", next="1").status_code == 404
    assert stranger.sends("withdraw_reduction", gustav.subscription_id).status_code == 404
