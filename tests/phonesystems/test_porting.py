"""Numbers that come from another provider: asked for, handed in, confirmed, done; refused or withdrawn (rules
7.8 and 8.3).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from switchroom.accounts.models import User
from switchroom.phonesystems import porting, stored
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.entitling import entitle, switch_off, usage
from switchroom.phonesystems.models import PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import add_stock, go_live, release_number, take_block, take_number
from switchroom.phonesystems.port_ins import PortIn, PortInNumber, PortInState
from switchroom.phonesystems.queries import usage_in, usage_of_many
from switchroom.plumbing.audit_trail import story_of
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import AT, DAY, ENTITLED, LATER, edge_caught_up, events_of
from tests.phonesystems.papers import CONFIRMED_ON, ON_THE_DAY, OPERATOR, confirmed, signed_order


def finished(port_in: PortIn) -> PortIn:
    porting.finish(port_in=confirmed(port_in), at=ON_THE_DAY, operator=OPERATOR)
    return port_in


def facts_of(phone_system: PhoneSystem) -> dict[str, object]:
    """The facts of the latest event."""
    event = story_of(subscription_id=phone_system.subscription_id).last()
    assert event is not None
    return {name: value for name, value in event.facts.items() if name != "port_in_id"}


def test_a_number_comes_from_another_provider(acme: PhoneSystem, alice: User) -> None:
    port_in = porting.ask(phone_system=acme, order=signed_order(), at=AT, user=alice)
    assert facts_of(acme) == {
        "phone_system": "Acme",
        "numbers": ["+49309876500"],
        "present_provider": "Altnetz AG",
        "wished_on": "2026-06-15",
    }
    confirmed(port_in)
    assert not PhoneNumber.objects.exists()
    porting.finish(port_in=port_in, at=ON_THE_DAY, operator=OPERATOR)
    number = acme.numbers.get()
    assert (number.e164, number.area, number.is_live, number.position) == ("+49309876500", "Berlin", False, 1)
    assert events_of(acme) == ["port_in_asked", "port_in_handed_in", "port_in_confirmed", "port_in_done"]
    actors = [event.actor for event in story_of(subscription_id=acme.subscription_id)]
    assert actors == ["alice@example.com", "", "", ""]
    assert facts_of(acme)["operator"] == OPERATOR
    acme.refresh_from_db()
    assert acme.changed_at == ON_THE_DAY
    with pytest.raises(Refused, match="needs an emergency address"):
        go_live(number=number, at=ON_THE_DAY)
    edge_caught_up()
    assert stored.names_of(acme.id) == []


def test_several_come_together_and_in_order(acme: PhoneSystem, alice: User, stock: None) -> None:
    entitle(phone_system=acme, entitled=Grants(2, 3, 12), day=DAY, at=AT)
    take_number(phone_system=acme, at=AT)
    order = signed_order("040 987609, 030 987600 – 09")
    finished(porting.ask(phone_system=acme, order=order, at=AT, user=alice))
    assert [number.e164 for number in acme.numbers.all()][1:] == sorted(order.numbers)
    assert acme.numbers.count() == 12


def test_what_came_is_given_back_like_any_other(acme: PhoneSystem, port_in: PortIn) -> None:
    finished(port_in)
    release_number(number=acme.numbers.get(), day=CONFIRMED_ON, quarantine_days=90, at=ON_THE_DAY)
    assert PhoneNumber.objects.get().quarantine_until == CONFIRMED_ON + timedelta(days=90)
    assert port_in.state == PortInState.DONE


# --- Room ---------------------------------------------------------------------------------------------------


def test_what_is_on_its_way_keeps_its_place(acme: PhoneSystem, port_in: PortIn, stock: None) -> None:
    assert usage(acme) == usage_in(acme.subscription_id) == Grants(0, 0, 1)
    assert usage_of_many([acme.id]) == {acme.id: Grants(0, 0, 1)}
    take_number(phone_system=acme, at=AT)
    with pytest.raises(NoRoom) as full:
        take_number(phone_system=acme, at=AT)
    assert (full.value.used, full.value.entitled) == (2, 2)
    assert str(full.value) == (
        "Your licences do not allow another phone number: 2 taken or on their way, 2 included."
    )
    with pytest.raises(NoRoom, match="allow 10 more phone numbers: 2 taken or on their way, 2 included"):
        take_block(phone_system=acme, begins="+49406696900", at=AT)
    porting.withdraw(port_in=port_in, at=LATER, actor="alice@example.com")
    take_number(phone_system=acme, at=LATER)
    assert usage(acme) == Grants(0, 0, 2)


def test_one_more_than_entitled_finds_no_room(acme: PhoneSystem, port_in: PortIn, alice: User) -> None:
    with pytest.raises(NoRoom) as full:
        porting.ask(phone_system=acme, order=signed_order("030 987601 – 02"), at=AT, user=alice)
    assert str(full.value) == (
        "Your licences do not allow 2 more phone numbers: 1 taken or on their way, 2 included."
    )
    porting.ask(phone_system=acme, order=signed_order("030 987601"), at=AT, user=alice)
    with pytest.raises(NoRoom):
        porting.ask(phone_system=acme, order=signed_order("030 987602"), at=AT, user=alice)
    assert PortInNumber.objects.count() == 2


def test_it_does_not_come_where_less_is_entitled_by_now(
    acme: PhoneSystem, port_in: PortIn, stock: None
) -> None:
    take_number(phone_system=acme, at=AT)
    confirmed(port_in)
    entitle(phone_system=acme, entitled=Grants(2, 3, 1), day=DAY, at=AT)
    with pytest.raises(NoRoom, match="another phone number: 1 taken, 1 included"), transaction.atomic():
        porting.finish(port_in=port_in, at=ON_THE_DAY, operator=OPERATOR)
    port_in.refresh_from_db()
    assert (port_in.state, port_in.document != "") == (PortInState.CONFIRMED, True)
    entitle(phone_system=acme, entitled=ENTITLED, day=DAY, at=AT)
    porting.finish(port_in=port_in, at=ON_THE_DAY, operator=OPERATOR)
    assert acme.numbers.count() == 2


# --- Numbers that cannot come -------------------------------------------------------------------------------


def test_a_number_of_ours_is_refused(acme: PhoneSystem, bolt: PhoneSystem, alice: User, stock: None) -> None:
    """Whether it is free, somebody's, or rests."""
    taken = take_number(phone_system=bolt, area="Hamburg", at=AT)
    resting = PhoneNumber.objects.filter(e164="+493023125001")
    resting.update(quarantine_until=DAY + timedelta(days=1))
    for number in ("+493023125000", taken.e164, "+493023125001"):
        with pytest.raises(porting.NotFree) as refused:
            porting.ask(phone_system=acme, order=signed_order(number), at=AT, user=alice)
        assert str(refused.value) == f"{number} is one of our numbers already."
    assert not PortIn.objects.exists()


def test_a_number_is_in_one_open_port_in_at_most(
    acme: PhoneSystem, bolt: PhoneSystem, port_in: PortIn, alice: User
) -> None:
    order = signed_order("030 9876499, 030 9876500")
    for phone_system in (bolt, acme):
        with pytest.raises(Refused):
            porting.ask(phone_system=phone_system, order=order, at=AT, user=alice)
    with pytest.raises(porting.NotFree) as refused:
        porting.ask(phone_system=bolt, order=order, at=AT, user=alice)
    assert str(refused.value) == "+49309876500 is on its way to us already: another port-in names it."
    assert PortIn.objects.get() == port_in
    porting.refuse(port_in=port_in, reason="The signature is missing.", at=AT, operator=OPERATOR)
    assert porting.ask(phone_system=bolt, order=order, at=AT, user=alice).is_open


def test_what_the_operator_has_put_into_the_stock_meanwhile_is_taken_from_there(
    acme: PhoneSystem, bolt: PhoneSystem, port_in: PortIn, alice: User
) -> None:
    other = porting.ask(phone_system=bolt, order=signed_order("030 9876501"), at=AT, user=alice)
    add_stock(numbers=["030 9876500", "030 9876501"], area="Ported")
    finished(port_in)
    assert [(number.e164, number.area) for number in acme.numbers.all()] == [("+49309876500", "Ported")]
    PhoneNumber.objects.filter(e164="+49309876501").update(phone_system=acme)
    confirmed(other)
    with pytest.raises(Refused, match=r"\+49309876501 is assigned already"), transaction.atomic():
        porting.finish(port_in=other, at=ON_THE_DAY, operator=OPERATOR)
    other.refresh_from_db()
    assert other.state == PortInState.CONFIRMED


def test_nothing_is_asked_for_and_nothing_comes_where_the_service_is_off(
    acme: PhoneSystem, port_in: PortIn, alice: User
) -> None:
    confirmed(port_in)
    switch_off(phone_system=acme, day=DAY, at=AT)
    attempts: list[Callable[[], object]] = [
        lambda: porting.ask(phone_system=acme, order=signed_order("030 9876501"), at=AT, user=alice),
        lambda: porting.finish(port_in=port_in, at=ON_THE_DAY, operator=OPERATOR),
    ]
    for attempt in attempts:
        with pytest.raises(Refused, match="switched off"), transaction.atomic():
            attempt()
    port_in.refresh_from_db()
    porting.refuse(port_in=port_in, reason="The trial is over.", at=LATER, operator=OPERATOR)
    assert port_in.state == PortInState.REFUSED


# --- From state to state ------------------------------------------------------------------------------------


STEPS: dict[str, Callable[[PortIn], None]] = {
    "hand in": lambda one: porting.hand_in(port_in=one, at=LATER, operator=OPERATOR),
    "confirm": lambda one: porting.confirm(port_in=one, on=CONFIRMED_ON, at=LATER, operator=OPERATOR),
    "finish": lambda one: porting.finish(port_in=one, at=ON_THE_DAY, operator=OPERATOR),
    "refuse": lambda one: porting.refuse(port_in=one, reason="No.", at=LATER, operator=OPERATOR),
    "withdraw": lambda one: porting.withdraw(port_in=one, at=LATER, actor="alice@example.com"),
}
MAY_FOLLOW = {
    "": {"hand in", "refuse", "withdraw"},
    "hand in": {"confirm", "refuse", "withdraw"},
    "hand in, confirm": {"confirm", "finish", "refuse", "withdraw"},
    "hand in, confirm, finish": set(),
    "refuse": set(),
    "withdraw": set(),
}


@pytest.mark.parametrize("way", MAY_FOLLOW)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_follows_some_and_no_others(port_in: PortIn, way: str, step: str) -> None:
    for before in filter(None, way.split(", ")):
        STEPS[before](port_in)
    was = port_in.state
    if step in MAY_FOLLOW[way]:
        STEPS[step](port_in)
        return
    with pytest.raises(Refused) as refused:
        STEPS[step](port_in)
    assert refused.value.rule == "8.3"
    port_in.refresh_from_db()
    assert port_in.state == was


def test_a_confirmed_day_can_be_moved(acme: PhoneSystem, port_in: PortIn) -> None:
    confirmed(port_in)
    later = CONFIRMED_ON + timedelta(days=3)
    with pytest.raises(Refused, match="31 May 2026 has passed"):
        porting.confirm(port_in=port_in, on=DAY - timedelta(days=1), at=LATER, operator=OPERATOR)
    porting.confirm(port_in=port_in, on=later, at=LATER, operator=OPERATOR)
    assert facts_of(acme)["confirmed_on"] == later.isoformat()
    with pytest.raises(Refused, match="confirmed for 18 June 2026, which has not come yet"):
        porting.finish(port_in=port_in, at=ON_THE_DAY, operator=OPERATOR)
    porting.finish(port_in=port_in, at=ON_THE_DAY + timedelta(days=3), operator=OPERATOR)
    assert acme.numbers.count() == 1


def test_a_refusal_says_why(acme: PhoneSystem, port_in: PortIn) -> None:
    with pytest.raises(Refused, match="Please fill this in"):
        porting.refuse(port_in=port_in, reason=" ", at=LATER, operator=OPERATOR)
    porting.refuse(port_in=port_in, reason=" The signature is missing. ", at=LATER, operator=OPERATOR)
    assert (port_in.state, port_in.reason) == (PortInState.REFUSED, "The signature is missing.")
    assert facts_of(acme)["reason"] == "The signature is missing."
    assert usage(acme) == Grants()


def test_a_refused_one_is_shown_for_a_month(acme: PhoneSystem, port_in: PortIn, alice: User) -> None:
    porting.refuse(port_in=port_in, reason="No.", at=AT, operator=OPERATOR)
    coming = porting.ask(phone_system=acme, order=signed_order("030 9876501"), at=LATER, user=alice)
    over = porting.ask(phone_system=acme, order=signed_order("030 9876502"), at=LATER, user=alice)
    porting.withdraw(port_in=over, at=LATER, actor="alice@example.com")
    assert list(porting.shown_port_ins(acme, at=AT + timedelta(days=30))) == [coming, port_in]
    assert list(porting.shown_port_ins(acme, at=LATER + timedelta(days=30))) == [coming]
