"""Credits as a page: what is left, where each comes from, where it was used."""

from __future__ import annotations

import pytest

from switchroom.portal import credits
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik with ten licences since 1 June, four more since the 16th: rule 5.2's example."""
    erik = town.on("2026-06-01").customer("Erik").grows_to(one=10)
    town.on("2026-06-16")
    return erik.grows_to(one=14)


def test_before_the_1st_it_is_left(erik: Customer) -> None:
    said = words(Shopper(erik.user).opens("credits"))
    assert "Left in all: 30.00 € Net. Used by itself on your next monthly invoice, on 1 July 2026" in said
    assert "4 × ONE licence ordered on 16 June: the first 15 of 30 days were not yours" in said
    assert "not yet 30.00 € 30.00 €" in said
    assert "4 × 15.00 € = 60.00 € 60.00 € × 15/30 = 30.00 €" in said
    assert "they are never paid out" in said


def test_on_the_1st_it_is_used(erik: Customer) -> None:
    erik.town.on("2026-07-01")
    said = words(Shopper(erik.user).opens("credits"))
    assert "Nothing is left to be used." in said
    assert "R-2026-000003 −30.00 € 30.00 € 0.00 €" in said


def test_on_the_2nd_of_a_month_one_day_was_gone(town: Town) -> None:
    erik = town.on("2026-07-02").customer("Erik").grows_to(one=1)
    said = words(Shopper(erik.user).opens("credits"))
    assert "1 × ONE licence ordered on 2 July: the first day of 31 was not yours" in said


def test_many_are_paged_and_ask_no_more(erik: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits, "ON_A_PAGE", 8)
    for number in range(15, 24):
        erik.grows_to(one=number)
    said = words(Shopper(erik.user).opens("credits"))
    assert "Page 1 of 2" in said
    assert "97.50 €" in said


def test_without_any_it_says_how_they_come(town: Town) -> None:
    dana = town.on("2026-06-10").customer("Dana").starts_trial()
    assert "No credit yet" in words(Shopper(dana.user).opens("credits"))
