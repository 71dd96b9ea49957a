"""A copy of the views beside the edge, so that it starts while the portal's database is away.

The copy is an SQLite file of the same tables. It is changed in place: whoever reads it has it open, and would
go on reading a file that was put aside. A view and its revision are written in one transaction, read from one
moment of the portal's database, so the copy never says that it is newer than it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction

from switchroom.phonesystems.edges.kamailio.repeating import Repeating
from switchroom.plumbing.bulk import read_rows

COPY_SECONDS = 0.2
WAIT_SECONDS = 2.0
"""After a copy that failed."""
BUSY_SECONDS = 10.0


class NothingToCopy(Exception):
    """The portal's database names no revision, though it did before: something is wrong with it."""


class _View(NamedTuple):
    name: str
    revision: int
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


class Copier(Repeating):
    """Keeps one copy; each process that keeps one has a ``Copier`` of its own."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def copy_forever(self) -> None:
        """This function will copy what has changed, five times a second, until ``stop``; while the portal's
        database is away, the copy stays as it is.
        """
        self._repeat(
            self.copy,
            seconds=COPY_SECONDS,
            waits=WAIT_SECONDS,
            word="edge.copy_waits",
            away=(NothingToCopy, sqlite3.Error),
        )

    def copy(self) -> list[str]:
        """This function will copy the views whose revision is another than in the copy, and name them.

        Raises NothingToCopy, and what either database raises.
        """
        had = self.revisions()
        with _one_moment():
            has = {str(name): int(revision) for name, revision in read_rows(_REVISIONS)}
            if had and not has:
                raise NothingToCopy("The portal's database names no view any more; the copy stays as it is.")
            views = [_read(name, revision) for name, revision in has.items() if had.get(name) != revision]
        if views:
            self._write(views)
        return [view.name for view in views]

    def revisions(self) -> dict[str, int]:
        """This function will return the revision of each view in the copy; nothing before the first copy."""
        if not self._file.exists():
            return {}
        with closing(self._opened()) as copy:
            try:
                return dict(copy.execute(_REVISIONS).fetchall())
            except sqlite3.OperationalError:  # it has no tables yet
                return {}

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)

    def _write(self, views: Sequence[_View]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(self._opened()) as copy:
            copy.execute("PRAGMA journal_mode = WAL")
            copy.execute("BEGIN IMMEDIATE")
            copy.execute(
                "CREATE TABLE IF NOT EXISTS view_edge_revision (name TEXT PRIMARY KEY, revision INTEGER)"
            )
            for view in views:
                table, places = f"view_edge_{view.name}", ", ".join("?" * len(view.columns))
                copy.execute(f"DROP TABLE IF EXISTS {table}")
                copy.execute(f"CREATE TABLE {table} ({', '.join(view.columns)})")
                copy.executemany(f"INSERT INTO {table} VALUES ({places})", view.rows)  # noqa: S608  # our words
                copy.execute(
                    "INSERT OR REPLACE INTO view_edge_revision VALUES (?, ?)", [view.name, view.revision]
                )
            copy.execute("COMMIT")


_REVISIONS = "SELECT name, revision FROM view_edge_revision"


def _read(name: str, revision: int) -> _View:
    statement = f"SELECT * FROM view_edge_{name}"  # noqa: S608  # a name of ours
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 0")
        columns = [column[0] for column in cursor.description]
    return _View(name, revision, columns, read_rows(statement))


@contextmanager
def _one_moment() -> Iterator[None]:
    """What is read within is as it was at one moment."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
