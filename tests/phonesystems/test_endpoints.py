"""Endpoints: credentials shown once, extensions used once, no more than entitled (rules 6.3 and 8.2)."""

from __future__ import annotations

import hashlib
import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.deletion import delete
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.endpoints import (
    add_endpoint,
    check_extension,
    new_secret,
    remove_endpoint,
    rename,
    reorder,
)
from switchroom.phonesystems.entitling import switch_off
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.plumbing.audit_trail import story_of
from switchroom.plumbing.models import AuditEvent, OutboxEntry
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import AT, DAY, LATER, edge_caught_up, events_of, extensions_of


def added(phone_system: PhoneSystem, *extensions: str) -> list[Endpoint]:
    return [
        add_endpoint(phone_system=phone_system, name=f"Desk {extension}", extension=extension, at=AT)[0]
        for extension in extensions
    ]


def test_it_sets_up_a_device_whose_secret_is_shown_once(acme: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(
        phone_system=acme, name=" Reception ", extension="20", at=LATER, actor="alice@example.com"
    )
    assert (endpoint.name, endpoint.extension) == ("Reception", "20")
    assert re.fullmatch(r"20-[a-z2-9]{4}", endpoint.sip_user)
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", secret)
    assert not set(secret) & set("01lio")
    expected = hashlib.md5(f"{endpoint.sip_user}:{acme.realm}:{secret}".encode()).hexdigest()
    assert endpoint.ha1 == expected
    assert acme.changed_at == LATER
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert [(one.sip_user, one.ha1, one.extension) for one in tenant.endpoints] == [
        (endpoint.sip_user, expected, "20")
    ]


def test_the_story_tells_of_it_and_the_secret_is_kept_nowhere(acme: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(
        phone_system=acme, name="Door", extension="20", at=AT, actor="a@example.com"
    )
    renewed = new_secret(endpoint=endpoint, at=AT)
    event = story_of(subscription_id=acme.subscription_id)[0]
    assert (event.kind, event.actor, event.happened_on) == ("endpoint_added", "a@example.com", DAY)
    assert event.facts == {"phone_system": "Acme", "name": "Door", "extension": "20"}
    rows = [Endpoint.objects.values(), PhoneSystem.objects.values(), AuditEvent.objects.values()]
    everything = repr([list(each) for each in [*rows, OutboxEntry.objects.values()]])
    assert secret not in everything
    assert renewed not in everything


def test_no_two_secrets_are_the_same(acme: PhoneSystem) -> None:
    endpoint, first = add_endpoint(phone_system=acme, name="Door", extension="20", at=AT)
    before = endpoint.ha1
    second = new_secret(endpoint=endpoint, at=LATER)
    assert second != first
    endpoint.refresh_from_db()
    assert endpoint.ha1 != before
    assert events_of(acme) == ["endpoint_added", "endpoint_secret_renewed"]


def test_one_more_than_entitled_finds_no_room(acme: PhoneSystem) -> None:
    added(acme, "20", "21", "22")
    with pytest.raises(NoRoom) as refused:
        added(acme, "23")
    assert (refused.value.rule, refused.value.entitled, refused.value.used) == ("8.2", 3, 3)
    assert str(refused.value) == "Your licences do not allow another endpoint: 3 set up, 3 included."
    assert extensions_of(acme) == ["20", "21", "22"]


def test_a_removed_one_makes_room(acme: PhoneSystem) -> None:
    first, _, _ = added(acme, "20", "21", "22")
    remove_endpoint(endpoint=first, at=LATER)
    added(acme, "20")
    assert extensions_of(acme) == ["21", "22", "20"]
    assert events_of(acme)[3:] == ["endpoint_removed", "endpoint_added"]


@pytest.mark.parametrize("extension", ["20", "999999", "111"])
def test_it_accepts_two_to_six_digits(extension: str) -> None:
    check_extension(extension)


@pytest.mark.parametrize("extension", ["", "2", "1234567", "020", "2a", "20 ", "20\n", "٢٠", "-20"])
def test_it_refuses_what_is_no_extension(acme: PhoneSystem, extension: str) -> None:
    with pytest.raises(Refused) as refused:
        added(acme, extension)
    assert str(refused.value) == "An extension has two to six digits and does not begin with 0."


@given(st.text(max_size=8))
def test_only_digits_pass_as_an_extension(text: str) -> None:
    try:
        check_extension(text)
    except Refused:
        return
    assert re.fullmatch("[1-9][0-9]{1,5}", text)


@pytest.mark.parametrize("extension", ["110", "112"])
def test_it_refuses_emergency_numbers(acme: PhoneSystem, extension: str) -> None:
    with pytest.raises(Refused) as refused:
        added(acme, extension)
    assert str(refused.value) == f"{extension} is an emergency number and cannot be an extension."


def test_it_refuses_an_extension_that_is_in_use_but_not_that_of_another_account(
    acme: PhoneSystem, bolt: PhoneSystem
) -> None:
    added(acme, "20")
    with pytest.raises(Refused) as refused:
        added(acme, "20")
    assert str(refused.value) == "Extension 20 is already in use. Please choose another one."
    added(bolt, "20")


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "Door\nstation"])
def test_it_refuses_unusable_names(acme: PhoneSystem, name: str) -> None:
    with pytest.raises(Refused):
        add_endpoint(phone_system=acme, name=name, extension="20", at=AT)
    endpoint = added(acme, "20")[0]
    with pytest.raises(Refused):
        rename(endpoint=endpoint, name=name, at=LATER)
    assert Endpoint.objects.get().name == "Desk 20"


def test_it_renames(acme: PhoneSystem) -> None:
    endpoint = added(acme, "20")[0]
    rename(endpoint=endpoint, name="Front door", at=LATER)
    assert Endpoint.objects.get().name == "Front door"
    acme.refresh_from_db()
    assert acme.changed_at == LATER


def test_the_same_name_again_is_no_change(acme: PhoneSystem) -> None:
    endpoint = added(acme, "20")[0]
    rename(endpoint=endpoint, name="Desk 20", at=LATER)
    acme.refresh_from_db()
    assert acme.changed_at == AT


def test_the_member_orders_them(acme: PhoneSystem) -> None:
    first, second, third = added(acme, "20", "21", "22")
    reorder(phone_system=acme, ids=[third.id, first.id, second.id], at=LATER)
    assert extensions_of(acme) == ["22", "20", "21"]
    assert acme.changed_at == LATER
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert [one.extension for one in tenant.endpoints] == ["22", "20", "21"]


def test_the_same_order_again_is_no_change(acme: PhoneSystem) -> None:
    first, second = added(acme, "20", "21")
    reorder(phone_system=acme, ids=[first.id, second.id], at=LATER)
    assert acme.changed_at == AT


def test_it_refuses_an_order_of_another_list(acme: PhoneSystem, bolt: PhoneSystem) -> None:
    first, second = added(acme, "20", "21")
    foreign = added(bolt, "20")[0]
    for ids in ([first.id], [first.id, first.id], [first.id, second.id, foreign.id], [first.id, uuid4()]):
        with pytest.raises(Refused) as refused:
            reorder(phone_system=acme, ids=ids, at=LATER)
        assert refused.value.rule == "6.3"
    assert extensions_of(acme) == ["20", "21"]


def test_nothing_is_set_up_where_the_service_is_off_but_removing_works(acme: PhoneSystem) -> None:
    endpoint = added(acme, "20")[0]
    switch_off(phone_system=acme, day=DAY, at=AT)
    with pytest.raises(Refused) as refused:
        added(acme, "21")
    assert str(refused.value) == "This phone system is switched off, so nothing can be set up in it."
    remove_endpoint(endpoint=endpoint, at=LATER)
    assert extensions_of(acme) == []


def test_a_removed_endpoint_is_refused_everywhere(acme: PhoneSystem) -> None:
    endpoint = added(acme, "20")[0]
    remove_endpoint(endpoint=Endpoint.objects.get(), at=LATER)
    for attempt in (
        lambda: remove_endpoint(endpoint=endpoint, at=LATER),
        lambda: new_secret(endpoint=endpoint, at=LATER),
        lambda: rename(endpoint=endpoint, name="Door", at=LATER),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert str(refused.value) == "This endpoint has been removed meanwhile."


def test_a_deleted_phone_system_is_refused_everywhere(acme: PhoneSystem) -> None:
    endpoint = added(acme, "20")[0]
    switch_off(phone_system=acme, day=DAY, at=AT)
    delete(phone_system=PhoneSystem.objects.get(), rule="7.5", day=DAY, at=AT, quarantine_days=90)
    for attempt in (
        lambda: added(acme, "21"),
        lambda: new_secret(endpoint=endpoint, at=LATER),
        lambda: reorder(phone_system=acme, ids=[endpoint.id], at=LATER),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert str(refused.value) == "This phone system was deleted for good. Nothing can bring it back."
