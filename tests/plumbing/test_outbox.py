"""Effects: promised with a change, kept at least once, never twice under a key; one contract on both
databases.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from switchroom.plumbing import clock, outbox
from switchroom.plumbing.models import OutboxEntry, TownClock
from switchroom.plumbing.outbox import carrying_out, handlers, lease_table, procrastinate_jobs
from switchroom.plumbing.outbox.engine import engine
from tests.engines import let_a_worker_die, let_time_pass

pytestmark = pytest.mark.django_db


class Recorder:
    """Handlers of this file's own kinds of effect, and what they were given."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.troubles: list[Exception] = []
        self.meanwhile: Callable[[], None] | None = None

    def __call__(self, payload: dict[str, Any]) -> None:
        self.seen.append(payload)
        if self.meanwhile:
            self.meanwhile()
        if self.troubles:
            raise self.troubles.pop(0)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    before = dict(handlers.registered)
    outbox.handles("test.inside")(made)
    outbox.handles("test.outside", outside=True)(made)
    yield made
    handlers.registered.clear()
    handlers.registered.update(before)


def defer(kind: str = "test.inside", key: str | None = None, **payload: Any) -> None:
    with transaction.atomic():
        outbox.defer(kind, payload, key=key)


@pytest.mark.parametrize("kind", ["test.inside", "test.outside"])
def test_it_carries_out_what_was_deferred_once(recorder: Recorder, kind: str) -> None:
    defer(kind, answer=42)
    assert outbox.drain() == 1
    assert outbox.drain() == 0
    assert recorder.seen == [{"answer": 42}]
    assert OutboxEntry.objects.get().done_at is not None


def test_it_keeps_the_order_of_promises(recorder: Recorder) -> None:
    for number in range(5):
        defer(number=number)
    outbox.drain()
    assert [payload["number"] for payload in recorder.seen] == [0, 1, 2, 3, 4]


def test_it_happens_once_per_key_even_when_done_long_ago(recorder: Recorder) -> None:
    defer(key="reminder 1", n=1)
    defer(key="reminder 1", n=2)
    outbox.drain()
    outbox.forget_done(clock.real_now() + timedelta(seconds=1))
    defer(key="reminder 1", n=3)
    outbox.drain()
    assert recorder.seen == [{"n": 1}]


def test_it_forgets_what_was_done_without_a_key_and_empties_the_rest(recorder: Recorder) -> None:
    defer(secret="code 123456")
    defer(key="kept", secret="code 123456")
    outbox.drain()
    defer(secret="still open")
    outbox.forget_done(clock.real_now() + timedelta(seconds=1))
    assert [(e.key, e.payload) for e in OutboxEntry.objects.order_by("id")] == [
        ("kept", {}),
        (None, {"secret": "still open"}),
    ]


def test_many_are_promised_in_one_go_each_once_per_key(recorder: Recorder) -> None:
    defer(key="n 1", number=1)
    with transaction.atomic():
        outbox.defer_many("test.inside", ((f"n {n}", {"number": n}) for n in range(5)))
        outbox.defer_many(
            "test.inside", [("n 4", {"number": 4}), (None, {"number": 5}), (None, {"number": 5})]
        )
    assert outbox.drain() == 7
    assert [payload["number"] for payload in recorder.seen] == [1, 0, 2, 3, 4, 5, 5]
    assert not OutboxEntry.objects.filter(done_at=None).exists()


def test_more_than_fit_into_one_statement_are_promised_too(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "ENTRIES_AT_ONCE", 2)
    with transaction.atomic():
        outbox.defer_many("test.inside", ((None, {"number": n}) for n in range(5)))
    assert outbox.drain() == 5
    assert sorted(payload["number"] for payload in recorder.seen) == [0, 1, 2, 3, 4]


def test_what_was_promised_among_many_gives_way(recorder: Recorder) -> None:
    """A letter to thousands does not keep the one waiting who has just bought something."""
    with transaction.atomic():
        outbox.defer_many("test.inside", ((None, {"number": n}) for n in range(3)))
    assert outbox.run_once()
    defer(number=99)
    outbox.drain()
    assert [payload["number"] for payload in recorder.seen] == [0, 99, 1, 2]


def test_none_among_many_is_none_at_all(recorder: Recorder) -> None:
    with transaction.atomic():
        outbox.defer_many("test.inside", [])
    assert outbox.drain() == 0


def test_it_refuses_an_effect_that_nothing_handles() -> None:
    with pytest.raises(outbox.UnknownEffect, match=r"test\.nobody"), transaction.atomic():
        outbox.defer("test.nobody", {})


def test_it_refuses_two_handlers_of_one_kind(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="two handlers"):
        outbox.handles("test.inside")(lambda payload: None)


def test_it_is_forgotten_with_the_transaction_that_promised_it(recorder: Recorder) -> None:
    with transaction.atomic():
        outbox.defer("test.inside", {})
        transaction.set_rollback(True)
    assert outbox.drain() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["test.inside", "test.outside"])
def test_it_tries_again_after_a_growing_pause(recorder: Recorder, kind: str) -> None:
    recorder.troubles = [OSError("away"), OSError("still away")]
    defer(kind)
    assert outbox.drain() == 1
    entry = OutboxEntry.objects.get()
    assert (entry.failures, entry.last_error) == (1, "OSError('away')")
    assert outbox.drain() == 0
    let_time_pass(timedelta(seconds=2))
    assert outbox.drain() == 1
    let_time_pass(timedelta(seconds=2))
    assert outbox.drain() == 0
    let_time_pass(timedelta(seconds=2))
    assert outbox.drain() == 1
    entry.refresh_from_db()
    assert (entry.done_at is not None, entry.failures, entry.last_error) == (True, 2, "")


def test_pauses_double_up_to_an_hour_and_last_about_a_day() -> None:
    pauses = [outbox.pause_after(failures) for failures in range(1, outbox.MOST_FAILURES)]
    assert [pause.total_seconds() for pause in pauses[:5]] == [2, 4, 8, 16, 32]
    assert max(pauses) == timedelta(hours=1)
    assert timedelta(hours=20) < sum(pauses, timedelta()) < timedelta(hours=30)


def test_what_a_failed_handler_wrote_is_undone(recorder: Recorder) -> None:
    recorder.meanwhile = lambda: clock.set_clock(clock.real_now() + timedelta(days=300))
    recorder.troubles = [OSError("after writing")]
    defer()
    outbox.drain()
    assert not TownClock.objects.exists()


def test_it_gives_up_and_an_operator_tries_again(recorder: Recorder) -> None:
    recorder.troubles = [OSError("no")] * outbox.MOST_FAILURES
    defer()
    for _ in range(outbox.MOST_FAILURES):
        outbox.drain()
        let_time_pass(outbox.LONGEST_PAUSE * 2)
    (entry,) = outbox.dead()
    assert outbox.drain() == 0
    assert outbox.retry(entry.pk)
    assert not outbox.retry(entry.pk)
    assert outbox.drain() == 1
    assert not outbox.dead().exists()
    assert OutboxEntry.objects.get().done_at is not None


def test_an_operator_tries_all_of_a_kind_again(recorder: Recorder) -> None:
    recorder.troubles = [outbox.Hopeless("no") for _ in range(3)]
    for kind in ("test.inside", "test.inside", "test.outside"):
        defer(kind)
    assert outbox.drain() == 3
    assert outbox.retry_all("test.outside") == 1
    assert outbox.drain() == 1
    assert outbox.retry_all() == 2
    assert outbox.retry_all() == 0
    assert outbox.drain() == 2
    assert not OutboxEntry.objects.filter(done_at=None).exists()


def test_it_gives_up_at_once_when_it_is_hopeless(recorder: Recorder) -> None:
    recorder.troubles = [outbox.Hopeless("no such address")]
    defer()
    outbox.drain()
    assert outbox.dead().get().last_error == "Hopeless('no such address')"


@pytest.mark.parametrize("kind", ["test.inside", "test.outside"])
def test_what_ends_early_is_begun_anew_at_once_and_has_not_failed(recorder: Recorder, kind: str) -> None:
    defer(kind)
    recorder.troubles = [outbox.Interrupted()]
    assert outbox.run_once()
    entry = OutboxEntry.objects.get()
    assert (entry.done_at, entry.dead_at, entry.failures, entry.last_error) == (None, None, 0, "")
    assert outbox.drain() == 1
    assert len(recorder.seen) == 2


@pytest.mark.django_db(transaction=True)
def test_an_effect_may_go_on_until_its_worker_is_to_end(recorder: Recorder) -> None:
    """Outside of a worker there is nobody to be told."""
    stop, seen = threading.Event(), []

    def ends_meanwhile() -> None:
        seen.append(outbox.may_go_on())
        stop.set()
        seen.append(outbox.may_go_on())

    recorder.meanwhile = ends_meanwhile
    defer("test.outside")
    worker = threading.Thread(target=outbox.work_forever, args=(stop,))
    worker.start()
    worker.join(timeout=20)
    assert seen == [True, False]
    assert outbox.may_go_on()


def test_it_takes_over_from_a_worker_that_died(recorder: Recorder) -> None:
    defer("test.outside")
    let_a_worker_die()
    assert outbox.drain() == 0, "it may still be alive"
    let_time_pass(outbox.LEASE * 2)
    assert outbox.drain() == 1
    entry = OutboxEntry.objects.get()
    assert (entry.done_at is not None, entry.failures) == (True, 1)


def test_it_gives_up_on_what_kills_every_worker(recorder: Recorder) -> None:
    defer("test.outside")
    for _ in range(outbox.MOST_FAILURES):
        let_a_worker_die()
        let_time_pass(outbox.LEASE * 2)
    assert outbox.drain() == 0
    given_up = outbox.dead().get()
    assert (given_up.failures, given_up.last_error) == (
        outbox.MOST_FAILURES,
        "Each worker that took it died.",
    )


def test_open_entries_that_the_engine_does_not_know_are_adopted(recorder: Recorder) -> None:
    """They come with an earlier version, or as a copy from the other kind of database."""
    defer(number=1)
    OutboxEntry.objects.bulk_create(
        OutboxEntry(kind="test.inside", payload={"number": n}, created_at=clock.now()) for n in (2, 3)
    )
    assert outbox.drain() == 1
    assert outbox.adopt_strays() == 2
    assert outbox.adopt_strays() == 0
    assert outbox.drain() == 2
    assert outbox.adopt_strays() == 0
    assert [payload["number"] for payload in recorder.seen] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["test.inside", "test.outside"])
def test_a_slow_worker_cannot_finish_what_another_has_taken_over(recorder: Recorder, kind: str) -> None:
    defer(kind)
    slow = let_a_worker_die()
    let_time_pass(outbox.LEASE * 2)
    quick = let_a_worker_die()
    carrying_out.carry_out(engine(), slow)
    assert OutboxEntry.objects.get().done_at is None
    carrying_out.fail(engine(), slow, OSError("too late"))
    assert OutboxEntry.objects.get().last_error == ""
    carrying_out.carry_out(engine(), quick)
    assert OutboxEntry.objects.get().done_at is not None
    carrying_out.fail(engine(), slow, OSError("much too late"))
    assert OutboxEntry.objects.get().last_error == ""


@pytest.mark.django_db(transaction=True)
def test_it_refuses_a_promise_outside_a_transaction(recorder: Recorder) -> None:
    with pytest.raises(outbox.OutsideTransaction):
        outbox.defer("test.inside", {})


@pytest.mark.django_db(transaction=True)
def test_many_workers_share_the_work_and_do_nothing_twice(recorder: Recorder) -> None:
    for number in range(60):
        defer("test.outside", number=number)
    stop = threading.Event()
    workers = [threading.Thread(target=outbox.work_forever, args=(stop,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    wait_until(lambda: not OutboxEntry.objects.filter(done_at=None).exists())
    stop.set()
    for worker in workers:
        worker.join(timeout=20)
    assert sorted(payload["number"] for payload in recorder.seen) == list(range(60))


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_the_worker_of_the_same_process(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_table, "POLL_SECONDS", 30)
    monkeypatch.setattr(procrastinate_jobs, "POLL_SECONDS", 30)
    done = threading.Event()
    recorder.meanwhile = done.set
    stop = threading.Event()
    worker = threading.Thread(target=outbox.work_forever, args=(stop,))
    worker.start()
    try:
        defer("test.outside")
        assert done.wait(timeout=5), "within a moment, not at the next look"
    finally:
        stop.set()
        outbox.wake()
        worker.join(timeout=20)


@pytest.mark.django_db(transaction=True)
def test_a_long_task_is_left_to_its_worker_as_long_as_that_lives(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three times as long as a worker of PostgreSQL may be silent; on SQLite the lease still runs."""
    monkeypatch.setattr(procrastinate_jobs, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(procrastinate_jobs, "DEAD_AFTER_SECONDS", 0.4)
    recorder.meanwhile = partial(time.sleep, 1.2)
    stop = threading.Event()
    workers = [threading.Thread(target=outbox.work_forever, args=(stop,)) for _ in range(2)]
    defer("test.outside")
    for worker in workers:
        worker.start()
    wait_until(lambda: OutboxEntry.objects.exclude(done_at=None).exists())
    stop.set()
    outbox.wake()
    for worker in workers:
        worker.join(timeout=20)
    assert (len(recorder.seen), OutboxEntry.objects.get().failures) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_connection_breaks_starts_anew_and_finishes(recorder: Recorder) -> None:
    """On PostgreSQL the server ends the connection in the middle of the task, on SQLite the task itself."""

    def breaks() -> None:
        recorder.meanwhile = None
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise OperationalError("the database is away")

    recorder.meanwhile = breaks
    stop = threading.Event()
    worker = threading.Thread(target=outbox.work_forever, args=(stop,))
    defer("test.inside")
    worker.start()
    try:
        wait_until(lambda: OutboxEntry.objects.exclude(done_at=None).exists())
    finally:
        stop.set()
        outbox.wake()
        worker.join(timeout=20)
    assert (len(recorder.seen), OutboxEntry.objects.get().failures) == (2, 1)


def wait_until(happened: Callable[[], bool], seconds: float = 20) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if happened():
            return
        pause.wait(0.05)
    raise AssertionError(f"It did not happen within {seconds} s on {connection.vendor}.")
