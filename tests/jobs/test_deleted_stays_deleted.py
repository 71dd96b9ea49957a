"""What was deleted for good does not come back with an older copy of the database (rule 7.5)."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from switchroom.jobs import dump, load
from switchroom.jobs.preparing import prepare, require_prepared
from switchroom.journeys.audit import run_audit
from switchroom.phonesystems import keys
from switchroom.phonesystems.backups import make_backup
from switchroom.phonesystems.deletion import nothing_left
from switchroom.phonesystems.deletion_record import file_of, verify
from switchroom.phonesystems.models import Backup, DeletionRecord, PhoneSystem
from switchroom.plumbing import clock, outbox
from tests.cast import Town
from tests.installations import Prepared, installation

pytestmark = pytest.mark.django_db(transaction=True)


def dumped_before_the_deletion(file: Path) -> bytes:
    """The record of Farah's phone system; the file was written while she still had it, and Gustav has his."""
    town = Town().on("2026-06-10")
    farah = town.customer("Farah").starts_trial().sets_up(endpoints=2, numbers=1)
    town.customer("Gustav").starts_trial().sets_up(endpoints=1)
    for phone_system in PhoneSystem.objects.all():
        with transaction.atomic():
            make_backup(phone_system=phone_system, at=clock.now())
    assert dump.main([str(file)]) == 0
    farah.cancels(at_once=True)
    outbox.drain()
    record = DeletionRecord.objects.get()
    assert verify(record)
    return file_of(record)


def test_with_the_key_store_it_is_deleted_again(
    tmp_path: Path, blank: Prepared, capsys: pytest.CaptureFixture[str]
) -> None:
    file, kept = tmp_path / "town.dump", tmp_path / "keys"
    with installation(tmp_path / "old", like=blank):
        said = dumped_before_the_deletion(file)
        gone = DeletionRecord.objects.get().phone_system_id
        shutil.copytree(settings.KEY_DIR, kept)
    with installation(tmp_path / "new"):
        shutil.copytree(kept, settings.KEY_DIR)
        assert load.main([str(file)]) == 0
        assert "Farah was deleted for good after this copy was made" in capsys.readouterr().out
        assert [one.name for one in PhoneSystem.objects.all()] == ["Gustav"]
        outbox.drain()
        assert nothing_left(gone) == []
        record = DeletionRecord.objects.get()
        assert file_of(record) == said
        assert verify(record)
        assert Backup.objects.get().phone_system.name == "Gustav"
        assert keys.has_key(PhoneSystem.objects.get().id)
        found = {finding.law for finding in run_audit(day=date(2026, 6, 10))}
        assert found == {"what is promised is there", "deletions are recorded"}, "the old books say otherwise"


@pytest.mark.parametrize("start", [require_prepared, prepare])
def test_whoever_restores_by_other_means_finds_it_deleted_at_the_next_start(
    tmp_path: Path, blank: Prepared, start: object
) -> None:
    file, kept = tmp_path / "town.dump", tmp_path / "keys"
    with installation(tmp_path / "old", like=blank):
        dumped_before_the_deletion(file)
        shutil.copytree(settings.KEY_DIR, kept)
    with installation(tmp_path / "new"):
        load.main([str(file)])
        assert PhoneSystem.objects.count() == 2, "nobody knows of the deletion here"
        shutil.copytree(kept, settings.KEY_DIR, dirs_exist_ok=True)
        assert callable(start)
        start()
        assert [one.name for one in PhoneSystem.objects.all()] == ["Gustav"]


def test_a_follow_up_of_which_the_copy_knows_takes_over_before(tmp_path: Path, blank: Prepared) -> None:
    file, kept = tmp_path / "town.dump", tmp_path / "keys"
    with installation(tmp_path / "old", like=blank):
        dana = Town().on("2026-06-01").customer("Dana").grows_to(one=3).sets_up(endpoints=2, numbers=1)
        dana.cancels().follows_up_with(one=1)
        assert dump.main([str(file)]) == 0
        dana.town.on("2027-06-01")
        outbox.drain()
        said = file_of(DeletionRecord.objects.get())
        shutil.copytree(settings.KEY_DIR, kept)
    with installation(tmp_path / "new"):
        load.main([str(file)])
        clock.move_to(date(2027, 6, 1))
        shutil.copytree(kept, settings.KEY_DIR, dirs_exist_ok=True)
        require_prepared()
        outbox.drain()
        assert file_of(DeletionRecord.objects.get()) == said
        follow_up = PhoneSystem.objects.get()
        assert (follow_up.name, follow_up.sip_label, follow_up.numbers.count()) == ("Dana", "dana", 1)
        assert run_audit(day=date(2027, 6, 1)) == []
