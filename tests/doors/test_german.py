"""The portal for a German reader: every main page says all in German, money and days as one writes them
there.
"""

from __future__ import annotations

import re

import pytest
from django.test import Client

from switchroom.accounts.models import User
from switchroom.billing.models import Invoice
from tests.cast import Customer, Town
from tests.doors.store import Shopper, begins, words

pytestmark = pytest.mark.django_db

# English words that no German sentence, name or address of these pages holds; one of them gives a rest away.
TELLTALE = re.compile(
    r"\b(the|you|your|with|and|from|until|every|month|days?|back|change|cancel|reduce|order|invoices?|"
    r"credits?|licen[cs]es?|endpoints?|phone|trial|subscriptions?|members?|account|please|sign)\b",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"\S+@\S+|\S+\.example\.com")


@pytest.fixture
def greta(town: Town) -> Customer:
    """Greta, a German reader, with 84 licences since 1 June and four more since the 16th."""
    greta = town.on("2026-06-01").customer("Greta", language="de").starts_trial()
    greta.grows_to(one=84).sets_up(endpoints=2, numbers=1)
    town.on("2026-06-16")
    return greta.grows_to(one=88)


def german(person: User) -> Shopper:
    shopper = Shopper(person)
    shopper.client.cookies["django_language"] = "de"
    return shopper


def rests_of_english(said: str) -> list[str]:
    return [found[0] for found in TELLTALE.finditer(ADDRESS.sub(" ", said))]


@pytest.mark.parametrize(
    "route",
    [
        "subscriptions",
        "phone_systems",
        "credits",
        "invoices",
        "members",
        "account",
        "profile",
        "help",
        "terms",
    ],
)
def test_a_page_for_the_account_leaves_nothing_in_english(greta: Customer, route: str) -> None:
    assert rests_of_english(words(german(greta.user).opens(route))) == []


@pytest.mark.parametrize("route", ["subscription", "phone_system", "reduce", "cancel"])
def test_a_page_for_a_subscription_leaves_nothing_in_english(greta: Customer, route: str) -> None:
    assert rests_of_english(words(german(greta.user).opens(route, greta.subscription_id))) == []


def test_the_bill_is_written_as_a_german_writes_it(greta: Customer) -> None:
    bill = Invoice.objects.get(account_id=greta.account.id, month_on="2026-06-01", issued_on="2026-06-01")
    said = words(german(greta.user).opens("invoice", bill.id))
    assert "1.260,00 €" in said
    assert "19 % USt. auf 1.260,00 €" in said
    assert "bis zum 15. Juni 2026" in said
    assert rests_of_english(said) == []


def test_the_credit_is_a_guthaben_and_never_a_gutschrift(greta: Customer) -> None:
    said = words(german(greta.user).opens("credits"))
    assert "4 × ONE-Lizenz, bestellt am 16. Juni: die ersten 15 von 30 Tagen waren schon vorbei" in said
    assert "Insgesamt übrig: 30,00 €" in said
    assert "Gutschrift" not in said


def test_the_button_that_cancels_says_so_and_when(greta: Customer) -> None:
    said = words(german(greta.user).opens("cancel", greta.subscription_id))
    assert "Jetzt kündigen zum 31. Mai 2027" in said


def test_an_order_in_german_from_the_first_step_to_the_button(greta: Customer) -> None:
    shopper, order = begins(greta)
    shopper.client.cookies["django_language"] = "de"
    overview = words(shopper.walks_to_overview(order, one=90))
    assert "Zahlungspflichtig bestellen" in overview
    assert "2 × 15,00 € = 30,00 € im Monat" in overview
    assert rests_of_english(overview) == []


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_the_sign_in_speaks_german(path: str) -> None:
    page = Client(headers={"Accept-Language": "de"}).get(path)
    assert rests_of_english(words(page)) == []  # type: ignore[arg-type]  # Django's test response


def test_a_wrong_password_is_answered_with_sie(db: None) -> None:
    typed = {"login": "nobody@example.com", "password": "not this one"}
    page = Client(headers={"Accept-Language": "de"}).post("/accounts/login/", typed)
    assert "E-Mail-Adresse oder Passwort stimmen nicht." in words(page)  # type: ignore[arg-type]  # see above
