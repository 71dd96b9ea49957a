"""Both engines of the outbox, as a test meets them: their time can be made to pass, their workers can die."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import F

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
