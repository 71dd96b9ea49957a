"""Reading and writing many rows at once: plain tuples in, COPY out (one prepared statement on SQLite).

No object is made per row and rows may be a generator, so that a billing run of any size needs little memory.
Checks, unique keys and laws of the database hold as for any other row. Ids travel as text, in the form in
which the database keeps them: whoever handles millions of rows need not parse one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from itertools import count, repeat, starmap
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from psycopg.copy import LibpqWriter
from psycopg.types.string import BytesBinaryDumper, TextLoader
from uuid_utils import uuid7

from switchroom.plumbing.binary import UUID_LENGTH, Form, form_of, json_text, ready_rows

Row = tuple[Any, ...]
Query = tuple[str, Sequence[Any]]
"""A SELECT that both engines understand, and its values."""

KEYS_BUT = """
    SELECT conname FROM pg_constraint
    WHERE contype = 'f' AND condeferrable AND conrelid = %s::regclass AND confrelid <> %s::regclass
"""
BLOCK_ROWS = 2_000
_block_names = map("rows_in_blocks_{}".format, count())
SPAN_SETTINGS = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL random_page_cost = 1.1; "
    "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL cursor_tuple_fraction = 1"
)


def key_maker() -> Callable[[], str]:
    """This function will return a function that makes ids that nothing else has, as text in the form of this
    database.
    """
    if connection.vendor == "postgresql":
        return map(str, starmap(uuid7, repeat(()))).__next__
    return lambda: uuid7().hex


def sent_key_maker() -> Callable[[], Any]:
    """This function will return a function that makes ids that nothing else has, as ``insert_rows`` sends
    them, for rows that nobody names before they are written.
    """
    if connection.vendor == "postgresql":
        return map(attrgetter("bytes"), starmap(uuid7, repeat(()))).__next__
    return key_maker()


def new_key() -> str:
    """This function will return an id that nothing else has, as text in the form of this database."""
    return key_maker()()


def key_of(id_: UUID) -> str:
    """This function will return an id as text in the form in which this database keeps it."""
    return str(id_) if connection.vendor == "postgresql" else id_.hex


def uuid_text(key: Any) -> str:
    """This function will return an id, or its text as this database keeps it, as others read it: with
    dashes.
    """
    return (
        key
        if isinstance(key, str) and len(key) == UUID_LENGTH
        else str(key if type(key) is UUID else UUID(key))
    )


def read_rows(statement: str, values: Sequence[Any] = ()) -> list[Row]:
    """This function will return the rows of a SELECT that both engines understand; ids come as text.

    Days may come as text from SQLite: read them by ``day_of``.
    """
    rows: list[Row] = _asked(statement, values).fetchall()
    return rows


def read_in_turn(queries: Sequence[Query]) -> Iterator[list[Row]]:
    """This function will give the rows of one SELECT after the other, as ``read_rows`` would; PostgreSQL
    works on the next while the caller looks at the last. All must be taken.
    """
    with _pipeline():
        for cursor in [_asked(*query) for query in queries]:
            yield cursor.fetchall()


def read_in_blocks(
    large: Query, take: Callable[[Iterable[Row]], None], *, then: Sequence[Query] = ()
) -> Iterator[list[Row]]:
    """This function will have the rows of a large SELECT taken block by block, and then give those of some
    others as ``read_in_turn`` would. PostgreSQL works on a block while the one before is taken, so the last
    of the other SELECTs must be taken as well, and it must be asked within a transaction.
    """
    if connection.vendor != "postgresql":
        take(_asked(*large))
        yield from read_in_turn(then)
        return
    statement, values = large
    name = next(_block_names)

    def block_to_come() -> Any:
        cursor = connection.connection.cursor()  # the driver's own: no statement of its own for Django
        cursor.adapters.register_loader("uuid", TextLoader)
        return cursor.execute(f"FETCH {BLOCK_ROWS} FROM {name}")

    with _pipeline():
        _asked(f"DECLARE {name} NO SCROLL CURSOR FOR {statement}", values)
        blocks = deque([block_to_come(), block_to_come()])
        while len(block := blocks.popleft().fetchall()) == BLOCK_ROWS:
            blocks.append(block_to_come())
            take(block)
        others = [_asked(*query) for query in then]
        take(block)
        for cursor in others:
            yield cursor.fetchall()
        connection.connection.execute(f"CLOSE {name}")


def _asked(statement: str, values: Sequence[Any] = ()) -> Any:
    """A cursor that was given a statement, whose ids will come as text."""
    cursor = connection.cursor()
    if connection.vendor == "postgresql":
        cursor.cursor.adapters.register_loader("uuid", TextLoader)
    cursor.execute(statement, values)
    return cursor


@contextmanager
def _pipeline() -> Iterator[None]:
    """Statements are given to PostgreSQL without waiting for what it answers; SQLite answers at once."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


@contextmanager
def at_one_instant() -> Iterator[None]:
    """This function will have whatever is read while the block runs be as it was at one instant, however many
    queries that takes.

    Nobody waits for it, and nothing can be written. Within a transaction it is that of the transaction.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:  # Django begins every transaction as a writer, who would be waited for
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def look_up_by_keys() -> None:
    """This function will have the rest of this transaction find rows by their keys, never by whole tables.

    Whoever reads a few thousand rows of a table knows better than PostgreSQL's planner that neighbours lie
    together: its estimates would read millions for them, compile the work and share it out.
    """
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(SPAN_SETTINGS)


def day_of(value: date | str) -> date:
    """This function will return a day of a row of ``read_rows``."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def instant_as_kept(at: datetime) -> datetime | str:
    """This function will return an aware instant as ``insert_rows`` sends it: what many rows share need not
    be written out for each.
    """
    return at if connection.vendor == "postgresql" else _SQLITE_FORMS[datetime](at)


def update_rows(
    model_or_table: type[Model] | str,
    column: str,
    values_of_keys: Iterable[tuple[str, Any]],
) -> None:
    """This function will set one column of many rows, given (key, value) pairs; few values are quickest."""
    table = connection.ops.quote_name(_table_of(model_or_table))
    quoted = connection.ops.quote_name(column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            keys_of: dict[Any, list[str]] = defaultdict(list)
            for key, value in values_of_keys:
                keys_of[value].append(key)
            for value, keys in keys_of.items():
                # Keys are never in need of quotes: a list of thousands is put together as one text.
                cursor.execute(
                    f"UPDATE {table} SET {quoted} = %s WHERE id = ANY(%s::uuid[])",
                    [value, f"{{{','.join(keys)}}}"],
                )
        else:
            changes = [(_sqlite_value(value), key) for key, value in values_of_keys]
            cursor.executemany(f"UPDATE {table} SET {quoted} = %s WHERE id = %s", changes)


def check_keys_early(model: type[Model], *, but: type[Model]) -> None:
    """This function will have a table's foreign keys checked with each statement of this transaction, except
    those to ``but``, which are checked at its end as usual.

    What is checked early is not checked while others wait for a lock that is taken late. SQLite checks all at
    the end. The keys are looked up each time: a newer version may change them while this process goes on.
    """
    if connection.vendor != "postgresql":
        return
    keys = read_rows(KEYS_BUT, [model._meta.db_table, but._meta.db_table])
    if names := ", ".join(connection.ops.quote_name(name) for (name,) in keys):
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")


def insert_rows(
    model_or_table: type[Model] | str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    meanwhile: Callable[[], None] | None = None,
) -> int:
    """This function will insert rows into a table and return their number.

    Each row holds one value for each named database column: text, integers, booleans, days or their ISO text,
    aware instants or their text (``instant_as_kept``), UUIDs or their text (``sent_key_maker``), None, and
    dicts, lists or ready text for JSON columns. Columns that are not named must be nullable: model defaults
    do not apply. ``meanwhile`` is done once all rows are sent, while PostgreSQL checks them; it must not ask
    the database. Raises django.db.IntegrityError and DataError like any other insert.
    """
    table = _table_of(model_or_table)
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    if connection.vendor == "postgresql":
        forms = _forms_of(table, tuple(columns))
        statement = f"COPY {connection.ops.quote_name(table)} ({quoted}) FROM STDIN (FORMAT BINARY)"
        return _copy(statement, forms, rows, meanwhile)
    places = ", ".join(["%s"] * len(columns))
    table = connection.ops.quote_name(table)
    written = _execute_many(f"INSERT INTO {table} ({quoted}) VALUES ({places})", rows)
    if meanwhile is not None:
        meanwhile()
    return written


def _table_of(model_or_table: type[Model] | str) -> str:
    return model_or_table if isinstance(model_or_table, str) else model_or_table._meta.db_table


class _Writer(LibpqWriter):
    """Sends every block at once, so that the server works on it while the next rows are made, and lets
    something be done while the server, which has all rows, checks them.
    """

    def __init__(self, cursor: Any, meanwhile: Callable[[], None] | None) -> None:
        super().__init__(cursor, flush_threshold=0)
        self._meanwhile = meanwhile

    def finish(self, exc: BaseException | None = None) -> None:
        if exc is not None or self._meanwhile is None:
            super().finish(exc)
            return
        with ThreadPoolExecutor(1) as hand:
            done = hand.submit(self._meanwhile)
            super().finish()
            done.result()


@cache
def _forms_of(table: str, columns: tuple[str, ...]) -> list[Form]:
    """How each column is sent, by the type that its field has in PostgreSQL."""
    models = apps.get_models(include_auto_created=True)
    (model,) = (one for one in models if one._meta.db_table == table and not one._meta.proxy)
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    return [form_of(types[column] or "") for column in columns]


def _copy(
    statement: str,
    forms: Sequence[Form],
    rows: Iterable[Sequence[Any]],
    meanwhile: Callable[[], None] | None,
) -> int:
    with connection.cursor() as cursor:
        # Of the dumpers for bytes this one is compiled.
        cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
        # Django's cursor for debugging knows no writer: the driver's own is asked.
        writer = _Writer(cursor.cursor, meanwhile)
        with connection.wrap_database_errors, cursor.cursor.copy(statement, writer=writer) as copy:
            copy.set_types([form.dumper for form in forms])
            deque(map(copy.write_row, ready_rows(rows, forms)), maxlen=0)
        written: int = cursor.rowcount
        return written


def _execute_many(statement: str, rows: Iterable[Sequence[Any]]) -> int:
    with connection.cursor() as cursor:
        values = ([_sqlite_value(value) for value in row] for row in rows)
        cursor.executemany(statement, values)  # type: ignore[arg-type]  # SQLite's own takes any iterable
        written: int = cursor.rowcount
        return max(written, 0)


def _sqlite_value(value: Any) -> Any:
    convert = _SQLITE_FORMS.get(type(value))
    return value if convert is None else convert(value)


# The forms in which Django itself writes these types to SQLite.
_SQLITE_FORMS: dict[type, Callable[[Any], Any]] = {
    UUID: lambda value: value.hex,
    datetime: lambda value: str(value.astimezone(UTC).replace(tzinfo=None)),
    date: date.isoformat,
    dict: json_text,
    list: json_text,
}
