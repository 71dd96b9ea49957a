"""``switchroom verify-deletion``: what a member downloaded, checked by whoever holds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from switchroom.jobs import verify_deletion
from switchroom.phonesystems import stored
from switchroom.phonesystems.models import DeletionRecord
from tests.cast import Town
from tests.doors.store import Shopper

pytestmark = pytest.mark.django_db
CHANGED = "It does not say what was signed: somebody changed it."


@pytest.fixture
def file(town_clock: None, tmp_path: Path) -> Path:
    """The record of Dana's phone system, as she downloads it."""
    dana = Town().on("2026-06-01").customer("Dana").starts_trial()
    dana.cancels(at_once=True)
    answer = Shopper(dana.user).opens("deletion_record_file", DeletionRecord.objects.get().id)
    assert answer["Content-Disposition"] == 'attachment; filename="deletion-dana-2026-06-01.json"'
    file = tmp_path / "deletion.json"
    file.write_bytes(answer.content)
    return file


def test_a_record_that_holds(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_deletion.main([str(file)]) == 0
    record = DeletionRecord.objects.get()
    assert capsys.readouterr().out.splitlines() == [
        (
            f"Dana ({record.phone_system_id}) was deleted on 1 June 2026 at 12:00 by rule 7.5: 0 endpoints, "
            "0 phone numbers, 0 backups, 0 call records."
        ),
        "Nothing was left of it on 1 June 2026 at 12:00.",
        f"Public key: {record.public_key}",
        "The signature is right.",
    ]


def test_elsewhere_it_is_checked_with_the_key_that_one_trusts(
    file: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    key = DeletionRecord.objects.get().public_key
    settings.SECRET_KEY = "of another installation"  # of a test
    assert verify_deletion.main([str(file)]) == 1
    assert "which is not of this installation; name the one you trust by --key" in capsys.readouterr().out
    assert verify_deletion.main([str(file), "--key", key]) == 0
    assert verify_deletion.main([str(file), "--key", "of somebody else"]) == 1
    assert "which is not the one that was given" in capsys.readouterr().out
    settings.SECRET_KEY_FALLBACKS = ["key of an installation that lasts as long as a test"]
    assert verify_deletion.main([str(file)]) == 0


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b'"name": "Dana"', b'"name": "Anna"', "It does not say what was signed: somebody changed it."),
        (b'"endpoints": 0', b'"endpoints": 1', "It does not say what was signed: somebody changed it."),
        (b'"signature": "', b'"signature": "AA', "It does not say what was signed: somebody changed it."),
        (
            b"switchroom deletion record",
            b"something else",
            "The file is not a deletion record of this format.",
        ),
        (b"{", b"[", "The file is not a deletion record: "),
    ],
)
def test_a_record_that_does_not(
    file: Path, old: bytes, new: bytes, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(file.read_bytes().replace(old, new, 1))
    assert verify_deletion.main([str(file)]) == 1
    assert sentence in capsys.readouterr().out


def test_a_record_that_is_not_signed_yet(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = json.loads(file.read_bytes())
    said["record"]["verified_at"] = None
    file.write_text(json.dumps({**said, "signature": "", "public_key": ""}))
    assert verify_deletion.main([str(file)]) == 1
    assert "It is not signed: nobody has looked yet" in capsys.readouterr().out


def test_a_record_that_is_not_true(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = DeletionRecord.objects.get().phone_system_id
    name = stored.keep(id_, id_, b"a file that somebody put back")
    assert verify_deletion.main([str(file)]) == 1
    assert "And yet there is still: files of backups." in capsys.readouterr().out
    stored.drop(name)
    assert verify_deletion.main([str(file)]) == 0


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_deletion.main([str(tmp_path / "none.json")]) == 1
    assert "cannot be read: No such file or directory" in capsys.readouterr().out
