"""``switchroom worker`` told to end in the middle of the night's work."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from datetime import time as hour

import pytest
from django.db import connection

from switchroom.billing.models import BillingRun
from switchroom.jobs import schedule
from switchroom.journeys import billing_run
from switchroom.plumbing import clock
from switchroom.plumbing.models import OutboxEntry
from switchroom.rules.periods import Month
from tests.jobs.commands import PATIENCE_SECONDS, Start, a_street_on_the_first, wait_until
from tests.journeys.runs import NAMES, monthly, now, numbers_have_no_gap

HOUSEHOLDS = 4
INTO_THE_SECOND_CHUNK = 0.3  # seconds
THE_FIRST = date(2026, 7, 1)
AFTER_MIDNIGHT = hour(0, 6)  # the day is due, the audit is not

# Noting that a chunk is done takes a second.
SLOW_ON_POSTGRESQL = """
CREATE FUNCTION take_a_second() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
CREATE TRIGGER slow AFTER UPDATE OF done_at ON billing_billingchunk
    FOR EACH ROW EXECUTE FUNCTION take_a_second()
"""
SLOW_ON_SQLITE = """
CREATE VIEW a_second AS
    WITH RECURSIVE counted(up) AS (SELECT 1 UNION ALL SELECT up + 1 FROM counted WHERE up < 2000000)
    SELECT MAX(up) AS far FROM counted;
CREATE TRIGGER slow AFTER UPDATE OF done_at ON billing_billingchunk BEGIN SELECT far FROM a_second; END
"""


@contextmanager
def each_chunk_takes_a_second() -> Iterator[None]:
    """This function will have the database dawdle while the block runs."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(SLOW_ON_POSTGRESQL)
        else:
            cursor.connection.executescript(SLOW_ON_SQLITE)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER slow{' ON billing_billingchunk' * (connection.vendor == 'postgresql')}")


def ended(process: subprocess.Popen[str]) -> int:
    process.terminate()
    process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode


@pytest.mark.django_db(transaction=True)
def test_it_ends_after_the_chunk_when_told_to_and_the_next_one_goes_on(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, _ = a_street_on_the_first(monkeypatch, HOUSEHOLDS)
    clock.move_to(THE_FIRST, at=AFTER_MIDNIGHT)
    billing_run.open_run(Month(2026, 7), when=now())

    with each_chunk_takes_a_second():
        worker = start("worker")
        wait_until(lambda: monthly("2026-07") != [])
        time.sleep(INTO_THE_SECOND_CHUNK)
        assert ended(worker) == 0
    billed = sorted(monthly("2026-07"))  # a worker's two hands draw their numbers in any order
    assert 1 < len(billed) < HOUSEHOLDS, "the one that it was told in is done, and no more"
    assert billed == list(NAMES[: len(billed)])
    night = OutboxEntry.objects.get(kind=schedule.KIND)
    assert (night.done_at, night.dead_at, night.failures, night.last_error) == (None, None, 0, "")

    worker = start("worker")
    wait_until(lambda: town.unsent() == [])
    assert ended(worker) == 0
    assert sorted(monthly("2026-07")) == list(NAMES[:HOUSEHOLDS])
    assert BillingRun.objects.get().finished_at is not None
    assert numbers_have_no_gap()
    town.closes_its_books()
