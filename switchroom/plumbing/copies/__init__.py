"""A whole installation in one file, and back: the database, what belongs to it in the data folder, and a
manifest that says how to tell that nothing is missing.

Either engine writes its database as it is at one instant, while others go on working in it, and takes it back
in all or not at all. ``archive`` is the file, ``checksums`` what is compared, ``sqlite`` and ``postgresql``
are the two engines, ``folder`` is the data folder.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from django.db import connection


class CopyRefused(Exception):
    """A copy could not be made or taken in; the message is one sentence for the operator. Nothing has
    changed.
    """


class Engine(Protocol):
    """What either engine can do with the database that is the default one."""

    def require_database(self) -> None:
        """This function will raise CopyRefused when there is no database yet to write down."""

    def require_empty(self) -> None:
        """This function will raise CopyRefused unless the database has no table at all."""

    def written_to(self, file: Path) -> AbstractContextManager[None]:
        """This function will write the database into a file as it is now; while the block runs, whoever asks
        the default database sees just what was written.
        """

    def loaded_from(self, file: Path) -> AbstractContextManager[None]:
        """This function will take a database in; while the block runs, whoever asks the default database sees
        it, and nobody else. It is there for all when the block has ended, and gone when it raised.
        """


def engine() -> Engine:
    """This function will return the engine of the database in use."""
    return cast("Engine", import_module(f"switchroom.plumbing.copies.{connection.vendor}"))
