"""Minor units and the one rounding (rule 5.2)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.rules.money import Money, decimal_text, minor_from_text, part_of, round_half_up


@pytest.mark.parametrize(
    ("minor", "numerator", "denominator", "part"),
    [
        (6000, 15, 30, 3000),
        (6000, 0, 30, 0),
        (6000, 29, 30, 5800),
        (5370, 16, 31, 2772),
        (5370, 14, 28, 2685),
        (5370, 14, 29, 2592),
        (999, 1, 31, 32),
        (1, 1, 2, 1),
        (-1, 1, 2, -1),
        (1, -1, 2, -1),
        (-3, -1, 2, 2),
        (0, -1, 2, 0),
    ],
)
def test_a_part_is_rounded_once_half_up(minor: int, numerator: int, denominator: int, part: int) -> None:
    assert part_of(minor, numerator, denominator) == part


@given(st.integers(-(10**12), 10**12), st.integers(-400, 400), st.integers(1, 400))
def test_it_rounds_as_decimal_does(minor: int, numerator: int, denominator: int) -> None:
    exact = Decimal(minor * numerator) / denominator
    assert part_of(minor, numerator, denominator) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(st.integers(0, 10**9), st.integers(0, 31), st.integers(28, 31))
def test_a_correction_undoes_its_line_exactly(minor: int, numerator: int, denominator: int) -> None:
    assert part_of(-minor, numerator, denominator) == -part_of(minor, numerator, denominator)


def test_a_fraction_is_rounded_half_up_in_magnitude() -> None:
    assert [round_half_up(Fraction(n, 4)) for n in (1, 2, 3, -1, -2, -3)] == [0, 1, 1, 0, -1, -1]


@pytest.mark.parametrize(
    ("text", "minor"),
    [("15.00", 1500), ("17.9", 1790), ("4", 400), ("0", 0), ("0.01", 1), ("1000000.00", 100_000_000)],
)
def test_decimal_text_is_read_exactly(text: str, minor: int) -> None:
    assert minor_from_text(text) == minor


@pytest.mark.parametrize(
    "text", ["", "-1.00", "+1", "1.005", "1e2", "1,00", "1 000", ".5", "5.", "01.00", "١", "1.00\n", "NaN"]
)
def test_any_other_text_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="expected an amount such as"):
        minor_from_text(text)


@given(st.integers(0, 10**12))
def test_writing_and_reading_are_inverse(minor: int) -> None:
    assert minor_from_text(decimal_text(minor)) == minor


def test_a_negative_amount_is_written_with_its_sign() -> None:
    assert decimal_text(-5) == "-0.05"
    assert str(Money(-300, "EUR")) == "-3.00 EUR"


def test_money_of_one_currency_adds_up() -> None:
    assert Money(1500, "EUR") * 4 - Money(3000, "EUR") + -Money(1, "EUR") == Money(2999, "EUR")


def test_money_of_two_currencies_does_not() -> None:
    with pytest.raises(ValueError, match="EUR and CHF cannot be added"):
        Money(1, "EUR") + Money(1, "CHF")
