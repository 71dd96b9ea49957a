"""An installation leaves its SQLite file for PostgreSQL: with every row and every law, or not at all."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from allauth.account.models import EmailAddress
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from switchroom.accounts.models import User
from switchroom.config.connections import database_settings
from switchroom.jobs.move_to_postgres import move
from switchroom.jobs.preparing import prepare
from switchroom.journeys.audit import run_audit
from switchroom.journeys.day import run_day
from switchroom.plumbing import clock, laws, outbox
from switchroom.plumbing.copies import CopyRefused
from switchroom.plumbing.copies.another import opened, standing_in
from switchroom.plumbing.models import AuditEvent, OutboxEntry
from tests.architecture.source import ROOT
from tests.installations import Prepared, database_on_server, environment_of, installation
from tests.jobs import town_to_copy

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 30.0
BUILD = (
    "from switchroom.config.cli import _start_django; _start_django(); "
    "from switchroom.jobs.preparing import prepare_database; prepare_database(); "
    "from tests.jobs.town_to_copy import build; build()"
)
OUTBOX = "plumbing.OutboxEntry"
FILE = "switchroom.sqlite3"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a town on SQLite; a process of its own builds it, since the engine is chosen at
    start.
    """
    folder = tmp_path_factory.mktemp("built") / "town"
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=ROOT,
        env=environment_of(folder, ""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of it, which may be moved."""
    return shutil.copytree(built, tmp_path / "town")


@contextmanager
def on_sqlite(folder: Path) -> Iterator[None]:
    """Lets the block ask the SQLite database of a folder."""
    with opened("asked", database_settings("", folder)), standing_in("asked"):
        yield


def moved(folder: Path) -> int:
    return move(source=database_settings("", folder))


def promised() -> list[tuple[Any, ...]]:
    """What the outbox holds, without what only one of its engines needs."""
    names = ("id", "kind", "key", "payload", "created_at", "failures", "last_error", "done_at", "dead_at")
    return sorted(OutboxEntry.objects.values_list(*names), key=lambda row: str(row[0]))


def test_it_arrives_with_every_row_and_every_law(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with on_sqlite(folder):
        before, promised_before = town_to_copy.everything(), promised()
    with installation(folder):
        assert moved(folder) == 0
        after, promised_after = town_to_copy.everything(), promised()
        assert {**after, OUTBOX: []} == {**before, OUTBOX: []}
        assert len(before["statements"]) == 3
        assert promised_after == promised_before
        assert not OutboxEntry.objects.exclude(due_at=None, leased_until=None).exists()
        assert laws.missing_laws(connection) == []
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            AuditEvent.objects.update(actor="somebody else")
        assert run_audit(day=clock.today()) == []
        prepare()
        assert town_to_copy.statements() == before["statements"]
    said = capsys.readouterr().out
    assert "The audit of 2026-08-03 finds nothing wrong, as before." in said
    assert "each as it was. The laws are in force." in said
    assert not (folder / FILE).exists()
    shutil.move(folder / "switchroom.moved.sqlite3", folder / FILE)
    with on_sqlite(folder):
        assert town_to_copy.everything() == before


def test_it_goes_on_where_it_was(folder: Path, blank: Prepared) -> None:
    """New rows get new numbers, what was promised happens once, the months go on."""
    with installation(folder, like=blank):
        moved(folder)
        user = User.objects.create_user("gustav@example.com", full_name="Gustav")
        address = EmailAddress.objects.create(user=user, email=user.email)
        content_type = ContentType.objects.create(app_label="of", model="tomorrow")
        assert EmailAddress.objects.filter(pk__lt=address.pk).count() == EmailAddress.objects.count() - 1
        assert ContentType.objects.filter(pk__lt=content_type.pk).count() > 20
        before = set(folder.glob("mail/*.eml"))
        outbox.drain()
        (sent,) = set(folder.glob("mail/*.eml")) - before
        assert b"dana@example.com" in sent.read_bytes()
        assert [entry.key for entry in outbox.dead()] == ["given up"]
        assert outbox.adopt_strays() == 0
        for day in ("2026-08-04", "2026-09-01"):
            clock.move_to(date.fromisoformat(day))
            assert run_day(day=clock.today(), at=clock.now()).failed == ()
            outbox.drain()
        assert run_audit(day=clock.today()) == []
        assert "2026-09-01 monthly" in town_to_copy.statements()["Dana GmbH"]


def nul_in_a_name(file: sqlite3.Connection) -> None:
    file.execute("UPDATE accounts_user SET full_name = 'Da' || char(0) || 'na'")


def a_name_that_is_too_long(file: sqlite3.Connection) -> None:
    file.execute("UPDATE accounts_user SET full_name = printf('%.*c', 1000, 'x')")


def a_key_to_nobody(file: sqlite3.Connection) -> None:
    file.execute(
        'INSERT INTO account_emailaddress (email, verified, "primary", user_id) '
        "VALUES ('nobody@example.com', 0, 0, '00000000000000000000000000000000')"
    )


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (nul_in_a_name, "A row of accounts_user is refused: "),
        (a_name_that_is_too_long, "A row of accounts_user is refused: value too long"),
        (a_key_to_nobody, "A row points to one that is not there: "),
    ],
)
def test_what_postgresql_cannot_hold_is_named_and_nothing_is_moved(
    folder: Path, blank: Prepared, harm: Callable[[sqlite3.Connection], None], sentence: str
) -> None:
    with closing(sqlite3.connect(folder / FILE)) as file, file:
        file.create_function("REGEXP", 2, lambda pattern, text: True)
        harm(file)
    with installation(folder, like=blank):
        with pytest.raises(CopyRefused) as refused:
            moved(folder)
        assert sentence in str(refused.value)
        assert not User.objects.exists()
        assert laws.missing_laws(connection) == []
        assert (folder / FILE).exists()


def test_an_installation_in_use_stays_where_it_is(folder: Path) -> None:
    with installation(folder), closing(sqlite3.connect(folder / FILE)) as worker:
        worker.execute("SELECT count(*) FROM plumbing_outboxentry").fetchone()
        with pytest.raises(CopyRefused, match="is in use: stop web and worker first"):
            moved(folder)
        assert connection.introspection.table_names() == []


def test_nobody_writes_to_the_file_while_it_is_moved(folder: Path) -> None:
    from switchroom.plumbing.copies.sqlite import held_alone

    with held_alone("left", database_settings("", folder)), closing(sqlite3.connect(folder / FILE)) as late:
        late.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            late.execute("DELETE FROM django_session")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            late.execute("SELECT * FROM django_session")


def test_a_database_with_rows_takes_nothing(folder: Path, blank: Prepared) -> None:
    with installation(folder, like=blank):
        prepare()
        with pytest.raises(CopyRefused, match=r"The database is not empty: \w+ has rows"):
            moved(folder)
    assert (folder / FILE).exists()


def test_an_earlier_version_is_prepared_first(folder: Path) -> None:
    with on_sqlite(folder):
        call_command("migrate", "billing", "0002", interactive=False, verbosity=0)
    with installation(folder), pytest.raises(CopyRefused, match="Run: switchroom prepare"):
        moved(folder)


def test_what_is_not_there_or_was_moved_before_is_said(folder: Path, tmp_path: Path) -> None:
    with installation(folder):
        with pytest.raises(CopyRefused, match="There is no installation to move"):
            moved(tmp_path)
        (folder / "switchroom.moved.sqlite3").touch()
        with pytest.raises(CopyRefused, match="is in the way: an installation was moved before"):
            moved(folder)


def start(folder: Path, address: str, url: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "switchroom.config.cli", "move-to-postgres", address],
        cwd=ROOT,
        env=environment_of(folder, url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_killed_half_way_it_has_moved_nothing(folder: Path) -> None:
    with database_on_server() as url, psycopg.connect(url, autocommit=True) as watcher:
        process = start(folder, url)
        copying = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY %' AND datname = current_database()"
        )
        ends = time.monotonic() + PATIENCE_SECONDS
        while watcher.execute(copying).fetchone() != (1,) and time.monotonic() < ends:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        assert process.returncode == -signal.SIGKILL, said
        assert watcher.execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)
        again = start(folder, url)
        said, _ = again.communicate()
        assert again.returncode == 0, said
        assert "start web and worker" in said
        assert watcher.execute("SELECT count(*) > 0 FROM accounts_user").fetchone() == (True,)
        already = start(folder, url, url)
        said, _ = already.communicate()
        assert (already.returncode, "on PostgreSQL already" in said) == (1, True)
