"""What is an outage of the database and what is not. Real ones are in ``tests/crashes``."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, Error, connection, transaction
from django.db.utils import InterfaceError, OperationalError

from switchroom.plumbing.outages import is_outage


def test_a_statement_that_cannot_be_carried_out_is_none(db: None) -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert not is_outage(caught.value)


def test_a_file_that_cannot_be_opened_is_one(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path / "missing" / "file")
    assert is_outage(_as_django_raises(OperationalError, caught.value))


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (psycopg.errors.DiskFull(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.CrashShutdown(), True),
        (psycopg.errors.CannotConnectNow(), True),
        (psycopg.OperationalError("the connection is lost"), True),
        (psycopg.errors.DeadlockDetected(), False),
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.errors.QueryCanceled(), False),
    ],
)
def test_what_a_server_says(cause: psycopg.Error, expected: bool) -> None:
    assert is_outage(_as_django_raises(OperationalError, cause)) is expected


def test_a_connection_that_is_closed_is_one_and_a_mistake_in_the_program_is_none() -> None:
    assert is_outage(_as_django_raises(InterfaceError, psycopg.InterfaceError("the connection is closed")))
    assert not is_outage(ValueError("the connection is closed"))


def _as_django_raises(kind: type[Error], cause: Exception) -> BaseException:
    try:
        raise kind(str(cause)) from cause
    except kind as error:
        return error
