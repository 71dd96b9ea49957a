"""Both engines of the outbox, as a test meets them: their time can be made to pass, their workers can die."""

from __future__ import annotations

from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, connection, transaction
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


def forget_jobs() -> None:
    """This function will empty what Django does not know to be ours when it empties all tables."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


def empty_tables() -> None:
    """This function will do on PostgreSQL what Django's ``flush`` does after a test with real transactions:
    all tables of ours are empty then, and the laws in force. Few have rows, and deleting those is much less
    work than truncating all; content types and permissions, which ``flush`` makes anew, stay as they are.
    """
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    tables -= {"django_content_type", "auth_permission"}
    quoted = {table: connection.ops.quote_name(table) for table in sorted(tables)}
    any_row = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {name})" for table, name in quoted.items()
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(any_row)
        full = [quoted[table] for (table,) in cursor.fetchall()]
        for name in full:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER; DELETE FROM {name}")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in full:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
    after_migrate(using=DEFAULT_DB_ALIAS)
