"""The help: for everybody, reckoned by the rules, and true to what is on sale."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from pytest_django import Settings

from switchroom.portal.help import example_near, glossary
from tests.cast import Town
from tests.doors.company import Company, few_queries, signed_in, words

HELP = "/help/"


@pytest.fixture
def alpha(town: Town) -> Company:
    town.on("2026-06-10")
    return Company()


def test_the_worked_example_is_that_of_the_rules(alpha: Company) -> None:
    client = signed_in(alpha.vera)
    with few_queries():
        answer = client.get(HELP)
    said = words(answer)
    assert "You have 10 licences at 15.00 € a month. On 16 June 2026 you add 4, so that you have 14." in said
    assert "Invoice at once: 4 × 15.00 € 60.00 €" in said
    assert "Credit for 15 of 30 days 30.00 €" in said
    assert "On 1 July: 14 × 15.00 € 210.00 €" in said
    assert "less your credit −30.00 €" in said
    assert "Invoice of 1 July 180.00 €" in said


@pytest.mark.parametrize(
    ("day", "ordered_on"),
    [
        (date(2026, 6, 1), date(2026, 6, 16)),
        (date(2026, 8, 31), date(2026, 6, 16)),
        (date(2027, 2, 1), date(2026, 11, 16)),
    ],
)
def test_the_example_lies_in_the_latest_month_of_thirty_days(day: date, ordered_on: date) -> None:
    example = example_near(day)
    assert example.ordered_on == ordered_on
    assert (example.charged_minor, example.credit_minor) == (6000, 3000)
    assert (example.next_minor, example.next_net_minor) == (21000, 18000)


def test_it_explains_services_term_leaving_and_emergency_calls(alpha: Company) -> None:
    said = words(signed_in(alpha.vera).get(HELP))
    for sentence in (
        "Calls among colleagues are free and not counted.",
        "A trial lasts 30 days, costs nothing",
        "lasts 12 months and on to the end of that calendar month",
        "During the term you cannot hold less than you ordered",
        "You can cancel on any day, here in the portal, without a notice period.",
        "Nobody can bring it back, not even we.",
        "Your phone numbers rest for 90 days after the end.",
        "Calls to 110 and 112 always pass",
    ):
        assert sentence in said, sentence
    for word, meaning in glossary():
        assert f"{word} {meaning}" in said


def test_it_names_whom_to_ask(alpha: Company, settings: Settings) -> None:
    settings.INSTALLATION = settings.INSTALLATION.model_copy(
        update={"provider_email": "help@example.net", "provider_phone": "+49 30 123456"}
    )
    html = Client().get(HELP).content.decode()
    assert 'href="mailto:help@example.net"' in html
    assert 'href="tel:+4930123456"' in html


def test_it_is_open_to_everybody_and_one_click_from_every_page(alpha: Company) -> None:
    assert "How it all works" in words(Client().get(HELP))
    for address in ("/", "/members/", "/account/", "/profile/"):
        assert 'href="/help/"' in signed_in(alpha.alice).get(address).content.decode(), address


def test_it_sends_nobody_to_members_who_may_not_see_them(alpha: Company) -> None:
    link = "Who else in your company can help?"
    assert link in words(signed_in(alpha.tom).get(HELP))
    assert link not in words(signed_in(alpha.vera).get(HELP))
    assert link not in words(Client().get(HELP))
