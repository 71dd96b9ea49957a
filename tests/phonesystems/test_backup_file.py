"""The file of a backup: which files are read, and why others are refused (rule 8.5)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from switchroom.phonesystems import backup_file
from switchroom.phonesystems.backup_file import (
    ENDPOINTS,
    MANIFEST,
    PHONE_NUMBERS,
    PHONE_SYSTEM,
    RING_GROUPS,
    Configuration,
    Manifest,
    SavedEndpoint,
    SavedGroup,
    SavedNumber,
    SavedPhoneSystem,
    SavedRing,
    pack,
    read_backup,
    write_backup,
)
from switchroom.plumbing import signatures
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import AT

ACCOUNT = UUID(int=1)
SOUND = Configuration(
    account_id=ACCOUNT,
    made_at=AT,
    phone_system=SavedPhoneSystem("Müller", "mueller", "f" * 32),
    endpoints=(
        SavedEndpoint("Empfang ☎", "20", "20-abcd", "0" * 32),
        SavedEndpoint("Tür", "21", "21-efgh", "1" * 32),
    ),
    phone_numbers=(SavedNumber("+493023125000", "Berlin", True, "Allee 1", "10115", "Berlin", "50"),),
    ring_groups=(SavedGroup("Verkauf", "50", "in_order", (SavedRing("21", 20), SavedRing("20", 30))),),
)
SOUND_FILE = write_backup(SOUND)
NO_BACKUP = "This file is not the backup of a phone system."
UNREADABLE = "This file cannot be read: it is empty, cut off or not a backup."
DAMAGED = "This backup is damaged: its contents are not those it was made with."
PASSPHRASE = "correct horse battery"  # of a test


def members_of(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_member(name: str, content: bytes) -> bytes:
    """The sound file with one member that is other or more."""
    return pack({**members_of(SOUND_FILE), name: content})


def signed_anew(change: Callable[[dict[str, Any]], object], parts: dict[str, bytes] | None = None) -> bytes:
    """A file whose manifest was changed by somebody who can sign for the installation."""
    members = {**members_of(SOUND_FILE), **(parts or {})}
    manifest = json.loads(members[MANIFEST])
    for name, part in (parts or {}).items():
        manifest["parts"][name] = {
            "size": len(part),
            "sha256": hashlib.sha256(part).hexdigest(),
            "holds": len(json.loads(part)) if name != PHONE_SYSTEM else 1,
        }
    change(manifest)
    unsigned = msgspec.convert({**manifest, "signature": ""}, Manifest)
    text = msgspec.json.encode(unsigned, order="deterministic")
    return pack({**members, MANIFEST: json.dumps({**manifest, "signature": signatures.sign(text)}).encode()})


def altered(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A file that was written and signed with other contents: phone system, endpoints, numbers, groups."""
    members = members_of(SOUND_FILE)
    named = {
        "phone_system": PHONE_SYSTEM,
        "endpoints": ENDPOINTS,
        "phone_numbers": PHONE_NUMBERS,
        "ring_groups": RING_GROUPS,
    }
    contents = {key: json.loads(members[name]) for key, name in named.items()}
    change(contents)
    parts = {named[key]: json.dumps(content).encode() for key, content in contents.items()}
    return signed_anew(lambda manifest: None, parts)


def refusal_of(file: bytes, *, account_id: UUID = ACCOUNT) -> str:
    with pytest.raises(Refused) as refused:
        read_backup(file, account_id=account_id)
    assert refused.value.rule == "8.5"
    return str(refused.value)


def test_a_sound_file_is_read() -> None:
    assert read_backup(SOUND_FILE, account_id=ACCOUNT) == SOUND
    assert write_backup(SOUND) == SOUND_FILE


def test_a_signature_of_a_former_key_still_counts(settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"  # of a test
    assert read_backup(SOUND_FILE, account_id=ACCOUNT) == SOUND
    settings.SECRET_KEY_FALLBACKS = []
    assert refusal_of(SOUND_FILE) == "This backup was made by another provider's installation."


def bomb() -> bytes:
    """A few kilobytes that hold three hundred megabytes."""
    return with_member(ENDPOINTS, b" " * 300_000_000)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: b"", UNREADABLE),
        (lambda: b"\xff\xfe", UNREADABLE),
        (lambda: SOUND_FILE[:-20], UNREADABLE),
        (lambda: SOUND_FILE[:200], UNREADABLE),
        (lambda: b'{"format": "switchroom phone system"}', UNREADABLE),
        (lambda: pack({"a": b"b"}), NO_BACKUP),
        (lambda: pack({MANIFEST: b"{}"}), NO_BACKUP),
        (lambda: pack({MANIFEST: b"[" * 100_000}), UNREADABLE),
        (lambda: with_member(MANIFEST, b" " * 2_000_000), DAMAGED),
        (lambda: b" " * (backup_file.LARGEST_BYTES + 1), "This file is too large to be a backup."),
        (
            lambda: signed_anew(lambda manifest: manifest.update(version=4)),
            "This backup was made by another version, which cannot be read here.",
        ),
        (
            lambda: signed_anew(lambda manifest: manifest.update(version=2)),
            "This backup is incomplete: its parts are not those it names.",
        ),
        (
            lambda: signed_anew(lambda manifest: manifest.update(made_by="somebody")),
            "This backup was made by another provider's installation.",
        ),
        (
            lambda: signed_anew(lambda manifest: manifest["parts"][ENDPOINTS].update(holds=3)),
            "This backup is incomplete: its manifest names other counts.",
        ),
        (
            lambda: signed_anew(lambda manifest: manifest["parts"].pop(ENDPOINTS)),
            "This backup is incomplete: its parts are not those it names.",
        ),
        (
            lambda: signed_anew(lambda manifest: manifest["parts"][ENDPOINTS].update(size=200_000_000)),
            "This file is too large to be a backup.",
        ),
        (
            lambda: with_member("../../etc/passwd", b"root"),
            "This backup is incomplete: its parts are not those it names.",
        ),
        (
            lambda: with_member(MANIFEST, members_of(SOUND_FILE)[MANIFEST].replace(b"0001", b"0002", 1)),
            DAMAGED,
        ),
        (lambda: with_member(ENDPOINTS, b"[]"), DAMAGED),
        (
            lambda: with_member(ENDPOINTS, members_of(SOUND_FILE)[ENDPOINTS].replace(b"20-abcd", b"20-abce")),
            DAMAGED,
        ),
        (bomb, DAMAGED),
    ],
)
def test_it_refuses_files_that_are_no_whole_backup(make: Callable[[], bytes], sentence: str) -> None:
    assert refusal_of(make()) == sentence


def test_a_file_of_the_former_version_had_no_ring_groups() -> None:
    def make_former(manifest: dict[str, Any]) -> None:
        manifest.update(version=2)
        del manifest["parts"][RING_GROUPS]

    members = members_of(signed_anew(make_former))
    del members[RING_GROUPS]
    former = msgspec.structs.replace(SOUND, ring_groups=())
    assert read_backup(pack(members), account_id=ACCOUNT) == former


def test_a_backup_of_another_customer_is_refused() -> None:
    assert (
        refusal_of(SOUND_FILE, account_id=UUID(int=2)) == "This backup is of another customer's phone system."
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda contents: contents["phone_system"].update(more=1), "more"),
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
        (lambda contents: contents["endpoints"].append("x"), "object"),
        (lambda contents: contents["phone_numbers"][0].pop("is_live"), "is_live"),
        (lambda contents: contents["ring_groups"][0].update(extension="20"), "20: twice"),
        (lambda contents: contents["ring_groups"][0].update(extension="112"), "112"),
        (lambda contents: contents["ring_groups"][0].update(name=" "), "50: Please fill this in."),
        (lambda contents: contents["ring_groups"][0].update(manner="none"), "manner"),
        (lambda contents: contents["ring_groups"].append(contents["ring_groups"][0]), "50: twice"),
        (lambda contents: contents["ring_groups"][0]["members"][0].update(seconds=61), "5 to 60 seconds"),
        (lambda contents: contents["ring_groups"][0]["members"][0].update(extension="20"), "50: twice"),
        (
            lambda contents: contents["ring_groups"][0]["members"][0].update(extension="22"),
            "what is not there",
        ),
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
        content = read_backup(corrupted, account_id=ACCOUNT)
    except Refused:
        return
    assert content == SOUND


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_other_bytes_are_refused(file: bytes) -> None:
    assert refusal_of(file)
