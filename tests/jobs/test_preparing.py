"""Getting ready, as it happens at every start: what is ready already is left in peace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from switchroom.catalog.models import Product
from switchroom.jobs.preparing import prepare
from switchroom.plumbing import laws
from switchroom.plumbing.copies import versions
from tests.architecture.source import ROOT
from tests.installations import address_of, database, environment_of, installation, staying
from tests.settings import DATABASE_URL

pytestmark = pytest.mark.django_db(transaction=True)

MADE = {
    "postgresql": "SELECT tgname, oid FROM pg_trigger WHERE tgname LIKE 'law%' ORDER BY 1",
    "sqlite": "SELECT name, rowid FROM sqlite_master WHERE type = 'trigger' ORDER BY 1",
}


def made() -> list[tuple[str, int]]:
    """The laws as they were made: one that is made anew has another number."""
    with connection.cursor() as cursor:
        cursor.execute(MADE[connection.vendor])
        rows: list[tuple[str, int]] = cursor.fetchall()
        return rows


def test_an_empty_installation_gets_tables_laws_and_something_to_sell(tmp_path: Path) -> None:
    with installation(tmp_path):
        prepare()
        assert versions.pending() == []
        assert laws.laws_to_renew(connection) == []
        assert Product.objects.count() == 1
        assert (tmp_path / "static" / "staticfiles.json").exists() or any((tmp_path / "static").iterdir())


def test_laws_stay_in_force_where_nothing_has_changed(tmp_path: Path) -> None:
    """Others are at work while one more is started."""
    with installation(tmp_path):
        prepare()
        before = made()
        prepare()
        assert made() == before
        laws.drop_laws(connection)
        prepare()
        assert [name for name, _ in made()] == [name for name, _ in before]


def test_several_may_prepare_at_once(tmp_path: Path) -> None:
    """On PostgreSQL several machines begin together; on SQLite there is one."""
    machines = 3 if DATABASE_URL else 1
    with database(tmp_path / "switchroom.sqlite3") as its_settings:
        url = address_of(its_settings["NAME"])
        begun = [
            subprocess.Popen(
                [sys.executable, "-m", "switchroom.config.cli", "prepare"],
                cwd=ROOT,
                env=environment_of(tmp_path / str(number) if DATABASE_URL else tmp_path, url),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for number in range(machines)
        ]
        assert [one.communicate()[0] for one in begun] == ["Ready.\n"] * machines
        with staying(tmp_path, its_settings):
            assert laws.laws_to_renew(connection) == []
            assert Product.objects.count() == 1
