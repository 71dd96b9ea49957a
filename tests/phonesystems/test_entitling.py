"""Limits follow the promise, and what lies beyond them is kept (rules 6.3 and 8)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from pytest_django import DjangoAssertNumQueries

from switchroom.phonesystems.backups import make_backup
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.endpoints import add_endpoint, reorder
from switchroom.phonesystems.entitling import (
    bar,
    entitle,
    entitled_to,
    over_limit,
    switch_off,
    switch_on,
    usage,
)
from switchroom.phonesystems.models import Operation, PhoneSystem
from switchroom.phonesystems.numbers import go_live, set_emergency_address, take_number
from switchroom.phonesystems.operations import in_force
from switchroom.phonesystems.queries import (
    endpoints_of,
    numbers_of,
    phone_system_of,
    phone_systems_of,
    usage_in,
    usage_of_many,
    with_use,
)
from switchroom.plumbing.audit_trail import story_of
from switchroom.rules.barring import Barring
from switchroom.rules.promise import Grants
from tests.phonesystems.conftest import AT, DAY, ENTITLED, LATER, edge_caught_up, events_of

MORE = Grants(trunk_lines=5, endpoints=9, phone_numbers=4)


def test_new_entitlements_reach_the_edge(acme: PhoneSystem) -> None:
    edge_caught_up()
    assert entitle(phone_system=acme, entitled=MORE, day=DAY, at=LATER)
    assert entitled_to(acme) == MORE
    assert not in_force(acme)
    edge_caught_up()
    assert in_force(acme)
    tenant = edge().known("acme")
    assert tenant is not None
    assert tenant.trunk_lines == 5
    event = story_of(subscription_id=acme.subscription_id).get()
    assert event.kind == "entitlements_changed"
    assert event.facts["before"] == {"trunk_lines": 2, "endpoints": 3, "phone_numbers": 2}
    assert event.facts["after"] == {"trunk_lines": 5, "endpoints": 9, "phone_numbers": 4}


def test_the_same_entitlements_change_nothing(acme: PhoneSystem) -> None:
    assert not entitle(phone_system=acme, entitled=ENTITLED, day=DAY, at=LATER)
    assert acme.revision == 1
    assert Operation.objects.count() == 1
    assert events_of(acme) == []


def test_a_stale_row_in_the_hand_does_no_harm(acme: PhoneSystem) -> None:
    stale = PhoneSystem.objects.get(id=acme.id)
    edge_caught_up()
    entitle(phone_system=acme, entitled=MORE, day=DAY, at=AT)
    edge_caught_up()
    switch_off(phone_system=stale, day=DAY, at=LATER)
    assert entitled_to(stale) == MORE
    assert (stale.revision, stale.edge_revision) == (3, 2)


def test_it_switches_off_and_on_once(acme: PhoneSystem) -> None:
    assert not switch_on(phone_system=acme, day=DAY, at=AT)
    assert switch_off(phone_system=acme, day=DAY, at=AT)
    assert not switch_off(phone_system=acme, day=DAY, at=AT)
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert not tenant.is_on
    assert switch_on(phone_system=acme, day=DAY, at=LATER)
    assert events_of(acme) == ["phone_system_switched_off", "phone_system_switched_on"]


def test_calls_are_barred_and_no_longer(acme: PhoneSystem) -> None:
    def known() -> str:
        edge_caught_up()
        tenant = edge().known("acme")
        assert tenant is not None
        return tenant.barring

    act: dict[str, Any] = {"day": DAY, "at": AT, "actor": "operator@example.com", "facts": {}}
    assert not bar(phone_system=acme, barring=Barring.NONE, **act)
    for barring in (Barring.OUTGOING, Barring.ALL, Barring.NONE):
        assert bar(phone_system=acme, barring=barring, **act)
        assert not bar(phone_system=acme, barring=barring, **act)
        assert known() == barring
        assert acme.barred_on == (None if barring == Barring.NONE else DAY)
    assert events_of(acme) == ["outgoing_calls_barred", "all_calls_barred", "calls_unbarred"]


def test_what_lies_over_the_limit_is_kept_and_told(acme: PhoneSystem, stock: None) -> None:
    endpoints = [
        add_endpoint(phone_system=acme, name=f"Desk {number}", extension=f"2{number}", at=AT)[0]
        for number in range(3)
    ]
    for _ in range(2):
        number = take_number(phone_system=acme, at=AT)
        set_emergency_address(number=number, street="Allee 1", postal_code="10115", city="Berlin", at=AT)
        go_live(number=number, at=AT)
    assert not over_limit(acme).any
    entitle(phone_system=acme, entitled=Grants(1, 2, 1), day=DAY, at=LATER)

    assert usage(acme) == Grants(trunk_lines=0, endpoints=3, phone_numbers=2)
    over = over_limit(acme)
    assert over.any
    assert [endpoint.extension for endpoint in over.endpoints] == ["22"]
    assert [number.e164 for number in over.numbers] == ["+493023125001"]
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert [(one.extension, one.over) for one in tenant.endpoints] == [
        ("20", False),
        ("21", False),
        ("22", True),
    ]
    assert [(one.e164, one.over) for one in tenant.numbers] == [
        ("+493023125000", False),
        ("+493023125001", True),
    ]

    reorder(phone_system=acme, ids=[endpoints[2].id, endpoints[0].id, endpoints[1].id], at=LATER)
    assert [endpoint.extension for endpoint in over_limit(acme).endpoints] == ["21"]
    assert [(one.endpoint.extension, one.over) for one in endpoints_of(acme)] == [
        ("22", False),
        ("20", False),
        ("21", True),
    ]
    assert [one.over for one in numbers_of(acme)] == [False, True]


def test_usage_of_many_asks_twice_however_many(
    acme: PhoneSystem, bolt: PhoneSystem, stock: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    take_number(phone_system=bolt, at=AT)
    empty = uuid4()
    with django_assert_num_queries(2):
        assert usage_of_many([acme.id, bolt.id, empty]) == {
            acme.id: Grants(0, 1, 0),
            bolt.id: Grants(0, 0, 1),
            empty: Grants(),
        }


def test_usage_in_a_subscription_asks_once(
    acme: PhoneSystem, bolt: PhoneSystem, stock: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for extension in ("20", "21", "22"):
        add_endpoint(phone_system=acme, name="Desk", extension=extension, at=AT)
    for _ in range(2):
        take_number(phone_system=acme, at=AT)
    with django_assert_num_queries(3):
        assert usage_in(acme.subscription_id) == Grants(0, 3, 2)
        assert usage_in(bolt.subscription_id) == Grants()
        assert usage_in(uuid4()) == Grants()


def test_use_is_counted_in_the_query_that_reads_phone_systems(
    acme: PhoneSystem, bolt: PhoneSystem, stock: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for extension in ("20", "21", "22"):
        add_endpoint(phone_system=acme, name="Desk", extension=extension, at=AT)
    for _ in range(2):
        take_number(phone_system=acme, at=AT)
    for at in (AT, LATER):
        make_backup(phone_system=acme, user=None, at=at)
    with django_assert_num_queries(1):
        used = {
            one.id: (one.endpoints_in_use, one.numbers_in_use, one.backed_up_at)
            for one in with_use(PhoneSystem.objects.all())
        }
    assert used == {acme.id: (3, 2, LATER), bolt.id: (0, 0, None)}


def test_it_finds_the_phone_systems_of_a_subscription_and_of_an_account(
    acme: PhoneSystem, bolt: PhoneSystem
) -> None:
    assert phone_system_of(acme.subscription_id) == acme
    assert phone_system_of(uuid4()) is None
    assert phone_systems_of(bolt.account_id) == [bolt]


def test_a_late_run_counts_for_the_day_that_it_lives(acme: PhoneSystem) -> None:
    entitle(phone_system=acme, entitled=MORE, day=DAY, at=LATER.replace(month=8))
    assert story_of(subscription_id=acme.subscription_id).get().happened_on == DAY
