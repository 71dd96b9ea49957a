"""Subscriptions with all their facts, and what their items were charged and granted.

Months of an item that were charged alike come as one row, whose months follow one another without a gap: a
year is a row or two and not twelve.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from switchroom.journeys.audits.readings.accounts import Edges
from switchroom.plumbing.bulk import day_of, read_rows, uuid_text
from switchroom.rules.owing import months_owed
from switchroom.rules.periods import Month, months_through
from switchroom.rules.promise import Id, Item, Promise
from switchroom.subscriptions.facts import SPAN, SubscriptionFacts, read_facts, targets_of

ITEMS = "subscriptions_item i JOIN subscriptions_subscription s ON s.id = i.subscription_id"
CHARGED = f"""
    subscriptions_subscription s CROSS JOIN subscriptions_item i CROSS JOIN billing_invoiceline l
    JOIN billing_invoice v ON v.id = l.invoice_id
    WHERE {SPAN} AND i.subscription_id = s.id AND l.item_id = i.id AND l.kind = 'charge'
"""
"""Crossed, because SQLite keeps to that order: it would else read all lines that there are."""
CHARGES = f"""
    SELECT l.item_id, v.account_id, l.subscription_id, l.quantity, l.unit_price_minor, l.days, l.of_days,
           l.net_minor, MIN(l.month_on), MAX(l.month_on), COUNT(*)
    FROM {CHARGED}
    GROUP BY l.item_id, v.account_id, l.subscription_id, l.quantity, l.unit_price_minor, l.days, l.of_days,
             l.net_minor
"""  # noqa: S608  # no value is written into a statement
CHARGES_BY_MONTH = f"{CHARGES}, l.month_on"
GRANTS = f"""
    SELECT l.item_id, l.month_on, c.granted_minor, c.days, c.of_days, c.granted_on
    FROM {ITEMS} JOIN billing_invoiceline l ON l.item_id = i.id AND l.kind = 'charge'
    JOIN billing_credit c ON c.line_id = l.id AND c.account_id = s.account_id
    WHERE c.account_id BETWEEN %s AND %s
"""  # noqa: S608
REDUCTIONS_DONE = f"""
    SELECT r.subscription_id, r.done_on, r.targets
    FROM subscriptions_reduction r JOIN subscriptions_subscription s ON s.id = r.subscription_id
    WHERE r.done_on IS NOT NULL AND {SPAN}
"""  # noqa: S608
LEFT_BY_REDUCTIONS = f"SELECT i.id FROM {ITEMS} WHERE i.order_id IS NULL AND {SPAN}"  # noqa: S608
REFERENCES = f"""
    SELECT l.item_id, l.month_on, v.reference
    FROM {CHARGED}
"""  # noqa: S608


class Charged(NamedTuple):
    """What an item was charged alike in some months that follow one another; its first month stands alone,
    because the rules may say something else of it.
    """

    account_id: str
    """Whose invoices charge it."""
    subscription_id: str
    quantity: int
    unit_price_minor: int
    days: int | None
    of_days: int | None
    net_minor: int
    months: tuple[Month, ...]


class Granted(NamedTuple):
    """The credit that an item was granted with its charge for a month."""

    month: Month
    granted_minor: int
    days: int
    of_days: int
    granted_on: date


class Done(NamedTuple):
    """A reduction that was carried out: the day it bit, and its targets (licence → quantity)."""

    on: date
    targets: Mapping[str, int]


class Life(NamedTuple):
    """A subscription with all its facts."""

    facts: SubscriptionFacts
    reductions_done: Sequence[Done]

    @property
    def promise(self) -> Promise:
        """What the rules decide on."""
        return self.facts.promise

    @property
    def name(self) -> str:
        """How the audit names the subscription."""
        return f"subscription {self.facts.name} ({uuid_text(self.facts.id)})"

    def item_name(self, item: Item) -> str:
        """How the audit names one of its items."""
        return f"{item.quantity} × {item.licence} of {self.facts.name} ({uuid_text(item.id)})"


class Booked(NamedTuple):
    """An item of a life with its first month, what it was charged and granted, and the months that were
    billed and those that it owes up to the day, by the rules.
    """

    life: Life
    item: Item
    first: Month
    charges: Sequence[Charged]
    grants: Sequence[Granted]
    billed: frozenset[Month]
    owed: frozenset[Month]

    @property
    def name(self) -> str:
        """How the audit names the item."""
        return self.life.item_name(self.item)


class Lives:
    """The subscriptions of a span of accounts, looked at on ``day``, and their items.

    ``contradictions`` says of the accounts that cannot be understood (id → why): nothing else here is theirs.
    ``left_by_reductions`` holds the ids of items that nobody ordered.
    """

    def __init__(self, edges: Edges, day: date) -> None:
        read = read_facts(edges)
        done = _reductions_done(edges)
        self._edges = edges
        self.day = day
        self.contradictions = read.contradictions
        self.left_by_reductions = frozenset(row[0] for row in read_rows(LEFT_BY_REDUCTIONS, edges))
        self.lives = [
            Life(facts, done.get(facts.id, ())) for account in read.facts.values() for facts in account
        ]
        self.items = list(_booked(self.lives, _charges(edges), _grants(edges), day))

    def invoice_of(self, item: Item, month: Month) -> str:
        """This function will name the invoice that charges an item for a month."""
        return self._references[item.id, month]

    @cached_property
    def _references(self) -> dict[tuple[Id, Month], str]:
        rows = read_rows(REFERENCES, self._edges)
        return {(item, Month.of(day_of(month_on))): reference for item, month_on, reference in rows}


def _booked(
    lives: Iterable[Life],
    charges: Mapping[Id, Sequence[Charged]],
    grants: Mapping[Id, Sequence[Granted]],
    day: date,
) -> Iterator[Booked]:
    owed: dict[tuple[date | None, ...], frozenset[Month]] = {}
    for life in lives:
        ends_on = life.promise.ends_on
        for item in life.promise.items:
            days = (item.from_on, item.until_on, ends_on)
            if days not in owed:  # what an item owes follows from its days alone
                owed[days] = frozenset(months_owed(item, ends_on=ends_on, through=Month.of(day)))
            first, charged = Month.of(item.from_on), charges.get(item.id, ())
            yield Booked(
                life,
                item,
                first,
                [part for one in charged for part in _first_month_apart(one, first)],
                grants.get(item.id, ()),
                frozenset[Month]().union(*[one.months for one in charged]),
                owed[days],
            )


def _first_month_apart(charged: Charged, first: Month) -> Iterator[Charged]:
    months = charged.months
    if len(months) == 1 or first not in months:
        yield charged
    else:
        place = months.index(first)
        for part in (months[:place], months[place : place + 1], months[place + 1 :]):
            if part:
                yield Charged._make([*charged[:-1], part])


def _charges(edges: Edges) -> dict[Id, list[Charged]]:
    rows = read_rows(CHARGES, edges)
    if any(len(_months(first, last)) != count for *_, first, last, count in rows):
        rows = read_rows(CHARGES_BY_MONTH, edges)
    charges: dict[Id, list[Charged]] = defaultdict(list)
    for item, *alike, first, last, _ in rows:
        charges[item].append(Charged._make([*alike, _months(first, last)]))
    return charges


def _grants(edges: Edges) -> dict[Id, list[Granted]]:
    grants: dict[Id, list[Granted]] = defaultdict(list)
    for item, month_on, granted_minor, days, of_days, granted_on in read_rows(GRANTS, edges):
        granted = Granted(Month.of(day_of(month_on)), granted_minor, days, of_days, day_of(granted_on))
        grants[item].append(granted)
    return grants


def _reductions_done(edges: Edges) -> dict[str, list[Done]]:
    done: dict[str, list[Done]] = defaultdict(list)
    for subscription, on, targets in read_rows(REDUCTIONS_DONE, edges):
        done[subscription].append(Done(day_of(on), targets_of(targets)))
    return done


@lru_cache(maxsize=10_000)
def _months(first_on: Any, last_on: Any) -> tuple[Month, ...]:
    """All months from one through another, as the database gives their days; the same few over and over."""
    return months_through(Month.of(day_of(first_on)), Month.of(day_of(last_on)))
