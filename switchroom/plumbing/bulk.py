"""Writing many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

No object is made per row and rows may be a generator, so that a billing run of any size needs little memory.
Checks, unique keys and laws of the database hold as for any other row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from psycopg.types.json import Jsonb

_json_text = partial(json.dumps, cls=DjangoJSONEncoder)


def insert_rows(
    model_or_table: type[Model] | str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """This function will insert rows into a table and return their number.

    Each row holds one value for each named database column: text, integers, booleans, days, aware instants,
    UUIDs, None, and dicts or lists for JSON columns. Columns that are not named must be nullable: model
    defaults do not apply. Raises django.db.IntegrityError like any other insert.
    """
    table = model_or_table if isinstance(model_or_table, str) else model_or_table._meta.db_table
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    if connection.vendor == "postgresql":
        return _copy(f"COPY {connection.ops.quote_name(table)} ({quoted}) FROM STDIN", rows)
    places = ", ".join(["%s"] * len(columns))
    return _execute_many(f"INSERT INTO {connection.ops.quote_name(table)} ({quoted}) VALUES ({places})", rows)


def _copy(statement: str, rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([Jsonb(v, _json_text) if type(v) in (dict, list) else v for v in row])
            count += 1
    return count


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
    dict: _json_text,
    list: _json_text,
}
