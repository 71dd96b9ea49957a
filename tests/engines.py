"""Both engines of the outbox, as a test meets them: their time can be made to pass, their workers can die."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F

from switchroom.plumbing.laws import after_migrate
from switchroom.plumbing.models import OutboxEntry
from switchroom.plumbing.outbox.engine import Taken, engine


class Died(BaseException):
    """Nobody may catch this: the worker is gone."""


def let_time_pass(span: timedelta) -> None:
    """This function will push pauses, leases and heartbeats into the past; they follow the real clock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table, column in (("jobs", "scheduled_at"), ("workers", "last_heartbeat")):
                cursor.execute(
                    f"UPDATE procrastinate_{table} SET {column} = {column} - %s * interval '1 second'",
                    [span.total_seconds()],
                )
    else:
        OutboxEntry.objects.update(due_at=F("due_at") - span, leased_until=F("leased_until") - span)


def let_a_worker_die() -> Taken:
    """This function will return what a worker took that is not heard of again."""
    taken: list[Taken | None] = []
    try:
        with engine().at_work() as worker:
            taken.append(engine().take(worker))
            raise Died
    except Died:
        (one,) = taken
    assert one is not None, "there was nothing to take"
    return one


def empty_tables() -> None:
    """This function will do what Django's ``flush`` does after a test with real transactions: all tables of
    ours are empty then, and the laws in force. Few have rows, and deleting those is much less work than
    touching all; content types and permissions, which ``flush`` makes anew, stay as they are.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        full = _tables_with_rows(cursor)
        with _without_triggers(cursor, full):
            for table in full:
                cursor.execute(f"DELETE FROM {table}")
    after_migrate(using=DEFAULT_DB_ALIAS)


def _tables_with_rows(cursor: CursorWrapper) -> list[str]:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    tables -= {"django_content_type", "auth_permission"}
    if connection.vendor == "postgresql":
        tables |= {"procrastinate_jobs", "procrastinate_workers"}  # ours, though Django does not know
    any_row = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in sorted(tables)]
    cursor.execute(" UNION ALL ".join(any_row))
    return [table for (table,) in cursor.fetchall()]


@contextmanager
def _without_triggers(cursor: CursorWrapper, tables: list[str]) -> Iterator[None]:
    """The laws of these tables, which would refuse, are out of force while the block runs."""
    if connection.vendor == "postgresql":
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    else:
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        laws = [(name, wording) for name, table, wording in cursor.fetchall() if table in tables]
        for name, _ in laws:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, wording in laws:
            cursor.execute(wording)
