"""Money is whole minor units of one currency, and there is one rounding.

A part of an amount is first an exact fraction and is rounded once, half up, to the minor unit (rule 5.2).
Half up is meant in magnitude: the part of a negated amount is the negated part, so a correction undoes its
line exactly.
"""

from __future__ import annotations

import re
from fractions import Fraction

import msgspec

MINOR_PER_MAJOR = 100
_DECIMAL_TEXT = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]{1,2}))?\Z")


class Money(msgspec.Struct, frozen=True):
    """An amount: ``minor`` units (cents) of a ``currency`` (ISO 4217)."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same_currency(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same_currency(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __str__(self) -> str:
        return f"{decimal_text(self.minor)} {self.currency}"

    def _same_currency(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return other


def round_half_up(exact: Fraction) -> int:
    """This function will round an exact number of minor units to a whole one, half up in magnitude (rule
    5.2).
    """
    return part_of(exact.numerator, 1, exact.denominator)


def part_of(minor: int, numerator: int, denominator: int) -> int:
    """This function will give ``minor × numerator / denominator`` in minor units, rounded once (rule 5.2).

    The denominator must be positive.
    """
    doubled = 2 * abs(minor * numerator)
    magnitude = (doubled + denominator) // (2 * denominator)
    return magnitude if (minor < 0) == (numerator < 0) else -magnitude


def decimal_text(minor: int) -> str:
    """This function will write minor units with a point and two decimals: ``1790`` is ``"17.90"``."""
    sign = "-" if minor < 0 else ""
    major, rest = divmod(abs(minor), MINOR_PER_MAJOR)
    return f"{sign}{major}.{rest:02d}"


def minor_from_text(text: str) -> int:
    """This function will read decimal text such as ``"17.90"`` or ``"4"`` as minor units.

    Raises ``ValueError`` for anything else: signs, exponents, more than two decimals, grouping.
    """
    match = _DECIMAL_TEXT.match(text)
    if match is None:
        raise ValueError(f"expected an amount such as 15.00 with at most two decimals, found {text!r}")
    major, decimals = match.groups()
    return int(major) * MINOR_PER_MAJOR + int((decimals or "").ljust(2, "0"))
