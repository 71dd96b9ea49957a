"""What the laws of the audit look at: all rows of a kind, chunk by chunk, in a few queries each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from django.db.models import Model, QuerySet

from switchroom.billing.models import InvoiceLine, LineKind
from switchroom.rules.money import decimal_text
from switchroom.rules.promise import Id, Item, Promise
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of, with_facts

CHUNK = 500
"""How many rows are in memory at a time."""

Row = TypeVar("Row", bound=Model)


class Breach(NamedTuple):
    """What breaks a law: its name for people, and what is wrong with it in one sentence."""

    subject: str
    sentence: str


class Life(NamedTuple):
    """A subscription with all its facts."""

    subscription: Subscription
    promise: Promise

    @property
    def name(self) -> str:
        """How the audit names the subscription."""
        return f"subscription {self.subscription.name} ({self.subscription.id})"

    def item_name(self, item: Item) -> str:
        """How the audit names one of its items."""
        return f"{item.quantity} × {item.licence} of {self.subscription.name} ({item.id})"


def in_chunks(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    """This function will read all rows, in the order of their keys, some at a time."""
    ordered = rows.order_by("pk")
    chunk = list(ordered[:CHUNK])
    while chunk:
        yield chunk
        chunk = list(ordered.filter(pk__gt=chunk[-1].pk)[:CHUNK]) if len(chunk) == CHUNK else []


def lives() -> Iterator[list[Life]]:
    """This function will read all subscriptions with their facts, in five queries for each chunk."""
    for chunk in in_chunks(with_facts(Subscription.objects.all())):
        yield [Life(subscription, promise_of(subscription)) for subscription in chunk]


def charge_lines(chunk: Iterable[Life]) -> dict[Id, list[InvoiceLine]]:
    """This function will read the charge lines of a chunk (item id → lines), with invoice and credit."""
    ids = [life.subscription.id for life in chunk]
    lines = InvoiceLine.objects.filter(kind=LineKind.CHARGE, item__subscription_id__in=ids)
    of_item: dict[Id, list[InvoiceLine]] = defaultdict(list)
    for line in lines.select_related("invoice", "credit_granted").order_by("month_on"):
        of_item[line.item_id].append(line)
    return of_item


def amount(minor: int) -> str:
    """This function will write minor units for a sentence: ``1790`` is ``17.90``."""
    return decimal_text(minor)
