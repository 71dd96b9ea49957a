"""How many quotes a second: a subscription with a past and 1, 4 and 40 items is quoted for one more order.

A quote is what the store wizard recomputes at every click: due now, credit, the next two months, the month
after. It is measured beside an empty function call in the same run, so that the ratio means the same on any
machine.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from bench._report import reported
from bench._side_by_side import seconds_each
from switchroom.rules.credits import Credit
from switchroom.rules.periods import Month
from switchroom.rules.promise import Grants, Item, Policy, Promise, Trial
from switchroom.rules.quotes import Quote, quote
from switchroom.rules.upgrades import Addition

RATE = Fraction(19, 100)
BOUGHT_ON = date(2026, 6, 1)
TODAY = date(2026, 9, 16)


def main(quick: bool) -> dict[str, Any]:
    """This function will measure and give the figures; ``quick`` takes fewer rounds."""
    sizes = (1, 4, 40)
    promises = {size: _promise(size) for size in sizes}
    credits = [Credit(1, date(2026, 8, 20), 2772, RATE), Credit(2, date(2026, 9, 2), 32, RATE)]
    candidates = {"empty": _nothing} | {
        f"items_{size}": (lambda promise=promises[size]: _quote(promise, credits)) for size in sizes
    }
    seconds = seconds_each(candidates, calls=200 if quick else 1000, rounds=7 if quick else 21)
    figures: dict[str, float] = {}
    for size in sizes:
        each = seconds[f"items_{size}"]
        figures[f"quotes_per_second_{size}_items"] = round(1 / each)
        figures[f"ratio_to_empty_call_{size}_items"] = round(each / seconds["empty"], 1)
    return reported("quote", figures, at_most={"ratio_to_empty_call_4_items": 20_000})


def _nothing() -> None:
    """An empty call, to compare with."""


def _quote(promise: Promise, credits: list[Credit]) -> Quote:
    additions = [Addition(1000, "one", 4, 1500, Grants(2, 3, 1)), Addition(1001, "extra-endpoint", 2, 250)]
    return quote(promise, additions, others=[], credits=credits, day=TODAY, rate_of=_rate_of)


def _rate_of(_month: Month) -> Fraction:
    return RATE


def _promise(items: int) -> Promise:
    return Promise(
        policy=Policy(),
        trial=Trial(date(2026, 5, 20), date(2026, 6, 20), Grants(5, 10, 2)),
        items=tuple(
            Item(number, "one", 3, 1500, BOUGHT_ON, number, Grants(2, 3, 1)) for number in range(1, items + 1)
        ),
        bought_on=BOUGHT_ON,
    )
