"""Who comes second waits: a row is locked until the transaction ends.

PostgreSQL locks the row. On SQLite a transaction takes the one write lock at its start, so nothing more is to
be done; the same call works on both. Everyone locks in one order: the account first, a series of invoice
numbers last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID
from zlib import crc32

from django.db import connection
from django.db.models import Model

from switchroom.plumbing.bulk import read_rows

Row = TypeVar("Row", bound=Model)


class LockOutsideTransaction(RuntimeError):
    """A row was to be locked outside a transaction, where the lock would end at once."""

    def __init__(self) -> None:
        super().__init__("A row can only be locked inside a transaction.")


def lock_rows(statement: str, values: Sequence[Any]) -> list[str]:
    """This function will lock the rows that a SELECT of ids names, in its order, and return the ids as text.

    Like ``lock_row`` it waits for whoever is changing one of them. Raises LockOutsideTransaction.
    """
    if not connection.in_atomic_block:
        raise LockOutsideTransaction
    suffix = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    return [row[0] for row in read_rows(statement + suffix, values)]


def lock_row(model: type[Row], pk: UUID | int | str) -> Row:
    """This function will return the row as it is once nobody else is changing it, and keep others from doing
    so.

    Rows that merely point to it can still be written meanwhile. Raises the model's DoesNotExist, and
    LockOutsideTransaction.
    """
    if not connection.in_atomic_block:
        raise LockOutsideTransaction
    return model._default_manager.select_for_update(of=("self",), no_key=True).get(pk=pk)


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """This function will run the block when nobody else on the same PostgreSQL database runs one of this
    name; others wait, longer than a transaction.

    On SQLite it does nothing: an installation there has one process.
    """
    if connection.vendor != "postgresql":
        yield
        return
    number = crc32(what.encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [number])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
