"""Value added tax of a domestic invoice: dated rates, computed once per document and rate.

Rates are facts with days. A line is taxed at the rate of its service month (rule 5.3); a credit at the rate
at which it was charged. Tax is rounded once per document and rate, half up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

import msgspec

from switchroom.rules.money import part_of
from switchroom.rules.periods import Month


class DatedRate(msgspec.Struct, frozen=True):
    """A country's standard rate, as a share of the net amount, from a day on."""

    country: str
    from_on: date
    rate: Fraction


class TaxLine(msgspec.Struct, frozen=True):
    """The net amounts of a document at one rate, and the tax on them, in minor units."""

    rate: Fraction
    net_minor: int
    tax_minor: int


STANDARD_RATES = (
    DatedRate("DE", date(2007, 1, 1), Fraction(19, 100)),
    DatedRate("DE", date(2020, 7, 1), Fraction(16, 100)),
    DatedRate("DE", date(2021, 1, 1), Fraction(19, 100)),
)
"""§ 12 (1) UStG, and § 28 (1) UStG for the second half of 2020."""


def standard_rate(country: str, month: Month, rates: Iterable[DatedRate] = STANDARD_RATES) -> Fraction:
    """This function will give a country's standard rate for a service month (the rate on its first day).

    Raises ``LookupError`` when no rate is known, because a guess would be a wrong invoice.
    """
    known = [dated for dated in rates if dated.country == country and dated.from_on <= month.first_on]
    if not known:
        raise LookupError(f"no VAT rate is known for {country} in {month}")
    return max(known, key=lambda dated: dated.from_on).rate


def tax_on(net_minor: int, rate: Fraction) -> int:
    """This function will give the tax on a net amount in minor units, rounded once, half up."""
    return part_of(net_minor, rate.numerator, rate.denominator)


def tax_lines(amounts: Iterable[tuple[Fraction, int]]) -> tuple[TaxLine, ...]:
    """This function will add up (rate, net in minor units) by rate and tax each sum once, highest first."""
    nets = nets_by_rate(amounts)
    if len(nets) > 1:
        nets.sort(reverse=True)
    return tuple([TaxLine(rate, net_minor, tax_on(net_minor, rate)) for rate, net_minor in nets])


def nets_by_rate(amounts: Iterable[tuple[Fraction, int]]) -> list[tuple[Fraction, int]]:
    """This function will add up (rate, net in minor units) so that each rate stands once."""
    amounts = list(amounts)
    if len(amounts) < 2:  # as a rule
        return amounts
    # A fraction is slow to hash and to compare; lines in a row that share one and the same are not compared.
    nets: list[tuple[Fraction, int]] = []
    for rate, same in groupby(amounts, itemgetter(0)):
        net_minor = sum(map(itemgetter(1), same))
        for place, (known, sum_minor) in enumerate(nets):
            if known == rate:
                nets[place] = (known, sum_minor + net_minor)
                break
        else:
            nets.append((rate, net_minor))
    return nets


def percent_text(rate: Fraction) -> str:
    """This function will write a rate as a percentage without needless zeros: ``19`` or ``8.1``."""
    percent = rate * 100
    whole, rest = divmod(percent.numerator, percent.denominator)
    if rest == 0:
        return str(whole)
    decimals = f"{Fraction(rest, percent.denominator) * 10_000 // 1:04d}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole)
