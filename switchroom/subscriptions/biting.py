"""Reductions take effect on their days, for many subscriptions at once (rule 6.2).

The newest items are closed first and one with what remains is opened, as ``rules.reductions`` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from switchroom.catalog.queries import licence_keys_of_versions
from switchroom.plumbing.bulk import insert_rows, new_key, update_rows
from switchroom.rules import reductions
from switchroom.rules.lifecycle import State, state_on
from switchroom.rules.promise import Item as ItemFact
from switchroom.subscriptions.facts import SubscriptionFacts
from switchroom.subscriptions.models import Item, Reduction

ITEM_COLUMNS = (
    "id",
    "subscription_id",
    "licence_id",
    "quantity",
    "unit_price_minor",
    "from_on",
    "sequence",
    "first_month",
)


class Bitten(msgspec.Struct, frozen=True):
    """A reduction that bites on a day: the subscription's facts before and after."""

    on: date
    facts: SubscriptionFacts
    after: SubscriptionFacts


def bitten_by(facts: SubscriptionFacts, *, on: date) -> Bitten | None:
    """This function will decide what the pending reduction does, none when there is none that bites on ``on``
    or before, or when the subscription is over. Nothing is written.
    """
    promise = facts.promise
    reduction = promise.reduction
    if reduction is None or reduction.bites_on > on:
        return None
    if state_on(promise, reduction.bites_on) not in (State.ACTIVE, State.CANCELLED):
        return None
    after = reductions.after_bite(promise, reduction, new_ids=iter(new_key, ""))
    return Bitten(reduction.bites_on, facts, msgspec.structs.replace(facts, promise=after))


def carry_out(all_bitten: Sequence[Bitten]) -> None:
    """This function will close and open the items of reductions that were decided, and note that they are
    done.
    """
    if not all_bitten:
        return
    licences = licence_keys_of_versions()
    closed: list[tuple[str, date]] = []
    opened: list[tuple[Any, ...]] = []
    for bitten in all_bitten:
        before = {item.id: item for item in bitten.facts.promise.items}
        for item in bitten.after.promise.items:
            if item.id not in before:
                opened.append(_item_row(bitten, item, licences))
            elif item != before[item.id]:
                closed.append((str(item.id), bitten.on))
    update_rows(Item, "until_on", closed)
    insert_rows(Item, ITEM_COLUMNS, opened)
    update_rows(Reduction, "done_on", [(one.facts.reduction_id, one.on) for one in all_bitten])


def _item_row(bitten: Bitten, item: ItemFact, licences: Mapping[tuple[str, str], str]) -> tuple[Any, ...]:
    return (
        item.id,
        bitten.facts.id,
        licences[bitten.facts.version_id, item.licence],
        item.quantity,
        item.unit_price_minor,
        item.from_on,
        item.sequence,
        item.first_month.value,
    )
