"""``switchroom move-to-postgres``: an installation leaves its SQLite file for an empty PostgreSQL database.

The file is held alone from the first look to the last, so that nothing can be written to it that would stay
behind. One transaction takes all rows over, compares every table, and lets the audit look at both; then the
file gets another name, and whoever starts without the new address finds no installation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from switchroom.jobs.preparing import prepare_database
from switchroom.journeys.audit import run_audit
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.copies import CopyRefused, versions
from switchroom.plumbing.copies.another import standing_in
from switchroom.plumbing.copies.checksums import Figures
from switchroom.plumbing.copies.sqlite import held_alone
from switchroom.plumbing.copies.tables import copy_tables, require_no_rows
from switchroom.plumbing.models import OutboxEntry

LEFT = "left"
ONLY_ON_POSTGRESQL = ("procrastinate",)


def move(*, source: dict[str, Any]) -> int:
    """This function will copy the SQLite database with these settings into the default database and say what
    is left to do; it returns 0. Raises CopyRefused, and then nothing has changed but that empty tables may
    be there.
    """
    file = Path(source["NAME"])
    kept = file.with_name(f"{file.stem}.moved{file.suffix}")
    if not file.exists():
        raise CopyRefused(f"There is no installation to move: {file} does not exist.")
    if kept.exists():
        raise CopyRefused(f"{kept} is in the way: an installation was moved before.")
    with held_alone(LEFT, source):
        with standing_in(LEFT):
            versions.require_up_to_date(but=ONLY_ON_POSTGRESQL)
        require_no_rows()
        prepare_database()
        figures = take_over()
        file.rename(kept)
    say_what_is_left_to_do(figures, kept)
    return 0


def take_over() -> dict[str, Figures]:
    """This function will take all rows over if nothing differs afterwards, in one transaction."""
    with transaction.atomic(durable=True):
        figures = copy_tables(source=LEFT)
        with standing_in(LEFT):
            day = clock.today()
            before = {str(finding) for finding in run_audit(day=day)}
        after = {str(finding) for finding in run_audit(day=day)}
        if before != after:
            raise CopyRefused(
                "The audit finds other things in the copy.\n" + "\n".join(sorted(before ^ after))
            )
        # From here on the order of what is due is kept by the other engine.
        OutboxEntry.objects.exclude(due_at=None).update(due_at=None, leased_until=None)
        outbox.adopt_strays()
    print(f"The audit of {day} finds {len(after) or 'nothing'} wrong, as before.")
    return figures


def say_what_is_left_to_do(figures: dict[str, Figures], kept: Path) -> None:
    """This function will print what was done, and what the operator does now."""
    rows = sum(each.rows for each in figures.values())
    print(f"{len(figures)} tables with {rows} rows are in PostgreSQL, each as it was. The laws are in force.")
    print(f"The SQLite file is kept as {kept}; nothing uses it any more.\n")
    print("Now set SWITCHROOM_DATABASE_URL to the address that you gave here, and start web and worker.")
    if not settings.INSTALLATION.secret_key:
        key = settings.DATA_DIR / "secret_key"
        print(f"On other machines set SWITCHROOM_SECRET_KEY, too: to what stands in {key}.")
