"""``switchroom load``: what ``dump`` wrote into one file becomes an installation again.

Only an empty one takes it, and takes it whole: before anything can be seen of it, every table must have the
rows and the checksum that were written down, and the audit must find what it found then, which is nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection

from switchroom.jobs.dump import BELONGS, MASTER_KEY, SECRET_KEY, key_mark, keys_that_are_set
from switchroom.jobs.preparing import prepare_database
from switchroom.journeys.audit import run_audit
from switchroom.journeys.restored import delete_again
from switchroom.plumbing import clock
from switchroom.plumbing.copies import CopyRefused, archive, engine, folder, versions
from switchroom.plumbing.copies.checksums import figures_of_tables
from switchroom.plumbing.laws import check_laws

WAY_OUT = {
    "sqlite": "load it without SWITCHROOM_DATABASE_URL, then run: switchroom move-to-postgres",
    "postgresql": "load it with SWITCHROOM_DATABASE_URL",
}


def main(argv: Sequence[str]) -> int:
    """This function will take the file in and say so; it returns 0. Raises CopyRefused."""
    parser = argparse.ArgumentParser(
        prog="switchroom load",
        description="Takes in what dump wrote, into an empty installation: all of it or nothing.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a file that dump wrote")
    file: Path = parser.parse_args(argv).file
    with archive.reading(file, program=versions.PROGRAM) as reader:
        written = reader.manifest.snapshot
        require_fitting(written)
        try:
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".load-") as beside:
                is_audited = take_in(reader, Path(beside))
        except OSError as error:
            raise CopyRefused(f"{settings.DATA_DIR} cannot be written: {error.strerror}.") from error
    rows = sum(figures.rows for figures in written.tables.values())
    print(f"{len(written.tables)} tables with {rows} rows are loaded, each as it was written down.")
    say_when_the_key_is_another(written)
    found_wrong = 0
    if is_audited:
        print(f"The audit of {written.day} finds {len(written.findings) or 'nothing'} wrong, as before.")
    else:
        found_wrong = bring_up(written)
    for name in delete_again(day=clock.today(), at=clock.now()):
        print(f"{name} was deleted for good after this copy was made, and is deleted again.")
    return found_wrong


def require_fitting(written: archive.Snapshot) -> None:
    """This function will raise CopyRefused unless the file is for this program, engine and an empty
    database.
    """
    if written.engine != connection.vendor:
        raise CopyRefused(f"The file is of an installation on {written.engine}; {WAY_OUT[written.engine]}.")
    versions.require_known(written.migrations, written.version)
    engine().require_empty()


def take_in(reader: archive.Reader, beside: Path) -> bool:
    """This function will put files and database in place, if what comes out of the archive is what went in.

    False when it is of an earlier version: this one's audit cannot read it yet.
    """
    written = reader.manifest.snapshot
    database = beside / archive.DATABASE
    reader.take(archive.DATABASE, database)
    waiting = beside / "folder"
    # What a setting gives wins at every start.
    names = [name for name in folder.take_files(reader, waiting, BELONGS) if name not in keys_that_are_set()]
    with (
        folder.in_place(settings.DATA_DIR, waiting, names, instead=[SECRET_KEY, MASTER_KEY]),
        engine().loaded_from(database),
    ):
        require_same_tables(written)
        if versions.pending():
            return False
        check_laws(connection)
        if new := new_findings(written):
            raise CopyRefused("The audit does not find what it found before.\n" + "\n".join(new))
        return True


def require_same_tables(written: archive.Snapshot) -> None:
    """This function will raise CopyRefused unless every table has the rows and the checksum it had."""
    found = figures_of_tables(connection)
    then = written.tables
    if differing := [name for name in sorted(found | then) if found.get(name) != then.get(name)]:
        raise CopyRefused(f"These tables do not come out as they went in: {', '.join(differing)}.")


def new_findings(written: archive.Snapshot) -> list[str]:
    """This function will return what the audit of that day finds now and did not find then."""
    now = [str(finding) for finding in run_audit(day=written.day)]
    return sorted(set(now) ^ set(written.findings))


def bring_up(written: archive.Snapshot) -> int:
    """This function will make an installation of an earlier version one of this version, and audit it; 1 when
    its books do not stand up to this version's audit.
    """
    prepare_database()
    print(f"It was of version {written.version} and is of {versions.own_version()} now.")
    new = new_findings(written)
    for finding in new:
        print(finding)
    print(f"The audit of {written.day} finds {'other things than' if new else 'what it found'} before.")
    return 1 if new else 0


def say_when_the_key_is_another(written: archive.Snapshot) -> None:
    """This function will warn when the next start has not the key under which the installation ran."""
    kept = settings.DATA_DIR / SECRET_KEY
    key = settings.INSTALLATION.secret_key or kept.read_text(encoding="ascii").strip()
    if key_mark(key) != written.key_mark:
        print(
            "The installation had another secret key. Set SWITCHROOM_SECRET_KEY to that one: without it, "
            "second factors cannot be checked, and members have to sign in anew."
        )
