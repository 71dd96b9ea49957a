"""Buying: the first purchase out of a trial, and every addition later (rules 3.2 and 4.3 to 4.4).

An upgrade adds items from today on and never moves the end of the term. It is possible from the first minute
of the trial to the last day of a cancelled subscription.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import msgspec

from switchroom.rules.credits import credit_is_usable
from switchroom.rules.lifecycle import State, state_on
from switchroom.rules.promise import FirstMonth, Grants, Id, Item, Promise
from switchroom.rules.refusals import Refused, gettext_noop

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+\Z")


class Addition(msgspec.Struct, frozen=True):
    """What is to be added: a quantity of a licence or service level, with the id its item will have."""

    id: Id
    licence: str
    quantity: int
    unit_price_minor: int
    grants: Grants = Grants()
    is_service_level: bool = False


class Upgrade(msgspec.Struct, frozen=True):
    """What an upgrade does: new items; whether it is the first purchase, and takes back a cancellation."""

    items: tuple[Item, ...]
    is_first_purchase: bool
    withdraws_cancellation: bool


def upgrade(promise: Promise, additions: Iterable[Addition], *, day: date, other_goes_on: bool) -> Upgrade:
    """This function will decide what buying ``additions`` today means.

    ``other_goes_on`` says whether the account has another paid subscription beyond this month (rule 5.5).
    Raises ``Refused`` 4.3 when the subscription is over or has not begun.
    """
    check_open(promise, day=day)
    is_first_purchase = promise.bought_on is None
    usable = is_first_purchase or credit_is_usable(promise, day=day, other_goes_on=other_goes_on)
    next_sequence = max((item.sequence for item in promise.items), default=0) + 1
    items = tuple(
        Item(
            id=addition.id,
            licence=addition.licence,
            quantity=addition.quantity,
            unit_price_minor=addition.unit_price_minor,
            from_on=day,
            sequence=sequence,
            grants=addition.grants,
            first_month=FirstMonth.CREDITED if usable else FirstMonth.DIRECT,
            is_service_level=addition.is_service_level,
        )
        for sequence, addition in enumerate(additions, start=next_sequence)
    )
    return Upgrade(items, is_first_purchase, is_first_purchase and promise.cancellation is not None)


def check_open(promise: Promise, *, day: date) -> None:
    """This function will raise ``Refused`` 4.3 when nothing can be added: the subscription is over or not yet
    begun.
    """
    state = state_on(promise, day)
    if state in (State.ENDED, State.DELETED):
        raise Refused("4.3", gettext_noop("This subscription is over; nothing can be added to it any more."))
    if state is State.PLANNED:
        raise Refused(
            "4.3",
            gettext_noop("This subscription begins on {from_on}; it can be upgraded from then on."),
            from_on=promise.trial.from_on,
        )


def after_upgrade(promise: Promise, decided: Upgrade, *, day: date) -> Promise:
    """This function will give the promise as it is once an upgrade of ``day`` is carried out."""
    return msgspec.structs.replace(
        promise,
        items=promise.items + decided.items,
        bought_on=day if decided.is_first_purchase else promise.bought_on,
        cancellation=None if decided.withdraws_cancellation else promise.cancellation,
    )


def wanted_quantity(typed: str, *, booked: int, maximum: int) -> int:
    """This function will read a quantity as typed into the store wizard: the total that is wanted (rule 4.2).

    Raises ``Refused`` 4.2 when it is not a whole number, negative, below what is booked or above the maximum.
    """
    text = typed.strip()
    if not _WHOLE_NUMBER.match(text) or not text.isascii():
        raise Refused("4.2", gettext_noop("Please enter a whole number, for example 4."))
    wanted = int(text[:12])
    if wanted < 0:
        raise Refused("4.2", gettext_noop("A quantity cannot be negative."))
    if wanted < booked:
        raise Refused(
            "4.2",
            gettext_noop("You have {booked} booked. To hold fewer, use “Reduce” on the details page."),
            booked=booked,
        )
    if wanted > maximum or len(text) > 12:
        raise Refused("4.2", gettext_noop("At most {maximum} can be booked here."), maximum=maximum)
    return wanted


def stepped_quantity(typed: str, by: int, *, booked: int, maximum: int) -> int:
    """This function will count a quantity up or down from what stands in its field, within what may be
    chosen.

    What is not a whole number counts as what is booked (rule 4.2).
    """
    text = typed.strip()
    stood = int(text[:12]) if text.isascii() and _WHOLE_NUMBER.match(text) else booked
    return max(booked, min(stood + by, maximum))


def quantity_covering(grants: Grants, used: Grants) -> int:
    """This function will give the smallest quantity of a licence that covers what is in use, at least 1 (rule
    3.2).

    Services that the licence does not grant are left out of account.
    """
    pairs = (
        (grants.trunk_lines, used.trunk_lines),
        (grants.endpoints, used.endpoints),
        (grants.phone_numbers, used.phone_numbers),
    )
    return max([1, *(-(-in_use // granted) for granted, in_use in pairs if granted)])
