"""Tax of a domestic invoice: dated rates, one rounding per document and rate (rule 5.3)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from switchroom.rules.periods import Month
from switchroom.rules.vat import (
    DatedRate,
    TaxLine,
    nets_by_rate,
    percent_text,
    standard_rate,
    tax_lines,
    tax_on,
)

SIXTEEN, NINETEEN = Fraction(16, 100), Fraction(19, 100)


@pytest.mark.parametrize(
    ("month", "rate"),
    [
        (Month(2007, 1), NINETEEN),
        (Month(2020, 6), NINETEEN),
        (Month(2020, 7), SIXTEEN),
        (Month(2020, 12), SIXTEEN),
        (Month(2021, 1), NINETEEN),
        (Month(2026, 6), NINETEEN),
    ],
)
def test_the_rate_is_that_of_the_service_month(month: Month, rate: Fraction) -> None:
    assert standard_rate("DE", month) == rate


@pytest.mark.parametrize(("country", "month"), [("DE", Month(2006, 12)), ("AT", Month(2026, 6))])
def test_an_unknown_rate_is_not_guessed(country: str, month: Month) -> None:
    with pytest.raises(LookupError, match=f"no VAT rate is known for {country}"):
        standard_rate(country, month)


def test_rates_are_facts_that_can_be_added() -> None:
    swiss = [
        DatedRate("CH", date(2018, 1, 1), Fraction(77, 1000)),
        DatedRate("CH", date(2024, 1, 1), Fraction(81, 1000)),
    ]
    assert standard_rate("CH", Month(2023, 12), swiss) == Fraction(77, 1000)
    assert standard_rate("CH", Month(2024, 1), swiss) == Fraction(81, 1000)


@pytest.mark.parametrize(
    ("net", "rate", "tax"),
    [
        (15000, NINETEEN, 2850),
        (6000, NINETEEN, 1140),
        (750, NINETEEN, 143),
        (-750, NINETEEN, -143),
        (1, NINETEEN, 0),
        (3, NINETEEN, 1),
        (999, Fraction(81, 1000), 81),
    ],
)
def test_tax_is_rounded_half_up(net: int, rate: Fraction, tax: int) -> None:
    assert tax_on(net, rate) == tax


def test_lines_are_added_before_they_are_taxed() -> None:
    one_cent = [(NINETEEN, 1)] * 100
    assert tax_lines(one_cent) == (TaxLine(NINETEEN, 100, 19),)


def test_each_rate_is_taxed_by_itself_highest_first() -> None:
    amounts = [(SIXTEEN, -3000), (NINETEEN, 21000), (SIXTEEN, -1000)]
    assert tax_lines(amounts) == (TaxLine(NINETEEN, 21000, 3990), TaxLine(SIXTEEN, -4000, -640))


def test_equal_rates_are_one_rate() -> None:
    assert nets_by_rate([(Fraction(38, 200), 5), (NINETEEN, 6)]) == [(NINETEEN, 11)]


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (NINETEEN, "19"),
        (Fraction(81, 1000), "8.1"),
        (Fraction(0), "0"),
        (Fraction(7, 100), "7"),
        (Fraction(1905, 10000), "19.05"),
        (Fraction(19, 100) + Fraction(1, 10**8), "19"),
    ],
)
def test_a_percentage_is_written_without_needless_zeros(rate: Fraction, text: str) -> None:
    assert percent_text(rate) == text
