"""An SQLite database as a file: written down while others work in it, taken in beside its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections

from switchroom.plumbing.copies import CopyRefused
from switchroom.plumbing.copies.another import opened, standing_in

COPY = "copy"
WAIT_SECONDS = 5  # for a request that is under way


def require_database() -> None:
    """This function will raise CopyRefused when there is no file; opening it would make one."""
    if not _place().exists():
        raise CopyRefused(f"There is no installation: {_place()} does not exist.")


def require_empty() -> None:
    """This function will raise CopyRefused unless there is no file, or one without a table."""
    if _place().exists():
        if connection.introspection.table_names():
            raise CopyRefused(f"The installation is not empty: {_place()} has tables.")
        connection.close()


@contextmanager
def written_to(file: Path) -> Iterator[None]:
    """This function will copy the database, whole and consistent also while others write, and show the
    copy.
    """
    source, target = sqlite3.connect(_place()), sqlite3.connect(file)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
    except sqlite3.Error as error:
        raise CopyRefused(f"The database cannot be copied: {error}.") from error
    finally:
        target.close()
        source.close()
    with _shown(file):
        yield


@contextmanager
def loaded_from(file: Path) -> Iterator[None]:
    """This function will show a copy of the file that lies beside the database's place, and move it there at
    the end.
    """
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}.draft")
    try:
        shutil.copyfile(file, draft)
        draft.chmod(0o600)
        with _shown(draft):
            _check()
            yield
        _synchronise(draft)
        require_empty()
        draft.rename(place)
        _synchronise(place.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def held_alone(name: str, settings: dict[str, Any]) -> Iterator[None]:
    """This function will open a database under a name so that no other process can even read it meanwhile.

    Raises CopyRefused while another one has it open. Afterwards it is one file, without companions.
    """
    alone = {"init_command": "PRAGMA locking_mode=EXCLUSIVE; PRAGMA foreign_keys=ON", "timeout": WAIT_SECONDS}
    with opened(name, {**settings, "OPTIONS": {**settings["OPTIONS"], **alone}}):
        try:
            with connections[name].cursor() as cursor:
                # Both need the file for themselves; the lock stays until it is closed.
                cursor.execute("PRAGMA journal_mode=DELETE")
                cursor.execute("BEGIN EXCLUSIVE")
                cursor.execute("COMMIT")
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            raise CopyRefused("The installation is in use: stop web and worker first.") from error
        yield


def _place() -> Path:
    return Path(connection.settings_dict["NAME"])


def _check() -> None:
    with connection.cursor() as cursor:
        faults = [fault for (fault,) in cursor.execute("PRAGMA integrity_check") if fault != "ok"]
        faults += [f"{table} points nowhere" for table, *_ in cursor.execute("PRAGMA foreign_key_check")]
    if faults:
        raise CopyRefused(f"The database in the file is damaged: {faults[0]}.")


@contextmanager
def _shown(file: Path) -> Iterator[None]:
    own = connections.settings[DEFAULT_DB_ALIAS]
    # Not the installation's own way of opening: a write-ahead log would leave companions.
    options = {"init_command": "PRAGMA foreign_keys=ON"}
    with opened(COPY, {**own, "NAME": file, "OPTIONS": options}), standing_in(COPY):
        yield


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
