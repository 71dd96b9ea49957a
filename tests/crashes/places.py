"""Where the town stands: a database that is kept as it was built, and one in use that is copied from it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from pyrage.x25519 import Identity

from tests.crashes.postgresql import LOOKING, Server

LONG_AGO = "2026-01-01 00:00:00"
MASTER_KEY = str(Identity.generate())


class Place(Protocol):
    """A town's database and its data folder (``folder``), at a fixed address that ``environment`` names."""

    folder: Path
    environment: dict[str, str]

    def keep(self) -> None:
        """This function will keep the town as it stands; nothing may be running."""

    def restore(self) -> None:
        """This function will put the kept town in the place of the one in use; nothing may be running."""

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """This function will return the rows that a statement finds, as far as they are committed."""

    def watching(self, statement: str) -> AbstractContextManager[Callable[[], int]]:
        """This function will give a function that asks for one number, again and again by one connection."""

    def execute(self, statement: str) -> None:
        """This function will change something by hand, and commit."""

    def time_passes(self) -> None:
        """This function will end the leases of dead workers and the pauses after failures, as hours would."""


def _forget(folder: Path) -> None:
    """What was left beside the database by the life before: it must not be known in the next one."""
    for name in ("mail", "keys", "backups"):
        shutil.rmtree(folder / name, ignore_errors=True)


class SqlitePlace:
    """A town in one file, as the embedded installation has it. ``kept`` is the file as it was built."""

    def __init__(self, folder: Path, *, kept: Path | None = None) -> None:
        self.folder = folder / "in-use"
        self.environment = _environment(self.folder, "")
        self.kept = kept or folder / "kept.sqlite3"
        self._file = self.folder / "switchroom.sqlite3"
        self.folder.mkdir()

    def keep(self) -> None:
        """This function will copy the file."""
        with self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self._file, self.kept)

    def restore(self) -> None:
        """This function will copy it back, and forget what the dead left in their logs."""
        for file in self.folder.glob(f"{self._file.name}-*"):
            file.unlink()
        shutil.copyfile(self.kept, self._file)
        _forget(self.folder)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """This function will ask by a connection of its own."""
        with self._connection() as connection:
            return connection.execute(statement).fetchall()

    @contextmanager
    def watching(self, statement: str) -> Iterator[Callable[[], int]]:
        """This function will read by itself what is committed each time."""
        with self._connection() as connection:
            yield lambda: int(connection.execute(statement).fetchone()[0])

    def execute(self, statement: str) -> None:
        """This function will change something and commit."""
        with self._connection() as connection, connection:
            connection.execute(statement)

    def time_passes(self) -> None:
        """This function will push leases and pauses into the past."""
        self.execute(
            f"UPDATE plumbing_outboxentry SET leased_until = '{LONG_AGO}' WHERE leased_until IS NOT NULL"
        )
        self.execute(f"UPDATE plumbing_outboxentry SET due_at = '{LONG_AGO}' WHERE due_at IS NOT NULL")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=20)) as connection:
            yield connection


class PostgresqlPlace:
    """A town in a database of a server that may be killed."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder / "in-use"
        self.server = server
        self.environment = _environment(self.folder, server.url("town"))
        self.folder.mkdir()
        self._on_server("CREATE DATABASE town")

    def keep(self) -> None:
        """This function will rename the database."""
        self._on_server("ALTER DATABASE town RENAME TO kept")

    def restore(self) -> None:
        """This function will copy the kept database, file by file.

        The usual copy, through the log, has a fault: after a crash its sequences give numbers twice.
        """
        self._on_server("DROP DATABASE IF EXISTS town WITH (FORCE)")
        self._on_server("CREATE DATABASE town TEMPLATE kept STRATEGY FILE_COPY")
        _forget(self.folder)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """This function will ask by a connection of its own."""
        with self._connection() as connection:
            return connection.execute(statement.encode()).fetchall()

    @contextmanager
    def watching(self, statement: str) -> Iterator[Callable[[], int]]:
        """This function will read by itself what is committed each time."""
        with self._connection(autocommit=True) as connection:
            yield lambda: int(connection.execute(statement.encode()).fetchall()[0][0])

    def execute(self, statement: str) -> None:
        """This function will change something and commit."""
        with self._connection() as connection:
            connection.execute(statement.encode())

    def time_passes(self) -> None:
        """This function will push pauses and the last heartbeats into the past."""
        self.execute(
            f"UPDATE procrastinate_jobs SET scheduled_at = '{LONG_AGO}' WHERE scheduled_at IS NOT NULL"
        )
        self.execute(f"UPDATE procrastinate_workers SET last_heartbeat = '{LONG_AGO}'")

    def backends(self) -> list[int]:
        """This function will list the server's processes that serve clients of the town."""
        return self.server.backends_of("town")

    def _connection(self, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
        url = self.server.url("town")
        return psycopg.connect(url, autocommit=autocommit, application_name=LOOKING)

    def _on_server(self, statement: str) -> None:
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def _environment(folder: Path, url: str) -> dict[str, str]:
    return {
        "SWITCHROOM_DATA_DIR": str(folder),
        "SWITCHROOM_DATABASE_URL": url,
        "SWITCHROOM_MOVABLE_CLOCK": "true",
        "SWITCHROOM_SECRET_KEY": "key of a town that is killed again and again",
        "SWITCHROOM_MASTER_KEY": MASTER_KEY,
    }
