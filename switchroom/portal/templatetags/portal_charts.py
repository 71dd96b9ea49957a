"""The portal's pictures, drawn on the server: use of what is entitled, the months' bills, the term.

Lengths are percentages of the picture's width, so that it fills whatever room it has while its letters keep
their size. Every picture has its figures beside or beneath it as text: nobody needs to see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django import template

from switchroom.plumbing.wording import money
from switchroom.rules.money import MINOR_PER_MAJOR
from switchroom.rules.periods import Month

register = template.Library()

CHART_HEIGHT = 120  # pixels between the base line and the highest bar
LEAST_BAR = 2  # pixels: a bill of little is still a bill
WHOLE = 100  # percent
_NO_CENTS = re.compile("[.,]00(?=\u00a0)")


@dataclass(frozen=True)
class Bar:
    """One month of the chart: where it stands in percent, how high in pixels, and what it says."""

    month: Month | date
    amount_minor: int
    left: float
    width: float
    middle: float
    top: int
    height: int
    current: bool


@dataclass(frozen=True)
class Mark:
    """A day on a line: where in percent, and to which side its label is set."""

    day: date
    at: float
    anchor: str


@register.filter
def share(used: int, entitled: int) -> int:
    """This function will return how much of what is entitled is used, in whole percent from 0 to 100."""
    if used <= 0:
        return 0
    return WHOLE if used >= entitled else max(1, used * WHOLE // entitled)


@register.filter
def beyond(used: int, entitled: int) -> int:
    """This function will return how many are in use beyond what is entitled, 0 where enough is there."""
    return max(0, used - entitled)


@register.filter
def whole_money(minor: int, currency: str = "") -> str:
    """This function will write minor units for a narrow chart, without cents where there are none."""
    written = money(minor, currency)
    return written if minor % MINOR_PER_MAJOR else _NO_CENTS.sub("", written)


@register.inclusion_tag("portal/parts/month_chart.html")
def month_chart(
    months: Iterable[tuple[Month | date, int]],
    *,
    caption: str,
    currency: str = "",
    current: Month | None = None,
) -> dict[str, object]:
    """This function will draw what each month costs (minor units), with the same figures as a table beneath.

    ``current`` is the month to stand out; the first one when not given.
    """
    figures = list(months)
    highest = max((amount for _, amount in figures), default=0)
    standing_out = current or (figures[0][0] if figures else None)
    step = WHOLE / max(len(figures), 1)
    bars = []
    for place, (month, amount) in enumerate(figures):
        height = max(LEAST_BAR, amount * CHART_HEIGHT // highest) if highest > 0 and amount > 0 else 0
        bars.append(
            Bar(
                month=month,
                amount_minor=amount,
                left=round(place * step + step * 0.16, 2),
                width=round(step * 0.68, 2),
                middle=round((place + 0.5) * step, 2),
                top=CHART_HEIGHT - height,
                height=height,
                current=month == standing_out,
            )
        )
    return {
        "bars": bars,
        "caption": caption,
        "currency": currency,
    }


@register.inclusion_tag("portal/parts/term_line.html")
def term_line(*, from_on: date, until_on: date, day: date, ends_on: date | None = None) -> dict[str, object]:
    """This function will draw a span of days with today on it.

    ``until_on`` is exclusive, as is ``ends_on``, the day on which a cancellation takes effect.
    """
    length = max((until_on - from_on).days, 1)

    def mark(at: date) -> Mark:
        percent = min(max((at - from_on).days / length * WHOLE, 0.0), float(WHOLE))
        anchor = "start" if percent < 15 else "end" if percent > 85 else "middle"
        return Mark(day=at, at=round(percent, 2), anchor=anchor)

    return {
        "from_on": from_on,
        "last_on": date.fromordinal(until_on.toordinal() - 1),
        "today": mark(day),
        "end": None if ends_on is None else mark(ends_on),
    }
