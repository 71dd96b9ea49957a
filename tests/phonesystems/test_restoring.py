"""Restoring a backup: what it would change, and that all of it comes back or nothing (rules 8.2 and 8.5)."""

from __future__ import annotations

import pytest

from switchroom.phonesystems.backups import configuration_of, content_of, make_backup
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.deletion import delete
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.endpoints import add_endpoint, ha1_of, rename
from switchroom.phonesystems.entitling import switch_off
from switchroom.phonesystems.models import Backup, Endpoint, PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import let_ring, take_number
from switchroom.phonesystems.restoring import preview, restore
from switchroom.phonesystems.ring_groups import add_group, add_member, remove_group, remove_member
from switchroom.phonesystems.setting_up import take_over
from switchroom.plumbing.audit_trail import story_of
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.models import Subscription
from tests.phonesystems.conftest import (
    AT,
    DAY,
    ENTITLED,
    LATER,
    SetsUp,
    edge_caught_up,
    events_of,
    extensions_of,
)


@pytest.fixture
def equipped(acme: PhoneSystem, stock: None) -> PhoneSystem:
    """Acme with two endpoints and a number."""
    for extension in ("20", "21"):
        add_endpoint(phone_system=acme, name=f"Desk {extension}", extension=extension, at=AT)
    take_number(phone_system=acme, at=AT)
    return acme


def test_before_it_everybody_sees_what_it_would_change(equipped: PhoneSystem, sets_up: SetsUp) -> None:
    content = content_of(make_backup(phone_system=equipped, at=AT))
    same = preview(equipped, content)
    assert (same.changes_nothing, same.unchanged, same.excess) == (True, 2, 0)
    Endpoint.objects.filter(extension="20").delete()
    rename(endpoint=Endpoint.objects.get(extension="21"), name="Door", at=AT)
    add_endpoint(phone_system=equipped, name="New", extension="30", at=AT)
    seen = preview(equipped, content)
    assert [one.extension for one in seen.added] == ["20"]
    assert [(now.name, then.name) for now, then in seen.changed] == [("Door", "Desk 21")]
    assert [one.extension for one in seen.removed] == ["30"]
    assert (seen.unchanged, seen.excess) == (0, 0)
    restore(phone_system=equipped, content=content, at=LATER)
    assert preview(equipped, content).changes_nothing
    small = sets_up("Small", Grants(trunk_lines=1, endpoints=1, phone_numbers=1))
    assert preview(small, content).excess == 1


def test_it_comes_back_whole_into_the_same_phone_system(equipped: PhoneSystem) -> None:
    content = content_of(make_backup(phone_system=equipped, at=AT))
    before = configuration_of(equipped, AT)
    Endpoint.objects.filter(extension="20").delete()
    add_endpoint(phone_system=equipped, name="New", extension="30", at=AT)
    restore(phone_system=equipped, content=content, at=LATER, actor="alice@example.com")
    assert configuration_of(equipped, AT) == before
    assert equipped.changed_at == LATER
    event = story_of(subscription_id=equipped.subscription_id).last()
    assert event is not None
    assert (event.kind, event.actor) == ("restored", "alice@example.com")
    assert (event.facts["endpoints"], event.facts["replaced"]) == (2, 2)
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert [one.extension for one in tenant.endpoints] == ["20", "21"]


def test_ring_groups_come_back_and_numbers_ring_who_has_their_extension(equipped: PhoneSystem) -> None:
    group = add_group(phone_system=equipped, name="Sales", extension="50", manner="in_order", at=AT)
    for seconds, one in ((15, "21"), (25, "20")):
        add_member(group=group, endpoint=equipped.endpoints.get(extension=one), seconds=seconds, at=AT)
    number = PhoneNumber.objects.get(phone_system=equipped)
    let_ring(number=number, group=group, at=AT)
    content = content_of(make_backup(phone_system=equipped, at=AT))
    before = configuration_of(equipped, AT)
    assert preview(equipped, content).changes_nothing
    remove_member(member=group.members.all()[0], at=AT)
    add_group(phone_system=equipped, name="Door", extension="51", manner="all", at=AT)
    seen = preview(equipped, content)
    assert [one.extension for one in seen.groups_changed] == ["50"]
    assert [one.extension for one in seen.groups_removed] == ["51"]
    assert (seen.groups_added, seen.numbers_to_all, seen.changes_nothing) == ([], [], False)
    remove_group(group=group, at=AT)
    let_ring(number=number, endpoint=equipped.endpoints.get(extension="20"), at=AT)
    assert [one.extension for one in preview(equipped, content).groups_added] == ["50"]
    restore(phone_system=equipped, content=content, at=LATER)
    saved = configuration_of(equipped, AT)
    assert saved.ring_groups == before.ring_groups
    assert saved.phone_numbers[0].rings == "20"  # numbers stay as they are, whom they ring included


def test_a_number_whose_phone_is_not_in_the_backup_rings_all(equipped: PhoneSystem) -> None:
    content = content_of(make_backup(phone_system=equipped, at=AT))
    added, _ = add_endpoint(phone_system=equipped, name="New", extension="30", at=AT)
    number = PhoneNumber.objects.get(phone_system=equipped)
    let_ring(number=number, endpoint=added, at=AT)
    assert preview(equipped, content).numbers_to_all == [number]
    restore(phone_system=equipped, content=content, at=LATER)
    number.refresh_from_db()
    assert number.rings_endpoint is None


def test_devices_keep_their_passwords_in_another_phone_system(acme: PhoneSystem, bolt: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    content = content_of(make_backup(phone_system=acme, at=AT))
    add_endpoint(phone_system=bolt, name="Old", extension="40", at=AT)
    restore(phone_system=bolt, content=content, at=LATER)
    assert extensions_of(bolt) == ["20"]
    restored = bolt.endpoints.get()
    assert restored.ha1 == ha1_of(sip_user=endpoint.sip_user, realm=bolt.realm, secret=secret)


def test_it_comes_back_into_a_follow_up(equipped: PhoneSystem, follow_up: Subscription) -> None:
    content = content_of(make_backup(phone_system=equipped, at=AT))
    switch_off(phone_system=equipped, day=DAY, at=AT)
    new = take_over(old=equipped, subscription=follow_up, entitled=ENTITLED, day=DAY, at=AT)
    realm = new.realm
    delete(phone_system=equipped, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    restore(phone_system=new, content=content, at=LATER)
    assert extensions_of(new) == ["20", "21"]
    assert new.realm == realm
    assert new.numbers.count() == 1


def test_more_than_entitled_is_refused_and_nothing_changes(equipped: PhoneSystem, sets_up: SetsUp) -> None:
    content = content_of(make_backup(phone_system=equipped, at=AT))
    small = sets_up("Small", Grants(trunk_lines=1, endpoints=1, phone_numbers=1))
    add_endpoint(phone_system=small, name="Old", extension="40", at=AT)
    realm = small.realm
    with pytest.raises(NoRoom) as refused:
        restore(phone_system=small, content=content, at=LATER)
    assert str(refused.value) == "This backup holds 2 endpoints, but your licences include only 1."
    small.refresh_from_db()
    assert (extensions_of(small), small.realm, small.changed_at) == (["40"], realm, AT)
    assert events_of(small) == ["endpoint_added"]


def test_nothing_comes_back_where_the_service_is_off(equipped: PhoneSystem) -> None:
    switch_off(phone_system=equipped, day=DAY, at=AT)
    content = content_of(make_backup(phone_system=equipped, at=AT))
    with pytest.raises(Refused) as refused:
        restore(phone_system=equipped, content=content, at=LATER)
    assert refused.value.rule == "8"


def test_nothing_comes_back_into_what_was_deleted(equipped: PhoneSystem) -> None:
    stale = PhoneSystem.objects.get()
    content = content_of(make_backup(phone_system=equipped, at=AT))
    switch_off(phone_system=equipped, day=DAY, at=AT)
    delete(phone_system=equipped, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    for attempt in (
        lambda: restore(phone_system=stale, content=content, at=LATER),
        lambda: make_backup(phone_system=stale, at=LATER),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.rule == "7.5"
    assert (Endpoint.objects.count(), Backup.objects.count(), PhoneSystem.objects.count()) == (0, 0, 0)
