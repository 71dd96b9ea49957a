"""A refusal is a sentence with its rule, ready for translation."""

from __future__ import annotations

import locale

from switchroom.rules.money import Money
from switchroom.rules.refusals import Refused, gettext_noop, long_day
from tests.rules.examples import day


def test_it_speaks_one_english_sentence() -> None:
    refused = Refused(
        "6.1",
        gettext_noop("Possible from {on} on, for {price}."),
        on=day("2027-07-01"),
        price=Money(1500, "EUR"),
    )
    assert str(refused) == "Possible from 1 July 2027 on, for 15.00 EUR."
    assert refused.rule == "6.1"


def test_it_keeps_the_sentence_and_its_values_apart_for_translators() -> None:
    refused = Refused("4.2", "At most {maximum}.", maximum=500)
    assert refused.text == "At most {maximum}."
    assert refused.params == {"maximum": 500}


def test_the_months_are_english_whatever_the_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C"):
            try:
                locale.setlocale(locale.LC_TIME, name)
            except locale.Error:
                continue
            assert long_day(day("2026-03-01")) == "1 March 2026"
    finally:
        locale.setlocale(locale.LC_TIME, before)
