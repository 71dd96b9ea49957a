"""Of which version a database is: which migrations it has seen, and which of them this program knows."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from switchroom.plumbing.copies import CopyRefused

PROGRAM = "switchroom"


def own_version() -> str:
    """This function will return this program's version, such as ``0.1.0``."""
    return version(PROGRAM)


def applied() -> list[str]:
    """This function will return the migrations that the database has seen, as ``billing.0001_initial``."""
    return sorted(".".join(migration) for migration in MigrationLoader(connection).applied_migrations)


def pending(*, but: Iterable[str] = ()) -> list[str]:
    """This function will return the migrations that the database has yet to see, but those of some apps."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{one.app_label}.{one.name}" for one, _ in plan if one.app_label not in but]


def require_known(migrations: Iterable[str], their_version: str) -> None:
    """This function will raise CopyRefused for migrations of a program that is newer than this one."""
    known = {".".join(node) for node in MigrationLoader(None).graph.nodes}
    if _numbers(their_version) > _numbers(own_version()) or not known.issuperset(migrations):
        raise CopyRefused(
            f"The file was written by {PROGRAM} {their_version}, this is {own_version()}; "
            "it is loaded by that version or a later one."
        )


def require_up_to_date(*, but: Iterable[str] = ()) -> None:
    """This function will raise CopyRefused when the database is of an earlier version than the program."""
    if pending(but=but):
        raise CopyRefused("The database is of an earlier version than the program. Run: switchroom prepare")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
