"""Random lives in the input format of ``switchroom replay``, full of the days on which mistakes live.

``lives()`` draws any product; ``lives(products=st.just("ONE"))`` only what the shipped catalogue sells, for
tests that hold the database-backed journeys against the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

Document = dict[str, Any]
"""A JSON object, as input or as output."""

IS_FULL = settings.default is not None and settings.default.max_examples > 100
many_lives = settings(max_examples=10_000 if IS_FULL else 500, deadline=None)
some_lives = settings(max_examples=2_000 if IS_FULL else 150, deadline=None)

NOTABLE_DAYS = (
    date(2024, 2, 29),
    date(2028, 2, 29),
    date(2027, 2, 28),
    date(2026, 3, 29),  # 23 hours long
    date(2026, 10, 25),  # 25 hours long
    date(2026, 1, 31),
    date(2026, 6, 1),
    date(2026, 6, 30),
    date(2025, 12, 31),
)
LICENCES = ("one", "extra-trunk-line", "extra-endpoint", "phone-numbers-10")

_prices = st.one_of(
    st.sampled_from(["15.00", "17.90", "9.99", "0.00", "0.01", "4", "2.5"]),
    st.integers(1, 99_999).map(lambda minor: f"{minor // 100}.{minor % 100:02d}"),
)
_services = st.fixed_dictionaries(
    {}, optional={name: st.integers(0, 10) for name in ("trunk_lines", "endpoints", "phone_numbers")}
)
changed_products = st.fixed_dictionaries(
    {},
    optional={
        "term_months": st.sampled_from([0, 0, 1, 1, 2, 6, 12, 23]),
        "trial_days": st.sampled_from([0, 1, 14, 30, 60]),
        "trial_grace_days": st.sampled_from([0, 1, 14, 30]),
        "trial_grants": _services,
        "retention_days": st.sampled_from([0, 1, 30, 90]),
        "reduction_in_term": st.sampled_from(["refused", "scheduled", "scheduled"]),
        "licences": st.fixed_dictionaries(
            {key: st.fixed_dictionaries({"unit_price": _prices, "grants": _services}) for key in LICENCES}
        ),
    },
)
all_products: st.SearchStrategy[str | Document] = st.one_of(
    st.just("ONE"), changed_products, changed_products
)

_starts = st.one_of(st.sampled_from(NOTABLE_DAYS), st.dates(date(2023, 11, 1), date(2028, 3, 31)))
_gaps = st.one_of(st.just(0), st.integers(0, 3), st.integers(4, 35), st.integers(20, 100))
_snaps = st.sampled_from(["", "", "first", "last", "summer time"])
MOTIFS: tuple[tuple[str, ...], ...] = (
    ("upgrade",),
    ("upgrade",),
    ("upgrade", "upgrade"),
    ("reduce",),
    ("reduce", "upgrade"),
    ("reduce", "reduce"),
    ("reduce", "withdraw_reduction"),
    ("cancel",),
    ("cancel", "upgrade"),
    ("cancel", "withdraw_cancellation"),
    ("cancel", "reduce", "withdraw_cancellation"),
    ("upgrade", "cancel", "withdraw_cancellation"),
    ("withdraw_cancellation",),
    ("withdraw_reduction",),
    ("trial",),
)
"""What members wish, alone or within a few days of one another."""

_bookings = st.dictionaries(st.sampled_from(LICENCES), st.integers(1, 25), min_size=1, max_size=3)


def snapped(day: date, to: str) -> date:
    """This function will move a day forward to a notable one: never back, so that time stays in order."""
    next_first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    if to == "first":
        return day if day.day == 1 else next_first
    if to == "last":
        return next_first - timedelta(days=1)
    if to == "summer time":
        changes = (last_sunday(year, month) for year in (day.year, day.year + 1) for month in (3, 10))
        return min(change for change in changes if change >= day)
    return day


def last_sunday(year: int, month: int) -> date:
    """This function will give the Sunday on which clocks change in March and October."""
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


@st.composite
def lives(draw: st.DrawFn, *, products: st.SearchStrategy[str | Document] = all_products) -> Document:
    """This function will draw a life: mostly a trial that is bought, then up to six motifs, then some time.

    Most wishes are such that the rules can grant them; the others must leave no trace.
    """
    product = draw(products)
    terms = product if isinstance(product, dict) else {}
    day = draw(_starts)
    events: list[Document] = [{"on": day.isoformat(), **_first_wish(draw)}]
    alive_days = terms.get("trial_days", 30) + terms.get("trial_grace_days", 14)
    if draw(st.integers(0, 5)) == 0:
        day += timedelta(days=draw(st.integers(0, alive_days)))
        events.append({"on": day.isoformat(), **draw(_cancellations)})
    booked: dict[str, int] = {}
    term_ends_on = day
    for number in range(draw(st.integers(1, 7))):
        if number == 0:
            bought_on = snapped(day + timedelta(days=draw(st.integers(0, alive_days))), draw(_snaps))
            day = min(bought_on, day + timedelta(days=alive_days))
            verbs: Sequence[str] = ("upgrade",)
            term_ends_on = after_months(day, terms.get("term_months", 12))
        else:
            day = max(day, _next_day(draw, day, term_ends_on))
            verbs = draw(st.sampled_from(MOTIFS))
        for place, verb in enumerate(verbs):
            day += timedelta(days=draw(st.integers(0, 9)) if place else 0)
            wish = _wish(draw, verb, booked)
            for licence, quantity in wish.get("upgrade", {}).items():
                booked[licence] = booked.get(licence, 0) + quantity
            events.append({"on": day.isoformat(), **wish})
    until = day + timedelta(days=draw(st.one_of(st.integers(0, 70), st.integers(71, 420))))
    if draw(st.booleans()):
        until = max(day, term_ends_on + timedelta(days=draw(st.integers(0, 100))))
    return {
        "product": product,
        "vat_rate": draw(st.sampled_from(["19", "19", "7", "8.1", "0"])),
        "events": events,
        "until": until.isoformat(),
    }


_cancellations: st.SearchStrategy[Document] = st.sampled_from(
    [{"cancel": {}}, {"cancel": {"at": "once"}}, {"withdraw_cancellation": {}}]
)


def _first_wish(draw: st.DrawFn) -> Document:
    if draw(st.integers(0, 30)) == 0:
        return _wish(draw, draw(st.sampled_from([motif[0] for motif in MOTIFS])), {})
    return {"trial": {}}


def _next_day(draw: st.DrawFn, day: date, term_ends_on: date) -> date:
    if draw(st.integers(0, 3)) == 0:
        return term_ends_on + timedelta(days=draw(st.integers(-33, 33)))
    return snapped(day + timedelta(days=draw(_gaps)), draw(_snaps))


def _wish(draw: st.DrawFn, verb: str, booked: dict[str, int]) -> Document:
    if verb == "upgrade":
        return {verb: draw(_bookings)}
    if verb == "reduce":
        licences = st.sampled_from(sorted(booked) or LICENCES)
        chosen = draw(st.lists(licences, unique=True, min_size=draw(st.integers(0, 1)), max_size=2))
        return {verb: {key: draw(st.integers(0, max(1, booked.get(key, 0)))) for key in chosen}}
    if verb == "cancel":
        return {verb: draw(st.sampled_from([{}, {}, {"at": "once"}]))}
    return {verb: {}}


def after_months(day: date, months: int) -> date:
    """This function will give the 1st some months on, which is about where a term ends."""
    years, month = divmod(day.month - 1 + months + (day.day > 1), 12)
    return date(day.year + years, month + 1, 1)
