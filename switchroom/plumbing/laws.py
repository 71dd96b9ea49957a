"""Laws of the database that a constraint cannot say: rows that never change, rows that are never deleted.

They are triggers and views, written for both engines, declared by each app as ``LAWS`` in its ``laws.py``.
Django rebuilds a whole table for many a small change on SQLite, which loses the table's triggers and fails on
views over it; so all laws are dropped before every migrate and made again after it, and their presence is
checked at start. Their names begin with ``law_`` (triggers) or ``view_``: whatever bears such a name in the
database is ours to drop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

LONGEST_NAME = 63  # PostgreSQL cuts longer ones silently


@dataclass(frozen=True, kw_only=True)
class Law:
    """One trigger or view, with the statements that make it on either engine.

    On PostgreSQL a trigger calls a function of the same name without arguments; ``postgresql`` then holds
    both statements. Views have ``table=""``.
    """

    name: str
    table: str
    sqlite: str
    postgresql: str

    def __post_init__(self) -> None:
        prefix = "law_" if self.table else "view_"
        if not self.name.startswith(prefix) or len(self.name) > LONGEST_NAME:
            raise ValueError(
                f"The name {self.name!r} must begin with {prefix} and have at most {LONGEST_NAME} letters."
            )


class LawsMissing(Exception):
    """The database lacks laws that the program relies on."""

    def __init__(self, names: Sequence[str]) -> None:
        some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
        super().__init__(f"The database lacks {some}. Run: switchroom prepare")


def append_only(table: str) -> list[Law]:
    """This function will return the laws of a table whose rows are neither changed nor deleted."""
    return [*immutable(table), *undeletable(table)]


def undeletable(table: str, *, when: str = "") -> list[Law]:
    """This function will return the law that forbids deleting rows, or only those that meet ``when`` (SQL on
    ``OLD``).
    """
    sentence = f"{table}: rows are never deleted"
    return [
        refuse(name=f"law_{table}_undeletable", table=table, event="DELETE", when=when, sentence=sentence)
    ]


def immutable(table: str, columns: Sequence[str] = (), *, when: str = "", name: str = "") -> list[Law]:
    """This function will return the law that forbids changing these columns, or any when none are named.

    ``when`` narrows it to rows that meet a condition, SQL over ``OLD`` and ``NEW`` that both engines
    understand, for example ``OLD.issued_on IS NOT NULL``. A second law for the same table needs a ``name`` of
    its own (``law_...``).
    """
    what = ", ".join(columns) or "rows"
    changes = " OR ".join(differs(column) for column in columns)
    condition = " AND ".join(f"({part})" for part in (when, changes) if part)
    return [
        refuse(
            name=name or f"law_{table}_immutable",
            table=table,
            event="UPDATE",
            columns=columns,
            when=condition,
            sentence=f"{table}: {what} never change",
        )
    ]


def differs(column: str) -> str:
    """This function will return the condition that a column's value is another than before, null or not.

    Both engines spell that differently; this they both understand.
    """
    return f"OLD.{column} <> NEW.{column} OR (OLD.{column} IS NULL) <> (NEW.{column} IS NULL)"


def refuse(
    *,
    name: str,
    table: str,
    event: Literal["INSERT", "UPDATE", "DELETE"],
    columns: Sequence[str] = (),
    when: str = "",
    sentence: str,
) -> Law:
    """This function will return a law that refuses an event on a row, always or when a condition holds.

    ``when`` is SQL over ``NEW`` and ``OLD`` that both engines understand; it may hold sub-queries. With
    ``columns`` only an UPDATE that sets one of them is looked at. The refused statement ends in
    ``django.db.IntegrityError`` with the sentence in it.
    """
    occasion = f"{event} OF {', '.join(columns)}" if columns else event
    words = sentence.replace("'", "''")
    guard = f" WHEN {when}" if when else ""
    row = "OLD" if event == "DELETE" else "NEW"
    return Law(
        name=name,
        table=table,
        sqlite=(
            f"CREATE TRIGGER {name} BEFORE {occasion} ON {table} FOR EACH ROW{guard} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        ),
        postgresql=(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $law$ BEGIN "
            f"IF {when or 'TRUE'} THEN "
            f"RAISE EXCEPTION USING MESSAGE = '{words}', ERRCODE = 'check_violation'; END IF; "
            f"RETURN {row}; END $law$; "
            f"CREATE TRIGGER {name} BEFORE {occasion} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        ),
    )


def refuse_written(*, name: str, table: str, when: str, sentence: str, column: str = "") -> Law:
    """This function will return a law that refuses new rows of which one meets a condition, once they are
    written.

    ``when`` is like that of ``refuse``, but the new rows are already among those that its sub-queries see.
    PostgreSQL looks at all rows of a statement together, which is what makes a law bearable where thousands
    are written at once, and at those that have the same value of the one ``column`` that a law is about only
    once; SQLite looks after each.
    """
    words = sentence.replace("'", "''")
    rows = f"(SELECT DISTINCT {column} FROM written) AS written" if column else "written"  # noqa: S608  # our own words
    broken = f"SELECT BOOL_OR({when.replace('NEW.', 'written.')}) FROM {rows}"  # noqa: S608
    return Law(
        name=name,
        table=table,
        sqlite=(
            f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        ),
        postgresql=(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $law$ BEGIN "
            f"IF ({broken}) THEN "
            f"RAISE EXCEPTION USING MESSAGE = '{words}', ERRCODE = 'check_violation'; END IF; "
            f"RETURN NULL; END $law$; "
            f"CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS written "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        ),
    )


def view(*, name: str, select: str) -> Law:
    """This function will return a view (``view_...``); ``select`` is one statement that both engines
    understand.
    """
    statement = f"CREATE VIEW {name} AS {select}"
    return Law(name=name, table="", sqlite=statement, postgresql=statement)


def all_laws() -> list[Law]:
    """This function will return the laws of every installed app, in the order of the apps."""
    modules = [
        f"{config.name}.laws" for config in apps.get_app_configs() if config.name.startswith("switchroom.")
    ]
    laws: list[Law] = [law for module in modules if find_spec(module) for law in _declared(module)]
    names = [law.name for law in laws]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"Two laws have the same name: {', '.join(sorted(twice))}")
    return laws


def _declared(module: str) -> list[Law]:
    return list(getattr(import_module(module), "LAWS", []))


LAWS = append_only("plumbing_auditevent")


def install_laws(connection: BaseDatabaseWrapper) -> None:
    """This function will make every law whose table exists, replacing what an earlier version left."""
    drop_laws(connection)
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for law in all_laws():
            if not law.table or law.table in tables:
                if connection.vendor == "postgresql":
                    kind = f"FUNCTION {law.name}()" if law.table else f"VIEW {law.name}"
                    cursor.execute(f"{law.postgresql}; COMMENT ON {kind} IS '{_mark(law.postgresql)}'")
                else:
                    cursor.execute(law.sqlite)


def drop_laws(connection: BaseDatabaseWrapper) -> None:
    """This function will drop every law, also those of earlier versions, so that tables can be rebuilt."""
    # Views may stand on views: the latest goes first.
    with connection.cursor() as cursor:
        for name, table in reversed(_in_force(connection)):
            if not table:
                cursor.execute(f"DROP VIEW {name}")
            elif connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()")
            else:
                cursor.execute(f"DROP TRIGGER {name}")


def _in_force(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Name and table ("" for a view) of each law the database has, in order of making."""
    if connection.vendor == "postgresql":
        statement = """
            SELECT t.tgname, c.relname, t.oid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE NOT t.tgisinternal AND starts_with(t.tgname::text, 'law_')
              AND c.relnamespace = current_schema()::regnamespace
            UNION ALL
            SELECT c.relname, '', c.oid FROM pg_class c
            WHERE c.relkind = 'v' AND starts_with(c.relname::text, 'view_')
              AND c.relnamespace = current_schema()::regnamespace
            ORDER BY 3
        """
    else:
        statement = """
            SELECT name, CASE type WHEN 'view' THEN '' ELSE tbl_name END, rowid FROM sqlite_master
            WHERE (type = 'trigger' AND substr(name, 1, 4) = 'law_')
               OR (type = 'view' AND substr(name, 1, 5) = 'view_')
            ORDER BY rowid
        """
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [(name, table) for name, table, _ in cursor.fetchall()]


def missing_laws(connection: BaseDatabaseWrapper) -> list[str]:
    """This function will return the names of laws that should be in force and are not."""
    present = {name for name, _ in _in_force(connection)}
    return [law.name for law in all_laws() if law.name not in present]


def laws_to_renew(connection: BaseDatabaseWrapper) -> list[str]:
    """This function will return the names of laws that are missing, of another version, or none of ours."""
    is_postgresql = connection.vendor == "postgresql"
    wanted = {law.name: _mark(law.postgresql if is_postgresql else law.sqlite) for law in all_laws()}
    with connection.cursor() as cursor:
        cursor.execute(_WORDINGS_POSTGRESQL if is_postgresql else _WORDINGS_SQLITE)
        wordings = dict(cursor.fetchall())
    present = {
        name: wordings.get(name) if is_postgresql else _mark(wordings[name])
        for name, _ in _in_force(connection)
    }
    right = {name for name, wording in wanted.items() if present.get(name) == wording}
    return sorted({*wanted, *present} - right)


# PostgreSQL keeps a wording in a form of its own; so a mark of ours is kept with it, as a comment.
_WORDINGS_POSTGRESQL = """
    SELECT proname, obj_description(oid, 'pg_proc') FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace
    UNION ALL
    SELECT relname, obj_description(oid, 'pg_class') FROM pg_class
    WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace
"""
_WORDINGS_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"


def _mark(wording: str) -> str:
    return hashlib.sha256(wording.encode()).hexdigest()


def check_laws(connection: BaseDatabaseWrapper) -> None:
    """This function will raise LawsMissing unless all laws are in force."""
    if names := missing_laws(connection):
        raise LawsMissing(names)


def before_migrate(*, using: str, **_kwargs: Any) -> None:
    """This function will drop all laws; Django calls it before each migrate (``pre_migrate``)."""
    drop_laws(connections[using])


def after_migrate(*, using: str, **_kwargs: Any) -> None:
    """This function will install all laws unless they are in force as they should be; Django calls it after
    each migrate (``post_migrate``).
    """
    if laws_to_renew(connections[using]):
        install_laws(connections[using])
