"""Holding less: refused in the term, at the end of the month after it (rules 6.1 and 6.2).

A reduction names absolute targets. When it bites it closes the newest items first and opens one with what
remains, because an item's quantity never changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from switchroom.rules.lifecycle import State, state_on
from switchroom.rules.promise import (
    FirstMonth,
    Id,
    Item,
    Promise,
    Reduction,
    ReductionInTerm,
    held_on,
    items_in_force,
)
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.rules.terms import earliest_end
from switchroom.rules.upgrades import wanted_quantity

MOST = 10**12
"""More than any field can hold: what is held is the true limit of a target."""


class Remainder(msgspec.Struct, frozen=True):
    """What stays of a closed item: an item like it, with this quantity, from the day the reduction bites."""

    of: Item
    quantity: int


class Bite(msgspec.Struct, frozen=True):
    """What a reduction does on its day: which items end, and what remains of the one that it cut in two."""

    closed: tuple[Item, ...]
    remainders: tuple[Remainder, ...]


def possible_from(promise: Promise) -> date | None:
    """This function will give the first day on which a reduction may be entered, none when nothing was
    bought.
    """
    if promise.bought_on is None:
        return None
    if promise.policy.reduction_in_term is ReductionInTerm.SCHEDULED:
        return promise.bought_on
    return promise.term_until


def check_possible(promise: Promise, *, day: date) -> date:
    """This function will give the end of the term (exclusive) when a reduction may be entered on ``day``.

    Raises ``Refused`` 6.2 when nothing is booked, 6.1 in the term.
    """
    term_ends_on = promise.term_until
    if term_ends_on is None or state_on(promise, day) not in (State.ACTIVE, State.CANCELLED):
        raise Refused("6.2", gettext_noop("Nothing is booked here that could be reduced."))
    if day < term_ends_on and promise.policy.reduction_in_term is ReductionInTerm.REFUSED:
        raise Refused(
            "6.1",
            gettext_noop(
                "During the minimum term a reduction is not possible; it is from {possible_from} on. You can "
                "wait until then, or cancel and take out a smaller subscription that follows this one."
            ),
            possible_from=term_ends_on,
        )
    return term_ends_on


def reduce(promise: Promise, targets: Mapping[str, int], *, day: date) -> Reduction:
    """This function will decide when a reduction to ``targets`` (licence → absolute quantity ≥ 0) bites.

    Raises ``Refused`` 6.1 in the term, and 6.2 for a target above what is held, for a licence that is not
    held, for targets that change nothing and for targets that leave nothing.
    """
    term_ends_on = check_possible(promise, day=day)
    held = held_on(promise, day)
    _check_targets(promise, targets, held, day)
    return Reduction(entered_on=day, bites_on=earliest_end(term_ends_on, day), targets=dict(targets))


def _check_targets(promise: Promise, targets: Mapping[str, int], held: Mapping[str, int], day: date) -> None:
    for licence, target in targets.items():
        if licence not in held:
            raise Refused("6.2", gettext_noop("The licence {licence} is not booked here."), licence=licence)
        if target > held[licence]:
            raise Refused(
                "6.2",
                gettext_noop("{target} is more than the {held} booked of {licence}; more is an upgrade."),
                target=target,
                held=held[licence],
                licence=licence,
            )
    kept = {**held, **targets}
    if kept == dict(held):
        raise Refused(
            "6.2", gettext_noop("These are the quantities you hold already, so nothing would change.")
        )
    levels = {item.licence for item in items_in_force(promise, day) if item.is_service_level}
    if not any(quantity for licence, quantity in kept.items() if licence not in levels):
        raise Refused(
            "6.2", gettext_noop("A reduction cannot leave nothing at all; to stop, cancel the subscription.")
        )


def target_quantity(typed: str, *, held: int) -> int:
    """This function will read a quantity to hold from now on, as typed (rule 6.2).

    Raises ``Refused`` 4.2 when it is not a whole number or negative, 6.2 when it is more than what is held.
    """
    target = wanted_quantity(typed, booked=0, maximum=MOST)
    if target > held:
        raise Refused(
            "6.2",
            gettext_noop("You hold {held}. To hold more, use “Upgrade” on the details page."),
            held=held,
        )
    return target


def withdraw_reduction(promise: Promise, *, day: date) -> None:
    """This function will let a reduction be withdrawn until it bites, else raise ``Refused`` 6.2."""
    if promise.reduction is None or day >= promise.reduction.bites_on:
        raise Refused("6.2", gettext_noop("No reduction is pending, so there is nothing to withdraw."))


def bite(promise: Promise, reduction: Reduction) -> Bite:
    """This function will say which items end on ``reduction.bites_on`` and what remains (rule 6.2).

    Newest items are closed first. A target that is no longer below what is held closes nothing.
    """
    held = held_on(promise, reduction.bites_on)
    closed: list[Item] = []
    remainders: list[Remainder] = []
    for licence, target in reduction.targets.items():
        surplus = held.get(licence, 0) - target
        newest_first = sorted(
            (item for item in items_in_force(promise, reduction.bites_on) if item.licence == licence),
            key=lambda item: (item.from_on, item.sequence),
            reverse=True,
        )
        for item in newest_first:
            if surplus <= 0:
                break
            closed.append(item)
            if item.quantity > surplus:
                remainders.append(Remainder(of=item, quantity=item.quantity - surplus))
            surplus -= item.quantity
    return Bite(closed=tuple(closed), remainders=tuple(remainders))


def after_bite(promise: Promise, reduction: Reduction, *, new_ids: Iterable[Id]) -> Promise:
    """This function will give the promise as it is once ``reduction`` has bitten.

    ``new_ids`` are the ids of the items that are opened with what remains, in the order of ``bite``; there
    may be more of them than needed. Raises ``ValueError`` when there are fewer, because what remains would be
    lost.
    """
    bitten = bite(promise, reduction)
    ids = list(itertools.islice(new_ids, len(bitten.remainders)))
    if len(ids) < len(bitten.remainders):
        raise ValueError(f"{len(bitten.remainders)} new items need an id each, {len(ids)} were given")
    closed = {item.id for item in bitten.closed}
    kept = tuple(
        msgspec.structs.replace(item, until_on=reduction.bites_on) if item.id in closed else item
        for item in promise.items
    )
    next_sequence = max((item.sequence for item in promise.items), default=0) + 1
    opened = tuple(
        msgspec.structs.replace(
            remainder.of,
            id=new_id,
            quantity=remainder.quantity,
            from_on=reduction.bites_on,
            sequence=sequence,
            first_month=FirstMonth.CREDITED,
        )
        for sequence, (remainder, new_id) in enumerate(
            zip(bitten.remainders, ids, strict=True), start=next_sequence
        )
    )
    return msgspec.structs.replace(promise, items=kept + opened, reduction=None)
