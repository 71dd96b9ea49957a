"""Phone numbers: taken from the stock, live, in quarantine, free again (rules 7.8 and 8.3)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.entitling import switch_off
from switchroom.phonesystems.models import PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import (
    add_stock,
    free_blocks,
    free_numbers,
    free_rested_numbers,
    go_live,
    release_number,
    reorder_numbers,
    set_emergency_address,
    take_block,
    take_number,
)
from switchroom.plumbing.audit_trail import story_of
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import AT, DAY, LATER, SetsUp, edge_caught_up, events_of

QUARANTINE_DAYS = 90


def live_number(phone_system: PhoneSystem) -> PhoneNumber:
    number = take_number(phone_system=phone_system, at=AT)
    set_emergency_address(number=number, street="Allee 1", postal_code="10115", city="Berlin", at=AT)
    go_live(number=number, at=AT)
    return number


def test_the_stock_holds_each_number_once_as_e164(db: None) -> None:
    assert add_stock(numbers=["030 23125001", "+49 30 23125002", "+493023125001"], area=" Berlin ") == 2
    assert add_stock(numbers=["03023125002", "03023125003"], area="Potsdam") == 1
    assert list(PhoneNumber.objects.order_by("e164").values_list("e164", "area")) == [
        ("+493023125001", "Berlin"),
        ("+493023125002", "Berlin"),
        ("+493023125003", "Potsdam"),
    ]


@pytest.mark.parametrize(
    "wrong", ["", "110", "abc", "+4930", "030 23125001 ext. 5", "+999 123456789", "9" * 400]
)
def test_the_stock_refuses_what_is_no_number_and_adds_none(db: None, wrong: str) -> None:
    with pytest.raises(Refused) as refused:
        add_stock(numbers=["030 23125001", wrong], area="Berlin")
    assert str(refused.value) == f"“{wrong}” is not a phone number."
    assert PhoneNumber.objects.count() == 0


def test_it_lists_free_numbers_by_area(acme: PhoneSystem, stock: None) -> None:
    assert free_numbers(day=DAY).count() == 20
    assert [number.area for number in free_numbers(day=DAY, area="Hamburg")] == ["Hamburg"] * 10
    take_number(phone_system=acme, area="Hamburg", at=AT)
    assert free_numbers(day=DAY, area="Hamburg").count() == 9


def test_it_takes_the_first_of_an_area_or_the_one_named(acme: PhoneSystem, stock: None) -> None:
    first = take_number(phone_system=acme, area="Hamburg", at=LATER, actor="alice@example.com")
    named = take_number(
        phone_system=acme, number_id=PhoneNumber.objects.get(e164="+493023125007").id, at=LATER
    )
    assert [number.e164 for number in acme.numbers.all()] == ["+494066969000", "+493023125007"]
    assert (first.position, named.position, first.is_live) == (1, 2, False)
    assert acme.changed_at == LATER
    event = story_of(subscription_id=acme.subscription_id)[0]
    assert (event.kind, event.actor) == ("number_taken", "alice@example.com")
    assert event.facts == {"phone_system": "Acme", "number": "+494066969000", "area": "Hamburg"}


def test_it_lists_blocks_of_ten_that_are_whole(stock: None) -> None:
    assert free_blocks(day=DAY, area="Hamburg") == ["+49406696900"]
    assert free_blocks(day=DAY, area="Bremen") == []
    PhoneNumber.objects.filter(e164="+494066969003").update(quarantine_until=DAY + timedelta(days=1))
    assert free_blocks(day=DAY, area="Hamburg") == []


def test_it_takes_a_block_whole_and_in_order(sets_up: SetsUp, stock: None) -> None:
    wide = sets_up("Wide", Grants(trunk_lines=1, endpoints=1, phone_numbers=12))
    take_number(phone_system=wide, area="Berlin", at=AT)
    taken = take_block(phone_system=wide, begins="+49406696900", at=LATER, actor="alice@example.com")
    assert [number.e164 for number in taken] == [f"+49406696900{last}" for last in range(10)]
    assert [number.position for number in wide.numbers.all()] == list(range(1, 12))
    assert events_of(wide) == ["number_taken"] * 11
    assert free_blocks(day=DAY, area="Hamburg") == []


def test_a_block_is_taken_whole_or_not_at_all(acme: PhoneSystem, sets_up: SetsUp, stock: None) -> None:
    with pytest.raises(NoRoom) as full:
        take_block(phone_system=acme, begins="+49406696900", at=AT)
    assert str(full.value) == "Your licences do not allow 10 more phone numbers: 0 taken, 2 included."
    wide = sets_up("Wide", Grants(trunk_lines=1, endpoints=1, phone_numbers=12))
    take_number(phone_system=acme, area="Hamburg", at=AT)
    for begins in ("+49406696900", "+4940", "", "'; --"):
        with pytest.raises(Refused, match="This block has just been taken"):
            take_block(phone_system=wide, begins=begins, at=AT)
    assert wide.numbers.count() == 0


def test_one_more_than_entitled_finds_no_room(acme: PhoneSystem, stock: None) -> None:
    take_number(phone_system=acme, at=AT)
    take_number(phone_system=acme, at=AT)
    with pytest.raises(NoRoom) as refused:
        take_number(phone_system=acme, at=AT)
    assert (refused.value.entitled, refused.value.used) == (2, 2)
    assert str(refused.value) == "Your licences do not allow another phone number: 2 taken, 2 included."
    assert acme.numbers.count() == 2


def test_it_refuses_a_number_that_another_has(acme: PhoneSystem, bolt: PhoneSystem, stock: None) -> None:
    number = take_number(phone_system=acme, at=AT)
    for number_id in (number.id, uuid4()):
        with pytest.raises(Refused) as refused:
            take_number(phone_system=bolt, number_id=number_id, at=AT)
        assert str(refused.value) == "This number has just been taken. Please choose another one."
    number.refresh_from_db()
    assert number.phone_system == acme


def test_it_says_when_none_is_free(acme: PhoneSystem) -> None:
    with pytest.raises(Refused) as refused:
        take_number(phone_system=acme, area="Berlin", at=AT)
    assert str(refused.value) == "No number is free in Berlin at present."
    with pytest.raises(Refused) as refused:
        take_number(phone_system=acme, at=AT)
    assert str(refused.value) == "No number is free at present."


def test_nothing_is_taken_where_the_service_is_off(acme: PhoneSystem, stock: None) -> None:
    switch_off(phone_system=acme, day=DAY, at=AT)
    with pytest.raises(Refused) as refused:
        take_number(phone_system=acme, at=AT)
    assert refused.value.rule == "8"
    assert acme.numbers.count() == 0


def test_it_goes_live_with_an_emergency_address_and_not_before(acme: PhoneSystem, stock: None) -> None:
    number = take_number(phone_system=acme, at=AT)
    with pytest.raises(Refused) as refused:
        go_live(number=number, at=AT)
    assert str(refused.value) == "+493023125000 needs an emergency address before it can take calls."
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert tenant.numbers == ()

    set_emergency_address(number=number, street=" Allee 1 ", postal_code="10115", city="Berlin", at=LATER)
    assert go_live(number=number, at=LATER)
    assert not go_live(number=number, at=LATER)
    number.refresh_from_db()
    assert (number.emergency_street, number.emergency_postal_code, number.emergency_city) == (
        "Allee 1",
        "10115",
        "Berlin",
    )
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert [one.e164 for one in tenant.numbers] == ["+493023125000"]
    assert events_of(acme) == ["number_taken", "number_live"]


@pytest.mark.parametrize(
    "wrong", [{"street": ""}, {"postal_code": " "}, {"city": "x" * 61}, {"street": "Allee\n1"}]
)
def test_it_refuses_an_incomplete_emergency_address(
    acme: PhoneSystem, stock: None, wrong: dict[str, str]
) -> None:
    number = take_number(phone_system=acme, at=AT)
    address = {"street": "Allee 1", "postal_code": "10115", "city": "Berlin", **wrong}
    with pytest.raises(Refused):
        set_emergency_address(number=number, at=AT, **address)
    number.refresh_from_db()
    assert number.emergency_street == ""


def test_the_same_address_again_is_no_change(acme: PhoneSystem, stock: None) -> None:
    number = live_number(acme)
    set_emergency_address(number=number, street="Allee 1", postal_code="10115", city="Berlin", at=LATER)
    acme.refresh_from_db()
    assert acme.changed_at == AT


def test_a_released_number_rests_and_is_free_again(acme: PhoneSystem, bolt: PhoneSystem, stock: None) -> None:
    number = live_number(acme)
    release_number(number=number, day=DAY, quarantine_days=QUARANTINE_DAYS, at=LATER)
    assert acme.numbers.count() == 0
    assert (number.is_live, number.emergency_street, number.position) == (False, "", 0)
    rests_until = DAY + timedelta(days=QUARANTINE_DAYS)
    assert number.quarantine_until == rests_until
    event = story_of(subscription_id=acme.subscription_id).last()
    assert event is not None
    assert event.kind == "number_released"
    assert event.facts["quarantine_until"] == "2026-08-30"
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert tenant.numbers == ()

    assert number not in free_numbers(day=rests_until - timedelta(days=1))
    with pytest.raises(Refused):
        take_number(phone_system=bolt, number_id=number.id, at=AT + timedelta(days=QUARANTINE_DAYS - 1))
    assert number in free_numbers(day=rests_until)
    taken = take_number(phone_system=bolt, number_id=number.id, at=AT + timedelta(days=QUARANTINE_DAYS))
    assert taken.quarantine_until is None


def test_the_day_ends_the_quarantine_of_rested_numbers(acme: PhoneSystem, stock: None) -> None:
    number = take_number(phone_system=acme, at=AT)
    release_number(number=number, day=DAY, quarantine_days=QUARANTINE_DAYS, at=AT)
    assert free_rested_numbers(day=DAY + timedelta(days=QUARANTINE_DAYS - 1)) == 0
    assert free_rested_numbers(day=DAY + timedelta(days=QUARANTINE_DAYS)) == 1
    assert free_rested_numbers(day=DAY + timedelta(days=QUARANTINE_DAYS)) == 0
    assert not PhoneNumber.objects.filter(quarantine_until__isnull=False).exists()


def test_what_was_released_can_be_neither_changed_nor_released_again(acme: PhoneSystem, stock: None) -> None:
    stale = take_number(phone_system=acme, at=AT)
    release_number(
        number=PhoneNumber.objects.get(id=stale.id), day=DAY, quarantine_days=QUARANTINE_DAYS, at=AT
    )
    never_taken = PhoneNumber.objects.get(e164="+494066969009")
    for number in (stale, never_taken):
        for attempt in (
            lambda number=number: go_live(number=number, at=LATER),
            lambda number=number: release_number(number=number, day=DAY, quarantine_days=31, at=LATER),
            lambda number=number: set_emergency_address(
                number=number, street="Allee 1", postal_code="10115", city="Berlin", at=LATER
            ),
        ):
            with pytest.raises(Refused) as refused:
                attempt()
            assert str(refused.value) == f"{number.e164} does not belong to this phone system."


def test_the_member_orders_them(acme: PhoneSystem, bolt: PhoneSystem, stock: None) -> None:
    first, second = take_number(phone_system=acme, at=AT), take_number(phone_system=acme, at=AT)
    reorder_numbers(phone_system=acme, ids=[second.id, first.id], at=LATER)
    assert list(acme.numbers.all()) == [second, first]
    assert acme.changed_at == LATER
    with pytest.raises(Refused) as refused:
        reorder_numbers(phone_system=bolt, ids=[second.id, first.id], at=LATER)
    assert refused.value.rule == "6.3"
