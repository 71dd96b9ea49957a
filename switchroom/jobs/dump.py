"""``switchroom dump``: the whole installation, as it is at one instant, into one file.

It may run while members and workers are at work. The file holds the database, the files of the data folder
that belong to it, and what ``load`` needs to prove that nothing is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection

from switchroom.journeys.audit import run_audit
from switchroom.plumbing import clock
from switchroom.plumbing.copies import archive, engine, folder, versions
from switchroom.plumbing.copies.checksums import figures_of_tables

SECRET_KEY = "secret_key"  # noqa: S105  # the name of a file
MASTER_KEY = "master_key"
BELONGS = ("files", "mail", "brand", SECRET_KEY, MASTER_KEY)
"""What belongs to an installation of its data folder; keys only where no setting gives them. Backups of phone
systems and their data keys are left out on purpose: what is deleted must not come back with an old file.
"""


def main(argv: Sequence[str]) -> int:
    """This function will write the file and say what is in it; it returns 0. Raises CopyRefused."""
    parser = argparse.ArgumentParser(
        prog="switchroom dump",
        description="Writes the whole installation into one file. It may be in use meanwhile.",
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a new file; keep it as secret as the database"
    )
    file: Path = parser.parse_args(argv).file
    engine().require_database()
    with archive.writing(file) as writer, tempfile.TemporaryDirectory(dir=file.parent) as beside:
        database = Path(beside) / archive.DATABASE
        with engine().written_to(database):
            snapshot = taken_snapshot()
        # What PostgreSQL writes is packed already.
        writer.add(archive.DATABASE, database, packed=snapshot.engine == "sqlite")
        folder.add_files(writer, settings.DATA_DIR, belongings())
        manifest = writer.seal(snapshot)
    rows = sum(figures.rows for figures in snapshot.tables.values())
    print(
        f"{file}: {len(snapshot.tables)} tables with {rows} rows and {len(manifest.members) - 1} files, "
        f"{file.stat().st_size / 1e6:.1f} MB."
    )
    for finding in snapshot.findings:
        print(finding)
    print(f"The audit of {snapshot.day} found {len(snapshot.findings) or 'nothing'} wrong.")
    return 0


def taken_snapshot() -> archive.Snapshot:
    """This function will say what the default database is like. Raises CopyRefused unless it is of this
    version.
    """
    versions.require_up_to_date()
    day = clock.today()
    return archive.Snapshot(
        program=versions.PROGRAM,
        version=versions.own_version(),
        engine=connection.vendor,
        day=day,
        taken_at=clock.real_now(),
        migrations=versions.applied(),
        tables=figures_of_tables(connection),
        findings=[str(finding) for finding in run_audit(day=day)],
        key_mark=key_mark(settings.SECRET_KEY),
    )


def belongings() -> list[str]:
    """This function will return the files and folders of the data folder that belong to this installation."""
    return [name for name in BELONGS if name not in keys_that_are_set()]


def keys_that_are_set() -> set[str]:
    """This function will return the names of the keys that settings give, whatever lies in the data
    folder.
    """
    installation = settings.INSTALLATION
    given = {SECRET_KEY: installation.secret_key, MASTER_KEY: installation.master_key}
    return {name for name, key in given.items() if key}


def key_mark(key: str) -> str:
    """This function will return a word that tells one secret key from another."""
    return hmac.new(key.encode(), b"mark of a copy", hashlib.sha256).hexdigest()[:16]
