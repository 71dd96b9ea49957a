"""VAT rates between the rules (exact shares) and the rows (hundredths of a percent)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial

from django.conf import settings

from switchroom.rules.periods import Month
from switchroom.rules.vat import standard_rate

BASIS_POINTS = 10_000


def rate_of(month: Month) -> Fraction:
    """This function will give the provider's VAT rate for a service month; raises ``LookupError`` when
    unknown.
    """
    return standard_rate(settings.INSTALLATION.country, month)


def rates_by_month() -> Callable[[Month], Fraction]:
    """This function will return ``rate_of`` for whoever asks for the same months again and again."""
    return cache(partial(standard_rate, settings.INSTALLATION.country))


def basis_points_by_month() -> Callable[[Month], int]:
    """This function will return what gives the VAT rate of a service month in hundredths of a percent."""
    rate_of = rates_by_month()
    return cache(lambda month: basis_points(rate_of(month)))


def basis_points(rate: Fraction) -> int:
    """This function will write a rate in hundredths of a percent; raises ``ValueError`` when it does not
    fit.
    """
    exact = rate * BASIS_POINTS
    if exact.denominator != 1:
        raise ValueError(f"a VAT rate of {rate} cannot be kept in hundredths of a percent")
    return exact.numerator


@cache
def share(basis_points_: int) -> Fraction:
    """This function will read a rate from hundredths of a percent."""
    return Fraction(basis_points_, BASIS_POINTS)
