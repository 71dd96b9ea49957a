"""Backups: what they hold, where they are kept and for how long, how they come home (rules 7.1, 7.7, 8.5)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from uuid import UUID

import pyrage
import pytest
from pyrage.x25519 import Identity
from pytest_django import Settings

from switchroom.accounts.models import User
from switchroom.phonesystems import keys, sealing, stored
from switchroom.phonesystems.backup_file import (
    ENDPOINTS,
    MANIFEST,
    PHONE_NUMBERS,
    PHONE_SYSTEM,
    RING_GROUPS,
)
from switchroom.phonesystems.backups import (
    Tally,
    back_up_changed,
    backup_of,
    configuration_of,
    content_of,
    fresh_backup,
    is_at_home,
    make_backup,
    newest_backup,
    note_download,
    opened,
    take_in,
    thin_out,
)
from switchroom.phonesystems.endpoints import add_endpoint, rename
from switchroom.phonesystems.entitling import entitle
from switchroom.phonesystems.models import Backup, BackupKind, Endpoint, PhoneSystem
from switchroom.phonesystems.numbers import go_live, set_emergency_address, take_number
from switchroom.plumbing.audit_trail import story_of
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import AT, DAY, LATER, SetsUp, events_of

PASSPHRASE = "correct horse battery"  # of a test


def members_of(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def equipped(acme: PhoneSystem, stock: None) -> PhoneSystem:
    """Acme with two endpoints and a live number."""
    for extension in ("20", "21"):
        add_endpoint(phone_system=acme, name=f"Desk {extension}", extension=extension, at=AT)
    number = take_number(phone_system=acme, at=AT)
    set_emergency_address(number=number, street="Allee 1", postal_code="10115", city="Berlin", at=AT)
    go_live(number=number, at=AT)
    return acme


def test_a_file_holds_all_that_is_set_up_and_says_what_it_is(equipped: PhoneSystem) -> None:
    owner = User.objects.get()
    backup = make_backup(phone_system=equipped, user=owner, at=LATER)
    members = members_of(opened(backup))
    assert list(members) == [MANIFEST, PHONE_SYSTEM, ENDPOINTS, PHONE_NUMBERS, RING_GROUPS]
    manifest = json.loads(members[MANIFEST])
    assert (manifest["format"], manifest["version"]) == ("switchroom phone system", 3)
    assert manifest["account_id"] == str(equipped.account_id)
    assert {name: part["holds"] for name, part in manifest["parts"].items()} == {
        PHONE_SYSTEM: 1,
        ENDPOINTS: 2,
        PHONE_NUMBERS: 1,
        RING_GROUPS: 0,
    }
    assert json.loads(members[PHONE_SYSTEM]) == {
        "name": "Acme",
        "sip_label": "acme",
        "realm": equipped.realm,
    }
    assert [endpoint["extension"] for endpoint in json.loads(members[ENDPOINTS])] == ["20", "21"]
    assert json.loads(members[PHONE_NUMBERS])[0]["emergency_street"] == "Allee 1"
    assert content_of(backup) == configuration_of(equipped, LATER)
    assert (backup.kind, backup.made_at, backup.made_by) == (BackupKind.ASKED, LATER, owner)
    assert (backup.endpoints, backup.phone_numbers, backup.downloaded_at) == (2, 1, None)
    event = story_of(subscription_id=equipped.subscription_id).last()
    assert event is not None
    assert (event.kind, event.actor) == ("backup_made", owner.email)
    assert event.facts == {
        "phone_system": "Acme",
        "sha256": backup.sha256,
        "endpoints": 2,
        "phone_numbers": 1,
    }


def test_no_secret_is_in_it(acme: PhoneSystem) -> None:
    _, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    backup = make_backup(phone_system=acme, at=AT)
    assert not any(secret.encode() in content for content in members_of(opened(backup)).values())


def test_what_is_kept_is_encrypted_with_a_key_of_the_phone_system_alone(
    equipped: PhoneSystem, bolt: PhoneSystem
) -> None:
    backup = make_backup(phone_system=equipped, at=AT)
    make_backup(phone_system=bolt, at=AT)
    file = stored.fetch(backup.file)
    assert file.startswith(b"age-encryption.org/v1")
    assert b"Acme" not in file
    assert len(file) == backup.size
    assert pyrage.decrypt(file, [keys.identity_of(equipped.id)]) == opened(backup)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(file, [keys.identity_of(bolt.id)])


def test_its_key_is_kept_wrapped_by_the_master_key(equipped: PhoneSystem, settings: Settings) -> None:
    backup = make_backup(phone_system=equipped, at=AT)
    secret = str(keys.identity_of(equipped.id))
    (kept,) = [file.read_bytes() for file in settings.KEY_DIR.iterdir()]
    assert secret.encode() not in kept
    settings.MASTER_KEY = str(Identity.generate())
    with pytest.raises(Refused, match="its key is no longer there"):
        opened(backup)


def test_a_file_that_is_lost_or_damaged_says_so(equipped: PhoneSystem) -> None:
    backup = make_backup(phone_system=equipped, at=AT)
    file = stored.fetch(backup.file)
    stored.drop(backup.file)
    with pytest.raises(Refused, match="no longer kept here"):
        opened(backup)
    backup.file = stored.keep(equipped.id, backup.id, file[:-1])
    with pytest.raises(Refused, match="is damaged"):
        opened(backup)


def test_it_is_found_by_its_phone_system_alone(equipped: PhoneSystem, bolt: PhoneSystem) -> None:
    backup = make_backup(phone_system=equipped, at=AT)
    assert backup_of(equipped, backup.id) == backup
    with pytest.raises(Backup.DoesNotExist):
        backup_of(bolt, backup.id)


# --- At home ---------------------------------------------------------------------------------------------


def test_it_is_at_home_once_it_is_taken_and_until_something_changes(equipped: PhoneSystem) -> None:
    owner = User.objects.get()
    assert newest_backup(equipped) is None
    backup = make_backup(phone_system=equipped, user=owner, at=LATER)
    assert newest_backup(equipped) == backup
    assert not is_at_home(equipped)
    note_download(backup=backup, at=LATER, user=owner)
    assert is_at_home(equipped)
    assert events_of(equipped)[-1] == "backup_downloaded"
    entitle(phone_system=equipped, entitled=Grants(5, 5, 5), day=DAY, at=LATER + timedelta(minutes=1))
    assert is_at_home(equipped)
    rename(endpoint=Endpoint.objects.all()[0], name="Door", at=LATER + timedelta(minutes=2))
    equipped.refresh_from_db()
    assert not is_at_home(equipped)
    newer = fresh_backup(phone_system=equipped, at=LATER + timedelta(minutes=3), user=owner)
    assert newer != backup
    assert fresh_backup(phone_system=equipped, at=LATER + timedelta(minutes=4), user=owner) == newer


def test_a_passphrase_opens_it_again_and_no_other_does(equipped: PhoneSystem) -> None:
    content = opened(make_backup(phone_system=equipped, at=AT))
    file = sealing.sealed_by(PASSPHRASE, content)
    assert sealing.unsealed_by(PASSPHRASE, file) == content
    for words, wrong in ((PASSPHRASE[:-1], file), (PASSPHRASE, file[:-20]), (PASSPHRASE, b""), ("", file)):
        with pytest.raises(Refused, match="This passphrase does not open the file"):
            sealing.unsealed_by(words, wrong)


@pytest.mark.parametrize("words", ["", "short", " " * 20, "x" * 201])
def test_a_passphrase_is_long_enough(words: str) -> None:
    with pytest.raises(Refused, match="at least 12 characters"):
        sealing.check_passphrase(words)
    sealing.check_passphrase(PASSPHRASE)


def test_what_comes_back_is_kept_for_the_phone_system_that_it_is_to_go_into(
    equipped: PhoneSystem, sets_up: SetsUp
) -> None:
    owner = User.objects.get()
    content = opened(make_backup(phone_system=equipped, at=AT))
    brought = take_in(phone_system=equipped, content=content, at=LATER, user=owner)
    assert (brought.kind, brought.endpoints, brought.made_at) == (BackupKind.UPLOADED, 2, LATER)
    assert content_of(brought) == content_of(Backup.objects.exclude(id=brought.id).get())
    assert newest_backup(equipped) != brought  # it is no backup of what is set up
    other = sets_up("Other")
    with pytest.raises(Refused, match="of another customer's phone system"):
        take_in(phone_system=other, content=content, at=LATER, user=owner)


def test_it_is_not_fresh_when_a_change_read_the_clock_before_but_came_after(equipped: PhoneSystem) -> None:
    make_backup(phone_system=equipped, at=LATER)
    add_endpoint(phone_system=equipped, name="Door", extension="22", at=LATER - timedelta(seconds=1))
    assert back_up_changed(at=LATER) == Tally(1, 0)


def test_it_is_fresh_when_it_read_the_clock_before_a_change_that_it_holds(equipped: PhoneSystem) -> None:
    add_endpoint(phone_system=equipped, name="Door", extension="22", at=LATER)
    make_backup(phone_system=equipped, at=LATER - timedelta(seconds=1))
    assert back_up_changed(at=LATER) == Tally(0, 0)


# --- By night --------------------------------------------------------------------------------------------


def test_by_night_what_has_changed_is_backed_up(equipped: PhoneSystem, bolt: PhoneSystem) -> None:
    assert back_up_changed(at=LATER) == Tally(2, 0)
    assert back_up_changed(at=LATER + timedelta(days=1)) == Tally(0, 0)
    told = events_of(equipped)
    add_endpoint(phone_system=bolt, name="Desk", extension="20", at=LATER + timedelta(days=1))
    assert back_up_changed(at=LATER + timedelta(days=2)) == Tally(1, 0)
    assert [one.kind for one in Backup.objects.filter(phone_system=bolt)] == [BackupKind.DAILY] * 2
    assert events_of(equipped) == told  # nobody is told of what happens every night


def test_one_that_fails_does_not_keep_the_others_from_theirs(
    equipped: PhoneSystem, bolt: PhoneSystem, settings: Settings
) -> None:
    settings.KEY_DIR.mkdir()
    (settings.KEY_DIR / f"{equipped.id}.key").write_text("no key")
    assert back_up_changed(at=LATER) == Tally(1, 1)
    assert [one.phone_system for one in Backup.objects.all()] == [bolt]
    assert stored.names_of(equipped.id) == []


def test_old_ones_go_and_the_newest_stays(equipped: PhoneSystem, settings: Settings) -> None:
    settings.INSTALLATION = settings.INSTALLATION.model_copy(update={"backup_days": 14, "backup_count": 3})
    for day in range(20):
        make_backup(phone_system=equipped, at=AT + timedelta(days=day), kind=BackupKind.DAILY)
    assert thin_out(at=AT + timedelta(days=20)).failed == 0
    kept = list(Backup.objects.filter(phone_system=equipped))
    assert [one.made_at - AT for one in kept] == [timedelta(days=day) for day in (19, 18, 17)]
    assert sorted(stored.names_of(equipped.id)) == sorted(one.file for one in kept)
    thin_out(at=AT + timedelta(days=32))
    assert [one.made_at - AT for one in Backup.objects.all()] == [timedelta(days=19), timedelta(days=18)]
    thin_out(at=AT + timedelta(days=400))
    assert [one.made_at - AT for one in Backup.objects.all()] == [timedelta(days=19)]
    assert content_of(kept[0]).endpoints


def test_what_is_at_home_stays_known_when_its_file_goes(equipped: PhoneSystem) -> None:
    owner = User.objects.get()
    old = make_backup(phone_system=equipped, at=AT, user=owner)
    note_download(backup=old, at=AT, user=owner)
    make_backup(phone_system=equipped, at=AT + timedelta(days=30))
    assert thin_out(at=AT + timedelta(days=30)).done == 1
    old.refresh_from_db()
    assert (old.file, old.size, old.downloaded_at) == ("", 0, AT)
    assert is_at_home(equipped)
    with pytest.raises(Refused, match="no longer kept here"):
        opened(old)


def test_what_somebody_left_who_died_is_swept_up(equipped: PhoneSystem) -> None:
    kept = [make_backup(phone_system=equipped, at=AT + timedelta(minutes=one)) for one in range(2)]
    stored.keep(equipped.id, UUID(int=7), b"half a file")
    assert thin_out(at=LATER) == Tally(0, 0)
    assert sorted(stored.names_of(equipped.id)) == sorted(one.file for one in kept)
