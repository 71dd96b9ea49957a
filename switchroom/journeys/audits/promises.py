"""The promise keeps to its own rules: reductions, ends, and the day on which it is next looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

import msgspec

from switchroom.journeys.audits.facts import Breach, Life, lives
from switchroom.rules.cancellations import cancel
from switchroom.rules.refusals import Refused
from switchroom.rules.reminders import next_due_on
from switchroom.subscriptions.models import Item, Reduction


def no_item_overlaps_itself(_day: date) -> Iterator[Breach]:
    """This function will find items left by a reduction that ended nothing, and the reverse.

    An item ends by a reduction alone; what is left of it begins on that very day (rule 6.2).
    """
    for chunk in lives():
        done_on = {(one.subscription_id, one.done_on) for one in _reductions_done(chunk)}
        for life in chunk:
            items = list(life.subscription.items.all())
            ended = [item for item in items if item.until_on is not None]
            for item in ended:
                if (life.subscription.id, item.until_on) not in done_on:
                    yield Breach(
                        _name(life, item), f"it ended on {item.until_on}, but no reduction ended it."
                    )
            for left in (item for item in items if item.order_id is None):
                source = next((item for item in ended if _is_left_of(left, item)), None)
                if source is None:
                    yield Breach(
                        _name(life, left),
                        f"no greater item ended on {left.from_on} of which it could be left.",
                    )
                else:
                    ended.remove(source)


def reductions_leave_the_target(_day: date) -> Iterator[Breach]:
    """This function will find reductions after which something else was held than before, cut to the targets.

    So a reduction never leaves more than there was (rule 6.2).
    """
    for chunk in lives():
        done = defaultdict(list)
        for reduction in _reductions_done(chunk):
            done[reduction.subscription_id].append(reduction)
        for life in chunk:
            items = list(life.subscription.items.all())
            for reduction in done[life.subscription.id]:
                bit_on = reduction.done_on
                if bit_on is None:
                    continue
                before = _held(item for item in items if item.from_on < bit_on and _reaches(item, bit_on))
                after = _held(item for item in items if _is_in_force_after_bite(item, bit_on))
                right = {key: min(held, reduction.targets.get(key, held)) for key, held in before.items()}
                if after != {key: held for key, held in right.items() if held}:
                    yield Breach(
                        life.name, f"the reduction of {bit_on} left other quantities than its targets."
                    )


def ends_are_on_the_right_day(_day: date) -> Iterator[Breach]:
    """This function will find cancellations that take effect on another day than the rules say (rule 7.2)."""
    for chunk in lives():
        for life in chunk:
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


def days_to_come_are_noted(day: date) -> Iterator[Breach]:
    """This function will find subscriptions that a day's run has passed over, or would (rule 2.3)."""
    for chunk in lives():
        for life in chunk:
            noted = life.subscription.next_due_on
            coming = next_due_on(life.promise, after=day)
            if noted is not None and noted <= day:
                yield Breach(life.name, f"what {noted} asked for was not done.")
            elif coming is not None and (noted is None or noted > coming):
                when = "never" if noted is None else f"not before {noted}"
                yield Breach(life.name, f"{coming} asks for something, but it is to be looked at {when}.")


def _reductions_done(chunk: Iterable[Life]) -> Iterator[Reduction]:
    ids = [life.subscription.id for life in chunk]
    yield from Reduction.objects.filter(subscription_id__in=ids, done_on__isnull=False)


def _possible_ends(life: Life, entered_on: date) -> Iterator[date]:
    before = msgspec.structs.replace(life.promise, cancellation=None)
    for at_once in (False, True):
        try:
            yield cancel(before, day=entered_on, at_once=at_once).ends_on
        except Refused:
            return


def _is_left_of(left: Item, ended: Item) -> bool:
    same = (left.licence_id, left.unit_price_minor) == (ended.licence_id, ended.unit_price_minor)
    return same and ended.until_on == left.from_on and ended.quantity > left.quantity


def _reaches(item: Item, day: date) -> bool:
    return item.until_on is None or item.until_on >= day


def _is_in_force_after_bite(item: Item, day: date) -> bool:
    """What was bought on the day of the bite came after it and plays no part in it."""
    bought_that_day = item.order_id is not None and item.from_on == day
    return item.from_on <= day and not bought_that_day and (item.until_on is None or item.until_on > day)


def _held(items: Iterable[Item]) -> dict[str, int]:
    held: dict[str, int] = {}
    for item in items:
        held[item.licence.key] = held.get(item.licence.key, 0) + item.quantity
    return held


def _name(life: Life, item: Item) -> str:
    number: UUID = item.id
    return f"{item.quantity} × {item.licence.key} of {life.subscription.name} ({number})"
