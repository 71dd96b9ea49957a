"""Workers and schedulers as processes of their own, which may be killed: nothing is lost, nothing is done
twice, as far as the database is concerned.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction

from switchroom.jobs.schedule import KIND
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.models import AuditEvent, OutboxEntry
from switchroom.plumbing.outbox import handlers
from tests.architecture.source import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 60
Start = Callable[[int], list[int]]


@pytest.fixture(scope="module")
def nursery(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The process that makes workers, and the log of them all."""
    log = tmp_path_factory.mktemp("workers") / "log"
    environment = {**os.environ, "DATABASE_NAME": str(connection.settings_dict["NAME"])}
    command = [sys.executable, "-m", "tests.plumbing.worker_process"]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    with process:
        yield process, log


@pytest.fixture
def start(nursery: tuple[subprocess.Popen[str], Path]) -> Iterator[Start]:
    """A function that starts so many workers, each with its scheduler, and returns their numbers."""
    process, log = nursery
    asked, answered = process.stdin, process.stdout
    assert asked
    assert answered
    made: list[int] = []

    def run(count: int) -> list[int]:
        for _ in range(count):
            print(file=asked, flush=True)
            number = answered.readline()
            assert number, log.read_text()
            made.append(int(number))
        return made[-count:]

    yield run
    for number in made:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{number}").exists() for number in made))


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """The kinds of effect that the processes handle; here they are only promised."""
    before = dict(handlers.registered)
    for kind in ("test.inside", "test.outside"):
        outbox.handles(kind)(lambda payload: None)
    yield
    handlers.registered.clear()
    handlers.registered.update(before)


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 50):
        if happened():
            return
        time.sleep(0.02)
    raise AssertionError(f"It did not happen on {connection.vendor}.")


def all_done() -> bool:
    return not OutboxEntry.objects.filter(done_at=None).exists()


def notes(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind))


@pytest.mark.parametrize("kind", ["test.inside", "test.outside"])
def test_what_a_killed_worker_had_in_its_hands_is_done_by_another(
    start: Start, tmp_path: Path, kind: str
) -> None:
    """Inside the database once, with everything it wrote; outside at least once."""
    trap = tmp_path / "trap"
    (victim,) = start(1)
    with transaction.atomic():
        outbox.defer(kind, {"note": "worked", "trap": str(trap)}, key="once")
    wait_until(trap.exists)
    os.kill(victim, signal.SIGKILL)
    assert len(notes("worked")) == (0 if kind == "test.inside" else 1)
    start(1)
    wait_until(all_done)
    assert len(notes("worked")) == (1 if kind == "test.inside" else 2)
    assert OutboxEntry.objects.get(key="once").failures == 1


def test_a_worker_that_was_believed_dead_cannot_finish(
    start: Start, tmp_path: Path, nursery: tuple[subprocess.Popen[str], Path]
) -> None:
    """It is stopped for a while, as a machine that was cut off; meanwhile another takes over."""
    trap = tmp_path / "trap"
    (slow,) = start(1)
    with transaction.atomic():
        outbox.defer("test.outside", {"note": "worked", "trap": str(trap)})
    wait_until(trap.exists)
    os.kill(slow, signal.SIGSTOP)
    start(1)
    wait_until(all_done)
    done = OutboxEntry.objects.values().get(kind="test.outside")
    os.kill(slow, signal.SIGCONT)
    trap.unlink()
    wait_until(lambda: "outbox.overtaken" in nursery[1].read_text())
    assert OutboxEntry.objects.values().get(kind="test.outside") == done


def test_four_workers_share_what_was_promised_in_one_go(start: Start, tmp_path: Path) -> None:
    """Four effects end only when four workers have come to them at the same time; the others just once."""
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    workers = start(4)
    with transaction.atomic():
        outbox.defer_many("test.outside", [(None, {"note": "met", "meeting": str(meeting), "of": 4})] * 4)
        outbox.defer_many("test.inside", ((f"n {n}", {"note": f"n {n}"}) for n in range(100)))
    wait_until(all_done)
    assert {int(file.name) for file in meeting.iterdir()} == set(workers)
    worked = Counter(AuditEvent.objects.filter(kind__startswith="n ").values_list("kind", flat=True))
    assert worked == Counter(f"n {n}" for n in range(100))


def test_what_is_not_committed_reaches_no_worker(start: Start) -> None:
    start(1)
    with transaction.atomic():
        outbox.defer("test.inside", {"note": "never"}, key="taken back")
        outbox.defer_many("test.inside", [(None, {"note": "never"})] * 3)
        transaction.set_rollback(True)
    began = time.monotonic()
    with transaction.atomic():
        outbox.defer("test.inside", {"note": "kept"}, key="taken back")
    wait_until(lambda: bool(notes("kept")))
    assert time.monotonic() - began < 1, "an effect follows its commit within a second"
    assert notes("never") == []


def test_however_many_schedulers_run_each_tick_happens_once(start: Start) -> None:
    """The first start begins with today; days on which nobody looked are made up for."""
    clock.move_to(date(2026, 6, 3))
    start(3)
    wait_until(lambda: len(notes("tick")) == 1)
    clock.move_to(date(2026, 6, 7))
    wait_until(lambda: len(notes("tick")) >= 5 and all_done())
    days = [f"2026-06-0{day}" for day in (3, 4, 5, 6, 7)]
    assert sorted(event.facts["day"] for event in notes("tick")) == days
    keys = OutboxEntry.objects.order_by("key").values_list("key", flat=True)
    assert list(keys) == [f"{KIND}:tick:{day}" for day in days]
