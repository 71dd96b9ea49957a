"""The promises of many accounts at once, read with a few queries however many there are.

The billing run decides on the same ``rules.promise.Promise`` as every page, but makes no object of a row on
its way there. It must never decide on an incomplete reading: what lacks a piece (a trial, an item between two
others) is not guessed at but given back as a contradiction, with its reason.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import Any

import msgspec

from switchroom.catalog.models import LicenceKind
from switchroom.catalog.queries import grants_of, licences_by_key, policy_of, versions_by_key
from switchroom.plumbing.bulk import Row, day_of, read_in_blocks
from switchroom.rules.promise import (
    Cancellation,
    FirstMonth,
    Grants,
    Id,
    Item,
    Policy,
    Promise,
    Reduction,
    Trial,
)

SPAN = "s.account_id BETWEEN %s AND %s"

SUBSCRIPTIONS = f"""
    SELECT s.id, s.account_id, s.product_version_id, s.bought_on, s.next_due_on,
           t.from_on, t.until_on, t.trunk_lines, t.endpoints, t.phone_numbers, s.name
    FROM subscriptions_subscription s LEFT JOIN subscriptions_trial t ON t.subscription_id = s.id
    WHERE {SPAN} ORDER BY s.account_id, s.created_on, s.id
"""  # noqa: S608  # no value is written into a statement
ITEMS = f"""
    SELECT i.subscription_id, i.id, i.licence_id, i.quantity, i.unit_price_minor, i.from_on, i.until_on,
           i.sequence, i.first_month, {{asked}}
    FROM subscriptions_item i JOIN subscriptions_subscription s ON s.id = i.subscription_id
    WHERE {SPAN}
"""  # noqa: S608
CANCELLATIONS = f"""
    SELECT c.subscription_id, c.entered_on, c.ends_on
    FROM subscriptions_cancellation c JOIN subscriptions_subscription s ON s.id = c.subscription_id
    WHERE c.withdrawn_on IS NULL AND {SPAN}
"""  # noqa: S608
REDUCTIONS = f"""
    SELECT r.subscription_id, r.entered_on, r.bites_on, r.targets, r.id
    FROM subscriptions_reduction r JOIN subscriptions_subscription s ON s.id = r.subscription_id
    WHERE r.withdrawn_on IS NULL AND r.done_on IS NULL AND {SPAN}
"""  # noqa: S608


class SubscriptionFacts(msgspec.Struct, frozen=True):
    """One subscription: its promise and what of its row a run needs. Ids are text (``plumbing.bulk``)."""

    id: str
    account_id: str
    product: str
    currency: str
    version_id: str
    next_due_on: date | None
    promise: Promise
    reduction_id: str = ""
    """Of the reduction that is pending, if any."""
    name: str = ""


class Reading(msgspec.Struct, frozen=True):
    """What was read of a span of accounts: complete facts by account, and why others are contradictory."""

    facts: dict[str, list[SubscriptionFacts]]
    contradictions: dict[str, str]
    answers: dict[Id, Any]
    """Item → what was asked of it beside, where there is an answer."""


class Contradiction(Exception):
    """Facts that cannot all be true; nothing may be decided on them."""


def read_facts(
    span: tuple[str, str],
    *,
    asking: str = "NULL",
    understood: Callable[[Any, date | str], Any] = lambda *_: None,
) -> Reading:
    """This function will read all subscriptions of the accounts from ``span[0]`` through ``span[1]``.

    An account's subscriptions come oldest first, as everywhere. ``asking`` is an SQL expression about an item
    ``i``, for whoever would otherwise look at the same items once more, and ``understood`` makes of its value
    and the item's first day what is kept as the answer. Must be called within a transaction.
    """
    reader = _Reader(span, asking, understood)
    facts: dict[str, list[SubscriptionFacts]] = defaultdict(list)
    contradictions: dict[str, str] = {}
    for row in reader.subscriptions:
        try:
            facts[row[1]].append(reader.facts_of(row))
        except Contradiction as why:
            contradictions[row[1]] = str(why)
    complete = {account: read for account, read in facts.items() if account not in contradictions}
    return Reading(complete, contradictions, reader.answers)


class _Reader:
    """Holds the rows that belong to subscriptions, and the catalogue, while promises are made of them."""

    def __init__(
        self, span: tuple[str, str], asking: str, understood: Callable[[Any, date | str], Any]
    ) -> None:
        self.answers: dict[Id, Any] = {}
        self._understood = understood
        self._versions = {
            key: (policy_of(version), version.product.key, version.currency)
            for key, version in versions_by_key().items()
        }
        self._licences = {
            key: (licence.key, grants_of(licence), licence.kind == LicenceKind.SERVICE_LEVEL)
            for key, licence in licences_by_key().items()
        }
        self._items: dict[str, list[Item]] = defaultdict(list)
        self._out_of_order: set[str] = set()
        cancellations, reductions, self.subscriptions = read_in_blocks(
            (ITEMS.format(asked=asking), span),
            self._take_items,
            then=[(statement, span) for statement in (CANCELLATIONS, REDUCTIONS, SUBSCRIPTIONS)],
        )
        self._cancellations = _by_subscription(cancellations)
        self._reductions = _by_subscription(reductions)

    def facts_of(self, row: Row) -> SubscriptionFacts:
        id_, account_id, version, bought_on, next_due_on, from_on, until_on, *granted, name = row
        if from_on is None:
            raise Contradiction(f"subscription {id_} has no trial")
        policy, product, currency = self._versions[version]
        items = self._items_in_order(id_)
        if (bought_on is None) != (not items):
            raise Contradiction(f"subscription {id_} has a purchase without items, or items without one")
        return SubscriptionFacts(
            id_,
            account_id,
            product,
            currency,
            version,
            next_due_on and day_of(next_due_on),
            self._promise(policy, _trial(from_on, until_on, *granted), row, items),
            self._reductions[id_][0][4] if id_ in self._reductions else "",
            name,
        )

    def _take_items(self, rows: Iterable[Row]) -> None:
        """Makes the items of each subscription, in any order, and keeps the answers of what was asked."""
        items, licences, answers, understood = self._items, self._licences, self.answers, self._understood
        for row in rows:
            subscription, id_, licence, quantity, price, from_on, until_on, sequence, first, answer = row
            key, grants, is_service_level = licences[licence]
            item = Item(
                id_,
                key,
                quantity,
                price,
                day_of(from_on),
                sequence,
                grants,
                until_on and day_of(until_on),
                _FIRST_MONTHS[first],
                is_service_level,
            )
            of_this = items[subscription]
            of_this.append(item)
            if sequence != len(of_this):
                self._out_of_order.add(subscription)
            if answer is not None:
                answers[id_] = understood(answer, from_on)

    def _items_in_order(self, subscription: str) -> tuple[Item, ...]:
        items: Sequence[Item] = self._items.get(subscription, ())
        if subscription in self._out_of_order:
            items = sorted(items, key=attrgetter("sequence"))
            if items[-1].sequence != len(items):
                there = {item.sequence for item in items}
                missing = next(number for number in count(1) if number not in there)
                raise Contradiction(f"item {missing} of subscription {subscription} is missing")
        return tuple(items)

    def _promise(self, policy: Policy, trial: Trial, row: Row, items: tuple[Item, ...]) -> Promise:
        id_ = row[0]
        ended = self._only(self._cancellations, id_, "cancellation") if id_ in self._cancellations else None
        less = self._only(self._reductions, id_, "reduction") if id_ in self._reductions else None
        return Promise(
            policy,
            trial,
            items,
            row[3] and day_of(row[3]),
            None if ended is None else Cancellation(day_of(ended[1]), day_of(ended[2])),
            None if less is None else Reduction(day_of(less[1]), day_of(less[2]), targets_of(less[3])),
        )

    @staticmethod
    def _only(rows: dict[str, list[Row]], subscription: str, name: str) -> Row:
        (only, *more) = rows[subscription]
        if more:
            raise Contradiction(f"subscription {subscription} has {len(more) + 1} open facts of kind {name}")
        return only


@lru_cache(maxsize=10_000)
def _trial(from_on: date | str, until_on: date | str, *granted: int) -> Trial:
    """A trial, which begins and grants the same in many subscriptions."""
    return Trial(day_of(from_on), day_of(until_on), Grants(*granted))


_FIRST_MONTHS = {word.value: word for word in FirstMonth}


def _by_subscription(rows: list[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(row)
    return grouped


def targets_of(kept: str | dict[str, int]) -> dict[str, int]:
    """This function will return a reduction's targets (licence → quantity) out of a row of ``read_rows``."""
    return json.loads(kept) if isinstance(kept, str) else kept
