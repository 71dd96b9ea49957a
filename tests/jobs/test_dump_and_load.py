"""A whole installation in one file, and back: the same in everything, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction

from switchroom.jobs import dump, load
from switchroom.jobs.preparing import prepare
from switchroom.journeys.audit import run_audit
from switchroom.journeys.day import run_day
from switchroom.plumbing import audit_trail, clock, laws, outbox
from switchroom.plumbing.copies import CopyRefused, archive, engine, versions
from switchroom.plumbing.copies.another import opened, standing_in
from switchroom.plumbing.copies.checksums import figures_of_tables
from switchroom.plumbing.models import AuditEvent
from switchroom.subscriptions.models import Subscription
from tests.architecture.source import ROOT
from tests.installations import (
    KEY,
    MASTER_KEY,
    Stay,
    address_of,
    database,
    environment_of,
    installation,
    settings_with,
    staying,
    tables,
)
from tests.jobs import town_to_copy

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 30.0
KEYS = ("secret_key", "master_key")
Capture = pytest.CaptureFixture[str]


def files_of(folder: Path) -> dict[str, bytes]:
    found = [file for name in dump.BELONGS for file in [folder / name, *(folder / name).rglob("*")]]
    return {str(file.relative_to(folder)): file.read_bytes() for file in found if file.is_file()}


def test_it_comes_back_as_it_was(town: Stay, written: Path, tmp_path: Path, capsys: Capture) -> None:
    assert written.stat().st_mode & 0o777 == 0o600
    with town():
        before, files = town_to_copy.everything(), files_of(settings.DATA_DIR)
    assert (files["secret_key"], files["master_key"]) == (KEY.encode(), MASTER_KEY.encode())
    assert {name.partition("/")[0] for name in files} == {"mail", "files", *KEYS}
    capsys.readouterr()
    with installation(tmp_path / "new") as folder:
        for name in KEYS:
            (folder / name).write_text("made when the settings were read for the first time")
        assert load.main([str(written)]) == 0
        assert town_to_copy.everything() == before
        assert files_of(folder) == files
        modes = {folder.joinpath(name).stat().st_mode & 0o777 for name in KEYS}
        assert modes == {0o600}
        assert not list(folder.glob(".*"))
        assert laws.missing_laws(connection) == []
        prepare()
        assert town_to_copy.everything() == before
    said = capsys.readouterr().out
    assert "each as it was written down.\n" in said
    assert "The audit of 2026-08-03 finds nothing wrong, as before.\n" in said
    assert "another secret key" not in said


def test_it_goes_on_where_it_was(written: Path, tmp_path: Path) -> None:
    """Letters that were due are sent, what was given up stays so, the laws hold, the months go on."""
    with installation(tmp_path / "new") as folder:
        load.main([str(written)])
        before = set(folder.glob("mail/*.eml"))
        outbox.drain()
        (sent,) = set(folder.glob("mail/*.eml")) - before
        assert b"dana@example.com" in sent.read_bytes()
        assert [entry.key for entry in outbox.dead()] == ["given up"]
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            AuditEvent.objects.update(actor="somebody else")
        for day in ("2026-08-04", "2026-09-01"):
            clock.move_to(date.fromisoformat(day))
            assert run_day(day=clock.today(), at=clock.now()).failed == ()
            outbox.drain()
        assert run_audit(day=clock.today()) == []
        assert "2026-09-01 monthly" in town_to_copy.statements()["Dana GmbH"]


def test_it_is_taken_at_one_instant_while_others_write(town: Stay, tmp_path: Path) -> None:
    """Somebody writes two events at a time: of the file's there are two each."""
    stop = threading.Event()

    def write(its_settings: dict[str, Any]) -> None:
        with opened("writer", its_settings), standing_in("writer"):
            while not stop.is_set():
                with transaction.atomic():
                    for _ in range(2):
                        audit_trail.record(
                            kind="noted", day=date(2026, 8, 3), account_id=UUID(int=0), facts={}
                        )

    def noted() -> int:
        return AuditEvent.objects.filter(kind="noted").count()

    with town():
        its_settings = connections.settings[DEFAULT_DB_ALIAS] | connection.settings_dict
        writer = threading.Thread(target=write, args=(its_settings,))
        writer.start()
        dump.main([str(tmp_path / "busy.dump")])
        at_the_end = noted()
        stop.set()
        writer.join()
    with installation(tmp_path / "new"):
        assert load.main([str(tmp_path / "busy.dump")]) == 0
        assert noted() % 2 == 0
        assert noted() < at_the_end


def test_a_key_that_is_set_stays_out_of_the_file(town: Stay, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "town.dump"
    with town(), settings_with(secret_key=KEY):
        dump.main([str(file)])
    with installation(tmp_path / "same", secret_key=KEY) as folder:
        assert load.main([str(file)]) == 0
        assert not (folder / "secret_key").exists()
    assert "another secret key" not in capsys.readouterr().out
    with installation(tmp_path / "other", secret_key="another"):
        assert load.main([str(file)]) == 0
    assert "another secret key. Set SWITCHROOM_SECRET_KEY" in capsys.readouterr().out


def test_a_key_that_is_set_wins_over_the_files(written: Path, tmp_path: Path, capsys: Capture) -> None:
    with installation(tmp_path / "new", secret_key="another") as folder:
        assert load.main([str(written)]) == 0
        assert not (folder / "secret_key").exists()
    assert "another secret key" in capsys.readouterr().out


def test_books_that_were_wrong_come_back_as_wrong(town: Stay, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "wrong.dump"
    with town():
        due = dict(Subscription.objects.values_list("pk", "next_due_on"))
        Subscription.objects.update(next_due_on=None)
        assert dump.main([str(file)]) == 0
        for pk, day in due.items():
            Subscription.objects.filter(pk=pk).update(next_due_on=day)
    assert "every subscription is due some day: subscription Dana" in capsys.readouterr().out
    with installation(tmp_path / "new"):
        assert load.main([str(file)]) == 0
    assert "The audit of 2026-08-03 finds 3 wrong, as before." in capsys.readouterr().out


def test_an_earlier_version_is_brought_up(written: Path, tmp_path: Path, capsys: Capture) -> None:
    """Its tables are compared as they were, then they become this version's."""
    old = tmp_path / "old.dump"
    with installation(tmp_path / "earlier"):
        load.main([str(written)])
        before = town_to_copy.statements()
        call_command("migrate", "billing", "0002", interactive=False, verbosity=0)
        with pytest.raises(CopyRefused, match="earlier version than the program"):
            dump.main([str(tmp_path / "refused.dump")])
        assert not (tmp_path / "refused.dump").exists()
        with archive.reading(written, program="switchroom") as reader, archive.writing(old) as writer:
            with engine().written_to(tmp_path / "database"):
                snapshot = msgspec.structs.replace(
                    reader.manifest.snapshot,
                    version="0.0.9",
                    migrations=versions.applied(),
                    tables=figures_of_tables(connection),
                )
            writer.add(archive.DATABASE, tmp_path / "database")
            writer.seal(snapshot)
    capsys.readouterr()
    with installation(tmp_path / "new"):
        assert load.main([str(old)]) == 0
        assert versions.pending() == []
        assert town_to_copy.statements() == before
    said = capsys.readouterr().out
    assert f"It was of version 0.0.9 and is of {versions.own_version()} now." in said
    assert "The audit of 2026-08-03 finds what it found before." in said


@pytest.mark.parametrize("delay_seconds", [0.0, 0.4])
def test_killed_half_way_it_has_done_nothing(written: Path, tmp_path: Path, delay_seconds: float) -> None:
    """Where all of it was done before the signal came, the next one comes earlier."""
    for attempt in range(8):
        folder = tmp_path / f"new-{attempt}"
        with database(folder / "switchroom.sqlite3") as its_settings, staying(folder, its_settings):
            url = address_of(its_settings["NAME"])
            process = subprocess.Popen(
                [sys.executable, "-m", "switchroom.config.cli", "load", str(written)],
                cwd=ROOT,
                env=environment_of(folder, url),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            ends = time.monotonic() + PATIENCE_SECONDS
            while not list(folder.glob(".load-*/database")) and time.monotonic() < ends:
                time.sleep(0.01)
            time.sleep(delay_seconds / 2**attempt)
            process.send_signal(signal.SIGKILL)
            said, _ = process.communicate()
            if tables():
                assert run_audit(day=clock.today()) == []
                continue
            assert process.returncode == -signal.SIGKILL, said.decode()
            assert load.main([str(written)]) == 0
            assert run_audit(day=clock.today()) == []
            return
    pytest.fail("it was never killed half-way")
