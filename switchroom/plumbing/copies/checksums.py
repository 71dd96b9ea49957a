"""What is compared to tell that two copies of a table are the same: the number of rows and a sum over them.

Each row is hashed and the hashes are added up, so that the order of the rows plays no part. Two engines that
keep the same value in different forms are compared by what Django reads from them; two databases of one
engine by the rows as they are written there, also those of tables that the program has no model of.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

BITS = 128
ROWS_AT_ONCE = 2_000

_encode = msgspec.json.Encoder(order="deterministic").encode


class Figures(msgspec.Struct, frozen=True):
    """What is known of a table's rows without looking at them again."""

    rows: int
    checksum: str


class Sum:
    """Adds up rows as they pass by."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def passing(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """This function will give each row on after adding it."""
        for row in rows:
            digest = blake2b(_encode(row), digest_size=BITS // 8).digest()
            self._sum += int.from_bytes(digest, "big")
            self._rows += 1
            yield row

    @property
    def figures(self) -> Figures:
        return Figures(self._rows, f"{self._sum % (1 << BITS):0{BITS // 4}x}")


def figures_of(rows: Iterable[Sequence[Any]]) -> Figures:
    """This function will return the figures of rows of which nothing else is wanted."""
    total = Sum()
    for _ in total.passing(rows):
        pass
    return total.figures


def rows_of(model: type[Model], using: str) -> Generator[tuple[Any, ...]]:
    """This function will give all rows of a model's table, in no order, with the same values from either
    engine.
    """
    names = [field.attname for field in model._meta.concrete_fields]
    rows: QuerySet[Any, Any] = QuerySet(model, using=using).order_by().values_list(*names)
    yield from rows.iterator(chunk_size=ROWS_AT_ONCE)


def figures_of_tables(connection: BaseDatabaseWrapper) -> dict[str, Figures]:
    """This function will return the figures of every table in the database, by name.

    They can be compared between two databases of one engine.
    """
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
    ask = _in_postgresql if connection.vendor == "postgresql" else _in_sqlite
    return {table: ask(connection, connection.ops.quote_name(table)) for table in tables}


def _in_sqlite(connection: BaseDatabaseWrapper, table: str) -> Figures:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return figures_of(iter(cursor.fetchone, None))


def _in_postgresql(connection: BaseDatabaseWrapper, table: str) -> Figures:
    """The database adds up by itself, with as many bits as its whole numbers have room for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(('x' || left(encode(sha256(convert_to("
            f"one::text, 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0)::text FROM {table} AS one"
        )
        rows, checksum = cursor.fetchone()
        return Figures(rows, checksum)
