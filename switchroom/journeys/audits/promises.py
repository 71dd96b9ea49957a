"""The promise keeps to its own rules: reductions, ends, and the day on which it is next looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from switchroom.journeys.audits.breaches import Breach
from switchroom.journeys.audits.readings.lives import Life, Lives
from switchroom.plumbing.bulk import uuid_text
from switchroom.rules.cancellations import cancel
from switchroom.rules.promise import Item
from switchroom.rules.refusals import Refused
from switchroom.rules.reminders import next_due_on


def facts_do_not_contradict(lives: Lives) -> Iterator[Breach]:
    """This function will find accounts whose facts cannot all be true; no other law can judge them."""
    for account_id, why in lives.contradictions.items():
        yield Breach(f"account {uuid_text(account_id)}", f"{why}.")


def no_item_overlaps_itself(lives: Lives) -> Iterator[Breach]:
    """This function will find items left by a reduction that ended nothing, and the reverse.

    An item ends by a reduction alone; what is left of it begins on that very day (rule 6.2).
    """
    for life in lives.lives:
        items = life.promise.items
        ended = [item for item in items if item.until_on is not None]
        for item in ended:
            if item.until_on not in {reduction.on for reduction in life.reductions_done}:
                yield Breach(life.item_name(item), f"it ended on {item.until_on}, but no reduction ended it.")
        for left in (item for item in items if item.id in lives.left_by_reductions):
            source = next((item for item in ended if _is_left_of(left, item)), None)
            if source is None:
                yield Breach(
                    life.item_name(left),
                    f"no greater item ended on {left.from_on} of which it could be left.",
                )
            else:
                ended.remove(source)


def reductions_leave_the_target(lives: Lives) -> Iterator[Breach]:
    """This function will find reductions after which something else was held than before, cut to the targets.

    So a reduction never leaves more than there was (rule 6.2).
    """
    for life in lives.lives:
        items = life.promise.items
        for reduction in life.reductions_done:
            before = _held(
                item for item in items if item.from_on < reduction.on and _reaches(item, reduction.on)
            )
            after = _held(item for item in items if _is_in_force_after_bite(lives, item, reduction.on))
            right = {key: min(held, reduction.targets.get(key, held)) for key, held in before.items()}
            if after != {key: held for key, held in right.items() if held}:
                yield Breach(
                    life.name, f"the reduction of {reduction.on} left other quantities than its targets."
                )


def ends_are_on_the_right_day(lives: Lives) -> Iterator[Breach]:
    """This function will find cancellations that take effect on another day than the rules say (rule 7.2)."""
    for life in lives.lives:
        cancellation = life.promise.cancellation
        if cancellation is None:
            continue
        right = set(_possible_ends(life, cancellation.entered_on))
        if cancellation.ends_on not in right:
            days = " or ".join(str(day) for day in sorted(right)) or "not at all"
            yield Breach(
                life.name,
                f"it was cancelled on {cancellation.entered_on} and ends on {cancellation.ends_on}; "
                f"the rules say {days}.",
            )


def days_to_come_are_noted(lives: Lives) -> Iterator[Breach]:
    """This function will find subscriptions that a day's run has passed over, or would (rule 2.3)."""
    for life in lives.lives:
        noted = life.facts.next_due_on
        coming = next_due_on(life.promise, after=lives.day)
        if noted is not None and noted <= lives.day:
            yield Breach(life.name, f"what {noted} asked for was not done.")
        elif coming is not None and (noted is None or noted > coming):
            when = "never" if noted is None else f"not before {noted}"
            yield Breach(life.name, f"{coming} asks for something, but it is to be looked at {when}.")


def _possible_ends(life: Life, entered_on: date) -> Iterator[date]:
    before = msgspec.structs.replace(life.promise, cancellation=None)
    for at_once in (False, True):
        try:
            yield cancel(before, day=entered_on, at_once=at_once).ends_on
        except Refused:
            return


def _is_left_of(left: Item, ended: Item) -> bool:
    same = (left.licence, left.unit_price_minor) == (ended.licence, ended.unit_price_minor)
    return same and ended.until_on == left.from_on and ended.quantity > left.quantity


def _reaches(item: Item, day: date) -> bool:
    return item.until_on is None or item.until_on >= day


def _is_in_force_after_bite(lives: Lives, item: Item, day: date) -> bool:
    """What was bought on the day of the bite came after it and plays no part in it."""
    bought_that_day = item.id not in lives.left_by_reductions and item.from_on == day
    return item.from_on <= day and not bought_that_day and (item.until_on is None or item.until_on > day)


def _held(items: Iterable[Item]) -> dict[str, int]:
    held: dict[str, int] = {}
    for item in items:
        held[item.licence] = held.get(item.licence, 0) + item.quantity
    return held
