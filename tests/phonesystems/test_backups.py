"""Backups: what they hold, which files are refused, and what comes back (rules 7.1, 7.7 and 8.5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.accounts.models import User
from switchroom.phonesystems.backup_file import LARGEST_BYTES, read_backup, write_backup
from switchroom.phonesystems.backups import (
    configuration_of,
    has_fresh_backup,
    make_backup,
    newest_backup,
    restore,
)
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.deletion import delete
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.endpoints import add_endpoint, ha1_of, rename
from switchroom.phonesystems.entitling import entitle, switch_off
from switchroom.phonesystems.models import Backup, Endpoint, PhoneSystem
from switchroom.phonesystems.numbers import go_live, set_emergency_address, take_number
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

SOUND: dict[str, Any] = {
    "format": "switchroom phone system",
    "version": 1,
    "made_at": "2026-06-01T10:00:00+00:00",
    "phone_system": {"name": "Müller", "sip_label": "mueller", "realm": "f" * 32},
    "endpoints": [
        {"name": "Empfang ☎", "extension": "20", "sip_user": "20-abcd", "ha1": "0" * 32},
        {"name": "Tür", "extension": "21", "sip_user": "21-efgh", "ha1": "1" * 32},
    ],
    "phone_numbers": [
        {
            "e164": "+493023125000",
            "area": "Berlin",
            "is_live": True,
            "emergency_street": "Allee 1",
            "emergency_postal_code": "10115",
            "emergency_city": "Berlin",
        }
    ],
    "manifest": {"endpoints": 2, "phone_numbers": 1},
}
SOUND_FILE, SOUND_SHA256 = write_backup(SOUND)


def altered(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A file that somebody edited and gave a right checksum."""
    contents = json.loads(json.dumps(SOUND))
    change(contents)
    return write_backup(contents)[0]


def refusal_of(file: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_backup(file)
    assert refused.value.rule == "8.5"
    return str(refused.value)


@pytest.fixture
def equipped(acme: PhoneSystem, stock: None) -> PhoneSystem:
    """Acme with two endpoints and a live number."""
    for extension in ("20", "21"):
        add_endpoint(phone_system=acme, name=f"Desk {extension}", extension=extension, at=AT)
    number = take_number(phone_system=acme, at=AT)
    set_emergency_address(number=number, street="Allee 1", postal_code="10115", city="Berlin", at=AT)
    go_live(number=number, at=AT)
    return acme


def test_a_file_holds_all_that_is_set_up_with_manifest_and_checksum(equipped: PhoneSystem) -> None:
    owner = User.objects.get()
    backup, file = make_backup(phone_system=equipped, user=owner, at=LATER)
    contents = json.loads(file)
    assert list(contents) == [*SOUND, "sha256"]
    assert contents["manifest"] == {"endpoints": 2, "phone_numbers": 1}
    assert contents["phone_system"] == {"name": "Acme", "sip_label": "acme", "realm": equipped.realm}
    assert [endpoint["extension"] for endpoint in contents["endpoints"]] == ["20", "21"]
    assert contents["phone_numbers"][0]["emergency_street"] == "Allee 1"
    checksum = contents.pop("sha256")
    canonical = json.dumps(contents, sort_keys=True, separators=(",", ":"))
    assert checksum == hashlib.sha256(canonical.encode()).hexdigest() == backup.sha256
    assert (backup.made_at, backup.made_by) == (LATER, owner)
    event = story_of(subscription_id=equipped.subscription_id).last()
    assert event is not None
    assert (event.kind, event.actor) == ("backup_made", owner.email)
    assert event.facts == {"phone_system": "Acme", "sha256": checksum, "endpoints": 2, "phone_numbers": 1}


def test_no_secret_is_in_it(acme: PhoneSystem) -> None:
    _, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    _, file = make_backup(phone_system=acme, user=None, at=AT)
    assert secret.encode() not in file


def test_it_is_fresh_until_something_changes(equipped: PhoneSystem) -> None:
    assert newest_backup(equipped) is None
    assert not has_fresh_backup(equipped)
    backup, _ = make_backup(phone_system=equipped, user=None, at=LATER)
    assert newest_backup(equipped) == backup
    assert has_fresh_backup(equipped)
    entitle(phone_system=equipped, entitled=Grants(5, 5, 5), day=DAY, at=LATER + timedelta(minutes=1))
    assert has_fresh_backup(equipped)
    rename(endpoint=Endpoint.objects.all()[0], name="Door", at=LATER + timedelta(minutes=2))
    equipped.refresh_from_db()
    assert not has_fresh_backup(equipped)
    make_backup(phone_system=equipped, user=None, at=LATER + timedelta(minutes=3))
    assert has_fresh_backup(equipped)


def test_it_is_not_fresh_when_a_change_read_the_clock_before_but_came_after(equipped: PhoneSystem) -> None:
    make_backup(phone_system=equipped, user=None, at=LATER)
    add_endpoint(phone_system=equipped, name="Door", extension="22", at=LATER - timedelta(seconds=1))
    assert not has_fresh_backup(equipped)


def test_it_is_fresh_when_it_read_the_clock_before_a_change_that_it_holds(equipped: PhoneSystem) -> None:
    add_endpoint(phone_system=equipped, name="Door", extension="22", at=LATER)
    make_backup(phone_system=equipped, user=None, at=LATER - timedelta(seconds=1))
    assert has_fresh_backup(equipped)


def test_a_sound_file_is_read(db: None) -> None:
    content = read_backup(SOUND_FILE)
    assert [endpoint.name for endpoint in content.endpoints] == ["Empfang ☎", "Tür"]
    assert content.phone_system.realm == "f" * 32


def test_its_layout_does_not_matter() -> None:
    packed = json.dumps(json.loads(SOUND_FILE), sort_keys=True).encode()
    assert read_backup(packed) == read_backup(SOUND_FILE)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "This file cannot be read: it is empty, cut off or not a backup."),
        (b"\xff\xfe", "This file cannot be read: it is empty, cut off or not a backup."),
        (SOUND_FILE[:-20], "This file cannot be read: it is empty, cut off or not a backup."),
        (b"[]", "This file cannot be read: it is empty, cut off or not a backup."),
        (b"[" * 100_000, "This file cannot be read: it is empty, cut off or not a backup."),
        (b'{"a": ' * 100_000, "This file cannot be read: it is empty, cut off or not a backup."),
        (b"{}", "This file is not the backup of a phone system."),
        (b'{"format": "something else"}', "This file is not the backup of a phone system."),
        (b" " * (LARGEST_BYTES + 1), "This file is too large to be a backup."),
        (
            altered(lambda contents: contents.update(version=2)),
            "This backup was made by another version, which cannot be read here.",
        ),
        (
            SOUND_FILE.replace(b'"20-abcd"', b'"20-abce"'),
            "This backup is damaged: its checksum does not match its contents.",
        ),
        (
            SOUND_FILE.replace(SOUND_SHA256.encode(), b"0"),
            "This backup is damaged: its checksum does not match its contents.",
        ),
        (
            json.dumps(SOUND).encode(),
            "This backup is damaged: its checksum does not match its contents.",
        ),
        (
            altered(lambda contents: contents["manifest"].update(endpoints=3)),
            "This backup is incomplete: its manifest names other counts.",
        ),
    ],
)
def test_it_refuses_files_that_are_no_whole_backup(file: bytes, sentence: str) -> None:
    assert refusal_of(file) == sentence


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda contents: contents.pop("endpoints"), "endpoints"),
        (lambda contents: contents.update(more=1), "more"),
        (lambda contents: contents.update(made_at="yesterday"), "made_at"),
        (lambda contents: contents.update(made_at="2026-06-01T10:00:00"), "made_at"),
        (lambda contents: contents["phone_system"].update(realm='a"\r\nVia: x'), "realm"),
        (lambda contents: contents["endpoints"][0].update(ha1="0" * 31), "ha1"),
        (lambda contents: contents["endpoints"][0].update(ha1="0" * 32 + "\n"), "ha1"),
        (lambda contents: contents["endpoints"][0].update(sip_user="a@b"), "sip_user"),
        (lambda contents: contents["endpoints"][0].update(extension=20), "extension"),
        (lambda contents: contents["endpoints"][0].update(extension="021"), "021"),
        (lambda contents: contents["endpoints"][0].update(extension="112"), "112"),
        (lambda contents: contents["endpoints"][0].update(extension="21"), "21: twice"),
        (lambda contents: contents["endpoints"][0].update(sip_user="21-efgh"), "21: twice"),
        (lambda contents: contents["endpoints"][0].update(name=""), "name"),
        (lambda contents: contents["endpoints"][0].update(name=" "), "20: Please fill this in."),
        (lambda contents: contents["endpoints"][0].update(name="a\x00b"), "characters that can be printed"),
        (lambda contents: contents["endpoints"].append("x"), "endpoints"),
        (lambda contents: contents["phone_numbers"][0].pop("is_live"), "is_live"),
    ],
)
def test_it_refuses_contents_that_could_not_be_typed_in_either(
    change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    sentence = refusal_of(altered(change))
    assert sentence.startswith("This backup cannot be used: ")
    assert reason in sentence


@given(st.data())
def test_a_corrupted_file_is_refused_or_says_the_same(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(SOUND_FILE) - 1))
    length = data.draw(st.integers(0, 8))
    instead = data.draw(st.binary(max_size=8))
    corrupted = SOUND_FILE[:place] + instead + SOUND_FILE[place + length :]
    try:
        content = read_backup(corrupted)
    except Refused:
        return
    assert content == read_backup(SOUND_FILE)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_other_bytes_are_refused(file: bytes) -> None:
    assert refusal_of(file)


def test_it_comes_back_whole_into_the_same_phone_system(equipped: PhoneSystem) -> None:
    _, file = make_backup(phone_system=equipped, user=None, at=AT)
    before = configuration_of(equipped, AT)
    Endpoint.objects.filter(extension="20").delete()
    add_endpoint(phone_system=equipped, name="New", extension="30", at=AT)
    restore(phone_system=equipped, content=read_backup(file), at=LATER, actor="alice@example.com")
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


def test_devices_keep_their_passwords_in_another_phone_system(acme: PhoneSystem, bolt: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    _, file = make_backup(phone_system=acme, user=None, at=AT)
    add_endpoint(phone_system=bolt, name="Old", extension="40", at=AT)
    restore(phone_system=bolt, content=read_backup(file), at=LATER)
    assert extensions_of(bolt) == ["20"]
    restored = bolt.endpoints.get()
    assert restored.ha1 == ha1_of(sip_user=endpoint.sip_user, realm=bolt.realm, secret=secret)


def test_it_comes_back_into_a_follow_up(equipped: PhoneSystem, follow_up: Subscription) -> None:
    _, file = make_backup(phone_system=equipped, user=None, at=AT)
    switch_off(phone_system=equipped, day=DAY, at=AT)
    new = take_over(old=equipped, subscription=follow_up, entitled=ENTITLED, day=DAY, at=AT)
    realm = new.realm
    delete(phone_system=equipped, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    restore(phone_system=new, content=read_backup(file), at=LATER)
    assert extensions_of(new) == ["20", "21"]
    assert new.realm == realm
    assert new.numbers.count() == 1


def test_more_than_entitled_is_refused_and_nothing_changes(equipped: PhoneSystem, sets_up: SetsUp) -> None:
    _, file = make_backup(phone_system=equipped, user=None, at=AT)
    small = sets_up("Small", Grants(trunk_lines=1, endpoints=1, phone_numbers=1))
    add_endpoint(phone_system=small, name="Old", extension="40", at=AT)
    realm = small.realm
    with pytest.raises(NoRoom) as refused:
        restore(phone_system=small, content=read_backup(file), at=LATER)
    assert str(refused.value) == "This backup holds 2 endpoints, but your licences include only 1."
    small.refresh_from_db()
    assert (extensions_of(small), small.realm, small.changed_at) == (["40"], realm, AT)
    assert events_of(small) == ["endpoint_added"]


def test_nothing_comes_back_where_the_service_is_off(equipped: PhoneSystem) -> None:
    switch_off(phone_system=equipped, day=DAY, at=AT)
    _, file = make_backup(phone_system=equipped, user=None, at=AT)
    with pytest.raises(Refused) as refused:
        restore(phone_system=equipped, content=read_backup(file), at=LATER)
    assert refused.value.rule == "8"


def test_nothing_comes_back_into_what_was_deleted(equipped: PhoneSystem) -> None:
    stale = PhoneSystem.objects.get()
    _, file = make_backup(phone_system=equipped, user=None, at=AT)
    switch_off(phone_system=equipped, day=DAY, at=AT)
    delete(phone_system=equipped, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    for attempt in (
        lambda: restore(phone_system=stale, content=read_backup(file), at=LATER),
        lambda: make_backup(phone_system=stale, user=None, at=LATER),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.rule == "7.5"
    assert (Endpoint.objects.count(), Backup.objects.count(), PhoneSystem.objects.count()) == (0, 0, 0)
