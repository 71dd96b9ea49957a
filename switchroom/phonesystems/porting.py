"""Bringing numbers from another provider, step by step (rules 7.8 and 8.3).

A member asks; an operator hands the signed order in, notes the day for which it is confirmed, and says when
the numbers are there, or why they are refused; until then the member may withdraw. From the asking on the
numbers keep their place among those that are entitled, and the document is kept, encrypted; both end with the
port-in. When its phone system is deleted an open port-in is dropped with it; a follow-up takes it over.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Min, Q, QuerySet

from switchroom.accounts.models import User
from switchroom.phonesystems import documents
from switchroom.phonesystems.changing import hold, hold_switched_on, tell
from switchroom.phonesystems.lines import one_line
from switchroom.phonesystems.models import PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import check_room, count_on_their_way, take_in
from switchroom.phonesystems.port_ins import OPEN, PortIn, PortInNumber, PortInState
from switchroom.phonesystems.signed_orders import SignedOrder, passed
from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id
from switchroom.rules.refusals import Refused, gettext_noop

LONGEST_REASON = 400
SHOWN_AFTER_REFUSAL_DAYS = 30

_BEFORE = {
    PortInState.HANDED_IN: (PortInState.ASKED,),
    PortInState.CONFIRMED: (PortInState.HANDED_IN, PortInState.CONFIRMED),
    PortInState.DONE: (PortInState.CONFIRMED,),
    PortInState.REFUSED: OPEN,
    PortInState.WITHDRAWN: OPEN,
}
"""The states that each may follow; a confirmation may be moved to another day."""


class NotFree(Refused):
    """A number cannot be brought along, because it is here or on its way already (rule 8.3)."""


def ask(*, phone_system: PhoneSystem, order: SignedOrder, at: datetime, user: User) -> PortIn:
    """This function will ask for the numbers of a signed order and keep its document.

    Raises NoRoom (rule 8.2) when more numbers come than are entitled, those of other open port-ins counted,
    and NotFree (rule 8.3) for one that is in the stock or in an open port-in.
    """
    hold_switched_on(phone_system)
    _check_free(order.numbers)
    check_room(phone_system, len(order.numbers), on_their_way=count_on_their_way(phone_system))
    port_in = PortIn.objects.create(
        id=new_id(),
        phone_system=phone_system,
        present_provider=order.present_provider,
        holder_name=order.holder_name,
        holder_street=order.holder_street,
        holder_postal_code=order.holder_postal_code,
        holder_city=order.holder_city,
        customer_number=order.customer_number,
        wished_on=order.wished_on,
        document_kind=order.document.kind,
        document_size=len(order.document.content),
        asked_at=at,
        asked_by=user,
        changed_at=at,
    )
    try:
        with transaction.atomic():
            PortInNumber.objects.bulk_create(
                PortInNumber(port_in=port_in, e164=e164)
                for e164 in sorted(order.numbers)  # in one order, so that no two wait for one another
            )
    except IntegrityError:
        _check_free(order.numbers)  # another asked for one since we looked
        raise
    documents.keep(port_in, order.document.content)
    _tell(port_in, "port_in_asked", at, actor=user.email, wished_on=order.wished_on)
    return port_in


def hand_in(*, port_in: PortIn, at: datetime, operator: str) -> None:
    """This function will note that the present provider was asked. Raises ``Refused`` (rule 8.3) unless it is
    asked for and no more.
    """
    _hold_for(port_in, PortInState.HANDED_IN)
    _step(port_in, PortInState.HANDED_IN, at)
    _tell(port_in, "port_in_handed_in", at, operator=operator)


def confirm(*, port_in: PortIn, on: date, at: datetime, operator: str) -> None:
    """This function will note the day for which the present provider has confirmed, or another day.

    Raises ``Refused`` (rule 8.3) for a day that has passed, and unless it was handed in.
    """
    _hold_for(port_in, PortInState.CONFIRMED)
    if on < clock.local_day(at):
        raise passed(on)
    port_in.confirmed_on = on
    _step(port_in, PortInState.CONFIRMED, at, "confirmed_on")
    _tell(port_in, "port_in_confirmed", at, confirmed_on=on, operator=operator)


def finish(*, port_in: PortIn, at: datetime, operator: str) -> None:
    """This function will take the numbers into the stock and assign them to the phone system. They take calls
    once they have an emergency address.

    Raises ``Refused`` (rule 8.3) before the confirmed day and unless it is confirmed, NoRoom (rule 8.2) when
    less is entitled by now, and ``Refused`` (rule 8) where the phone system is off.
    """
    _hold_for(port_in, PortInState.DONE)
    hold_switched_on(port_in.phone_system)
    if port_in.confirmed_on is None or port_in.confirmed_on > clock.local_day(at):
        raise Refused(
            "8.3",
            gettext_noop("It is confirmed for {day}, which has not come yet."),
            day=port_in.confirmed_on or port_in.wished_on,
        )
    _end(port_in, PortInState.DONE, at)
    take_in(phone_system=port_in.phone_system, numbers=numbers_of(port_in), area=port_in.holder_city, at=at)
    _tell(port_in, "port_in_done", at, operator=operator)


def refuse(*, port_in: PortIn, reason: str, at: datetime, operator: str) -> None:
    """This function will end a port-in for a reason that the member reads.

    Raises ``Refused`` (rule 8) without a reason, and (rule 8.3) when it is over.
    """
    cleaned = one_line(reason, longest=LONGEST_REASON)
    _hold_for(port_in, PortInState.REFUSED)
    port_in.reason = cleaned
    _end(port_in, PortInState.REFUSED, at, "reason")
    _tell(port_in, "port_in_refused", at, reason=cleaned, operator=operator)


def withdraw(*, port_in: PortIn, at: datetime, actor: str) -> None:
    """This function will end a port-in because the member wishes so. Raises ``Refused`` (rule 8.3) when it is
    over.
    """
    _hold_for(port_in, PortInState.WITHDRAWN)
    was = port_in.state
    _end(port_in, PortInState.WITHDRAWN, at)
    _tell(port_in, "port_in_withdrawn", at, actor=actor, was=was)


def hand_over(*, old: PhoneSystem, new: PhoneSystem) -> None:
    """This function will let a follow-up go on with the open port-ins of the phone system that it takes over
    from; the caller holds the old one.

    A document is encrypted anew, for the old key goes with the old phone system. One that cannot be opened
    does not come along, and keeps nobody from beginning.
    """
    for port_in in _open_ones(old):
        try:
            content = documents.opened(port_in)
        except Refused:
            content = b""
        documents.erase(port_in)
        port_in.phone_system = new
        port_in.save(update_fields=["phone_system"])
        if content:
            documents.keep(port_in, content)


def drop_all(*, phone_system: PhoneSystem, day: date) -> None:
    """This function will delete the port-ins of a phone system that is held and about to be deleted, and tell
    of those that were open: whoever was asked to let the numbers go does not know of it.
    """
    for port_in in _open_ones(phone_system):
        _tell_on(port_in, "port_in_dropped", day, was=port_in.state)
    PortIn.objects.filter(phone_system=phone_system).delete()


def numbers_of(port_in: PortIn) -> list[str]:
    """This function will return the numbers of a port-in (E.164), in order."""
    return [number.e164 for number in port_in.numbers.all()]


def shown_port_ins(phone_system: PhoneSystem, *, at: datetime) -> QuerySet[PortIn]:
    """This function will return the port-ins that concern a member at an instant, newest first: those that
    are open, and those refused of late. Each has its ``first_number`` (E.164) and its ``number_count``.
    """
    refused_of_late = Q(
        state=PortInState.REFUSED, changed_at__gte=at - timedelta(days=SHOWN_AFTER_REFUSAL_DAYS)
    )
    rows = PortIn.objects.filter(Q(state__in=OPEN) | refused_of_late, phone_system=phone_system)
    counted = rows.annotate(first_number=Min("numbers__e164"), number_count=Count("numbers"))
    return counted.order_by("-asked_at", "-id")


def same_wish(*, phone_system: PhoneSystem, order: SignedOrder, user: User) -> PortIn | None:
    """This function will return the port-in that the same person has just asked for with the same numbers, as
    a double click does; none when there is none.
    """
    for port_in in PortIn.objects.filter(
        phone_system=phone_system, state=PortInState.ASKED, asked_by=user
    ).prefetch_related("numbers"):
        if set(numbers_of(port_in)) == set(order.numbers):
            return port_in
    return None


def _check_free(numbers: Collection[str]) -> None:
    here = PhoneNumber.objects.filter(e164__in=numbers).order_by("e164").first()
    if here is not None:
        raise NotFree("8.3", gettext_noop("{number} is one of our numbers already."), number=here.e164)
    coming = PortInNumber.objects.filter(e164__in=numbers, is_open=True).order_by("e164").first()
    if coming is not None:
        raise NotFree(
            "8.3",
            gettext_noop("{number} is on its way to us already: another port-in names it."),
            number=coming.e164,
        )


def _hold_for(port_in: PortIn, state: PortInState) -> None:
    """Whoever changes a port-in holds its phone system. Raises ``Refused`` when ``state`` may not follow."""
    hold(port_in.phone_system)
    port_in.refresh_from_db(fields=["state", "confirmed_on", "document"])
    if port_in.state not in _BEFORE[state]:
        raise Refused("8.3", _WHY_NOT[PortInState(port_in.state)])


_WHY_NOT = {
    PortInState.ASKED: gettext_noop("This port-in was not handed in yet."),
    PortInState.HANDED_IN: gettext_noop("This port-in is handed in, and no day is confirmed yet."),
    PortInState.CONFIRMED: gettext_noop("This port-in is confirmed already."),
    PortInState.DONE: gettext_noop("This port-in is done: its numbers are here."),
    PortInState.REFUSED: gettext_noop("This port-in was refused and is over."),
    PortInState.WITHDRAWN: gettext_noop("This port-in was withdrawn and is over."),
}


def _step(port_in: PortIn, state: PortInState, at: datetime, *fields: str) -> None:
    port_in.state, port_in.changed_at = state, at
    port_in.save(update_fields=["state", "changed_at", *fields])


def _end(port_in: PortIn, state: PortInState, at: datetime, *fields: str) -> None:
    documents.erase(port_in)
    _step(port_in, state, at, *fields)
    port_in.numbers.update(is_open=False)


def _open_ones(phone_system: PhoneSystem) -> QuerySet[PortIn]:
    rows = PortIn.objects.filter(phone_system=phone_system, state__in=OPEN).order_by("asked_at")
    return rows.select_related("phone_system").prefetch_related("numbers")


def _tell(port_in: PortIn, kind: str, at: datetime, *, actor: str = "", **more: Any) -> None:
    _tell_on(port_in, kind, clock.local_day(at), actor=actor, **more)


def _tell_on(port_in: PortIn, kind: str, day: date, *, actor: str = "", **more: Any) -> None:
    facts = {
        "port_in_id": port_in.id,
        "numbers": numbers_of(port_in),
        "present_provider": port_in.present_provider,
        **more,
    }
    tell(phone_system=port_in.phone_system, kind=kind, day=day, actor=actor, facts=facts)
