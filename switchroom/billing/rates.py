"""VAT rates between the rules (exact shares) and the rows (hundredths of a percent)."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from django.conf import settings

from switchroom.rules.periods import Month
from switchroom.rules.vat import standard_rate

BASIS_POINTS = 10_000


def rate_of(month: Month) -> Fraction:
    """This function will give the provider's VAT rate for a service month; raises ``LookupError`` when
    unknown.
    """
    return standard_rate(settings.INSTALLATION.country, month)


def basis_points_of(month: Month) -> int:
    """This function will give the provider's VAT rate for a service month in hundredths of a percent."""
    return _basis_points_of(settings.INSTALLATION.country, month.year, month.month)


@lru_cache(maxsize=1_000)
def _basis_points_of(country: str, year: int, month: int) -> int:
    return basis_points(standard_rate(country, Month(year, month)))


def basis_points(rate: Fraction) -> int:
    """This function will write a rate in hundredths of a percent; raises ``ValueError`` when it does not
    fit.
    """
    exact = rate * BASIS_POINTS
    if exact.denominator != 1:
        raise ValueError(f"a VAT rate of {rate} cannot be kept in hundredths of a percent")
    return exact.numerator


def share(basis_points_: int) -> Fraction:
    """This function will read a rate from hundredths of a percent."""
    return Fraction(basis_points_, BASIS_POINTS)
