"""Who rings: one phone, a ring group all at once or one after another, or all phones (rules 6.3 and 8.3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from switchroom.phonesystems.models import Endpoint, PhoneNumber, PhoneSystem, RingGroup
from switchroom.phonesystems.numbers import let_ring
from switchroom.phonesystems.ring_groups import add_group, add_member
from switchroom.plumbing import clock
from tests.edge.conftest import EdgeTown, Tenant, wait_for
from tests.edge.messages import Message, user_in
from tests.edge.phone import Call, Phone
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"
SHORT = 1
"""Second that a phone rings in its turn: less than a member can choose, so that tests need not wait."""


def rings(_: Message) -> None:
    return None


def turns_down(_: Message) -> tuple[int, str]:
    return 603, "Decline"


def is_busy(_: Message) -> tuple[int, str]:
    return 486, "Busy Here"


def phone_system_of(tenant: Tenant) -> PhoneSystem:
    found = tenant.customer.phone_system
    assert found is not None
    return found


def group_of(tenant: Tenant, *extensions: str, manner: str = "in_order", extension: str = "50") -> RingGroup:
    """A ring group of these extensions; each rings for a second in its turn."""
    phone_system = phone_system_of(tenant)
    with transaction.atomic():
        group = add_group(
            phone_system=phone_system, name="Sales", extension=extension, manner=manner, at=clock.now()
        )
        for one in extensions:
            endpoint = phone_system.endpoints.get(extension=one)
            add_member(group=group, endpoint=endpoint, at=clock.now())
    group.members.update(seconds=SHORT)
    tenant.edge_town.follows()
    return group


def number_rings(
    tenant: Tenant, place: int = 0, *, endpoint: str = "", group: RingGroup | None = None
) -> PhoneNumber:
    """The tenant's number at this place, told to ring an endpoint or a group."""
    number = phone_system_of(tenant).numbers.get(e164=tenant.numbers[place])
    chosen: Endpoint | None = None
    if endpoint:
        chosen = phone_system_of(tenant).endpoints.get(extension=endpoint)
    with transaction.atomic():
        let_ring(number=number, endpoint=chosen, group=group, at=clock.now())
    tenant.edge_town.follows()
    return number


def from_outside(tenant: Tenant, place: int = 0) -> Call:
    return tenant.edge_town.carrier.call(f"sip:{tenant.numbers[place]}@127.0.0.1")


def heard(*phones: Phone) -> list[int]:
    """How many calls each phone has heard ringing."""
    return [len(phone.incoming) for phone in phones]


def is_answered_and_rings_at_once(call: Call, phones: tuple[Phone, ...], times: list[int]) -> None:
    """This function will check that a call is answered and wait until each of the phones that ring at once
    has heard it: one of them may answer before another has read its ringing.
    """
    assert said(call) == (200, "OK")
    wait_for(lambda: heard(*phones) == times)


def test_a_number_rings_the_one_endpoint_that_it_belongs_to(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(numbers=2)
    hall, desk = acme.phone("20"), acme.phone("21")
    number_rings(acme, 1, endpoint="21")
    call = from_outside(acme, 1)
    assert (said(call), heard(hall, desk)) == ((200, "OK"), [0, 1])
    call.hang_up()
    desk.answering = is_busy
    assert said(from_outside(acme, 1)) == (486, "Busy Here")
    call = from_outside(acme, 0)  # the other number rings all phones as before
    is_answered_and_rings_at_once(call, (hall, desk), [1, 3])
    call.hang_up()


def test_a_group_rings_one_after_another(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=4)
    first, absent, second, third = (
        acme.phone(one, registered=one != "21") for one in ("20", "21", "22", "23")
    )
    first.answering, second.answering = rings, turns_down
    number_rings(acme, group=group_of(acme, "22", "21", "20", "23"))
    call = from_outside(acme)
    assert said(call) == (200, "OK")
    assert heard(first, absent, second, third) == [1, 0, 1, 1]
    wait_for(lambda: len(first.ended) == 1)  # it was told to stop when its turn was over
    assert acme.lines_in_use() == 1
    assert call.hang_up() == 200
    wait_for(lambda: acme.lines_in_use() == 0)


def test_when_nobody_answers_in_turn_the_caller_is_told(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    first, second = acme.phone("20"), acme.phone("21")
    first.answering, second.answering = rings, is_busy
    number_rings(acme, group=group_of(acme, "20", "21"))
    assert said(from_outside(acme)) == (480, "Nobody Answers")
    assert heard(first, second) == [1, 1]
    wait_for(lambda: acme.lines_in_use() == 0)


def test_who_gives_up_while_it_rings_in_turn_disturbs_nobody_else(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=3)
    caller, first, second = acme.phone("20"), acme.phone("21"), acme.phone("22")
    first.answering = rings
    group = group_of(acme, "21", "22")
    group.members.update(seconds=30)
    edge_town.follows()
    ringing = caller.ring("50")
    wait_for(lambda: heard(first, second) == [1, 0])
    assert said(ringing.cancel()) == (487, "Request Terminated")
    wait_for(lambda: len(first.ended) == 1)
    assert heard(first, second) == [1, 0]


@pytest.mark.parametrize("refuses", [turns_down, is_busy])
def test_a_group_rings_all_at_once_and_one_that_refuses_speaks_for_itself(
    edge_town: EdgeTown, refuses: Callable[[Message], tuple[int, str]]
) -> None:
    acme = edge_town.customer(endpoints=3)
    hall, desk, shop = acme.phone("20"), acme.phone("21"), acme.phone("22")
    hall.answering = refuses
    number_rings(acme, group=group_of(acme, "20", "22", manner="all"))
    call = from_outside(acme)
    is_answered_and_rings_at_once(call, (hall, desk, shop), [1, 0, 1])
    call.hang_up()


def test_a_group_is_dialled_inside_by_its_extension_and_costs_no_line(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=3)
    caller, desk, _shop = acme.phone("20"), acme.phone("21"), acme.phone("22")
    group_of(acme, "21", manner="all")
    group_of(acme, extension="51")
    call = caller.call("50")
    assert (said(call), heard(desk), acme.lines_in_use()) == ((200, "OK"), [1], 0)
    call.hang_up()
    assert said(caller.call("51")) == (480, "Phone Not Registered")  # it has no members
    assert said(caller.call("52")) == (484, "Dial With Area Code")


def test_the_group_of_another_phone_system_is_no_extension_here(edge_town: EdgeTown) -> None:
    acme, zeta = edge_town.customer(), edge_town.customer()
    acme.phone("20")
    group_of(acme, "20")
    assert said(zeta.phone("20").call("50")) == (484, "Dial With Area Code")


def test_who_is_over_the_limit_has_no_turn(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    first, over = acme.phone("20"), acme.phone("21")
    number_rings(acme, group=group_of(acme, "21", "20"))
    acme.changes(endpoint_limit=1)
    edge_town.follows()
    call = from_outside(acme)
    assert (said(call), heard(first, over)) == ((200, "OK"), [1, 0])
    call.hang_up()
    number_rings(acme, endpoint="21")
    assert said(from_outside(acme)) == (480, "Phone Not Registered")


def test_help_comes_to_where_the_calling_phone_stands(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(numbers=3)
    hall, desk = acme.phone("20"), acme.phone("21")
    number_rings(acme, 2, endpoint="21")

    def seen(phone: Phone, dialled: str) -> str:
        before = len(edge_town.carrier.incoming)
        call = phone.call(dialled)
        assert said(call) == (200, "OK")
        call.hang_up()
        (sent,) = edge_town.carrier.incoming[before:]
        return user_in(sent["from"])

    main, _second, own = acme.numbers
    assert [seen(hall, "112"), seen(desk, "112")] == [main, own]
    assert [seen(hall, OUTSIDE), seen(desk, OUTSIDE)] == [main, own]
    acme.changes(number_limit=1)  # its own number is over the limit, and still says where it stands
    edge_town.follows()
    assert [seen(desk, "112"), seen(desk, OUTSIDE)] == [own, main]


def test_what_is_removed_rings_no_more_and_its_number_rings_all(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    hall, desk = acme.phone("20"), acme.phone("21")
    group = group_of(acme, "21")
    number_rings(acme, group=group)
    group.delete()
    edge_town.follows()
    call = from_outside(acme)
    is_answered_and_rings_at_once(call, (hall, desk), [1, 1])
    call.hang_up()
    assert said(hall.call("50")) == (484, "Dial With Area Code")
