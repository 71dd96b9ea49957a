"""The bills that are to come, if nothing else is ordered: the next invoice and the months after it.

The months are lived ahead with the very functions that bill (rule 5.8): ends and pending reductions take
effect on their days, credits are used oldest first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from switchroom.rules.credits import Credit
from switchroom.rules.documents import Draft, RateOf, after_uses, monthly_document
from switchroom.rules.owing import Charge, charge_for, owes
from switchroom.rules.periods import Month
from switchroom.rules.promise import Promise
from switchroom.rules.reductions import after_bite


def with_reduction_done(promise: Promise) -> Promise:
    """This function will give the promise as it is once its pending reduction has bitten, itself when none
    is.

    What remains has made-up negative ids: those items are not yet booked.
    """
    if promise.reduction is None:
        return promise
    return after_bite(promise, promise.reduction, new_ids=(-number for number in itertools.count(1)))


def charges_in(promises: Iterable[Promise], month: Month) -> list[Charge]:
    """This function will list what an account's subscriptions owe in one month, as the facts stand now."""
    lived = [with_reduction_done(promise) for promise in promises]
    return [
        charge_for(item, month)
        for promise in lived
        for item in promise.items
        if owes(item, month, ends_on=promise.ends_on)
    ]


def coming_documents(
    promises: Sequence[Promise], credits: Iterable[Credit], *, first: Month, count: int, rate_of: RateOf
) -> list[tuple[Month, Draft | None]]:
    """This function will draft an account's monthly documents of ``count`` months, beginning with ``first``.

    A month in which nothing is owed has no document. ``credits`` are all of the account's credits as they
    stand.
    """
    left = list(credits)
    documents: list[tuple[Month, Draft | None]] = []
    for number in range(count):
        month = first.plus(number)
        draft = monthly_document(charges_in(promises, month), left, month, rate_of)
        if draft is not None:
            left = after_uses(left, draft.uses)
        documents.append((month, draft))
    return documents


def credits_lost(
    promises: Sequence[Promise], credits: Iterable[Credit], *, first: Month, rate_of: RateOf
) -> int:
    """This function will add up, in minor units, what of an account's credits can no longer be used (rule
    5.4).

    The months from ``first`` on are lived to the last known end. While anything is charged after it, whatever
    is left will still be used, so nothing is lost.
    """
    left = list(credits)
    ends = [promise.ends_on for promise in promises if promise.ends_on is not None]
    starts = [item.from_on for promise in promises for item in promise.items]
    last = max([first, *(Month.of(day) for day in (*ends, *starts))])
    if any(charge.net_minor for charge in charges_in(promises, last.plus(1))):
        return 0
    month = first
    while month <= last:
        draft = monthly_document(charges_in(promises, month), left, month, rate_of)
        if draft is not None:
            left = after_uses(left, draft.uses)
        month = month.plus(1)
    return sum(credit.left_minor for credit in left)
