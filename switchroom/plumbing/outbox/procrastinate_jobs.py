"""The engine on PostgreSQL: procrastinate, whose jobs any number of workers on any number of machines share.

A job names the entries that it runs, and is gone when they are settled: what lasts is the entry. Claiming,
retrying, finishing, the heartbeat of workers and the search for jobs of the dead are procrastinate's own
statements. They run on Django's connection, and that is why its asynchronous worker is not used: an effect
and its completion are one transaction, which only the connection of the handler can give.

What procrastinate leaves open is the fence. It lets a worker finish a job that was taken from it and given to
another; here the row is locked and its number of attempts compared first.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, transaction
from procrastinate.jobs import Status
from procrastinate.manager import get_channel_for_queues
from procrastinate.sql import queries

from switchroom.plumbing import clock
from switchroom.plumbing.models import OutboxEntry
from switchroom.plumbing.outbox.engine import AT_ONCE, MOST_FAILURES, WORKERS_DIED, Outcome, Promise, Taken

QUEUE = "outbox"
TASK = "outbox.entries"
PRIORITY, PRIORITY_IN_BULK = 0, -1

HEARTBEAT_SECONDS = 10.0
DEAD_AFTER_SECONDS = 30.0  # without a heartbeat; then the others take over
POLL_SECONDS = 1.0  # how soon a pause is noticed to be over; new entries call by themselves
STOP_SECONDS = 0.25  # how soon a worker that waits notices that it is to stop

ENTRIES = OutboxEntry._meta.db_table

# As in procrastinate's own queries["defer_jobs"], which has them bring every job from here and back.
_DEFER = (
    "SELECT procrastinate_defer_jobs_v1(array_agg(ROW(%(queue)s, %(task)s, %(priority)s, NULL, NULL, "
    "jsonb_build_object('entries', ids), NULL)::procrastinate_job_to_defer_v1 ORDER BY ids)) FROM job"
)
# One statement writes entries and one job for them all, so that a thousand cost hardly more than their rows.
PROMISE = (
    f"WITH new AS (INSERT INTO {ENTRIES} "
    "(id, kind, payload, key, created_at, gives_way, attempt, failures, last_error) "
    "SELECT one.id, one.kind, one.payload, one.key, one.created_at, %(in_bulk)s, 0, 0, '' "
    "FROM json_to_recordset(%(promises)s::json) "
    "AS one(id uuid, kind text, payload jsonb, key text, created_at timestamptz) "
    "ON CONFLICT (key) DO NOTHING RETURNING id), "
    f"job AS (SELECT jsonb_agg(id ORDER BY id) AS ids FROM new HAVING count(*) > 0) {_DEFER}"
)
HAND_OUT = (
    "WITH job AS (SELECT jsonb_build_array(one.id) AS ids FROM unnest(%(entries)s::uuid[]) AS one(id)) "
    f"{_DEFER}"
)
STRAYS = (
    f"SELECT id FROM {ENTRIES} WHERE done_at IS NULL AND dead_at IS NULL AND id NOT IN ("
    "SELECT jsonb_array_elements_text(args -> 'entries')::uuid FROM procrastinate_jobs "
    "WHERE queue_name = %(queue)s AND status IN ('todo', 'doing')) "
    "ORDER BY id FOR UPDATE SKIP LOCKED"
)
HOLD = (
    "SELECT id FROM procrastinate_jobs "
    "WHERE id = %(job)s AND status = 'doing' AND attempts = %(attempts)s FOR UPDATE"
)

log = structlog.get_logger(__name__)


def promise(promises: Sequence[Promise], *, in_bulk: bool) -> None:
    """This function will write entries whose keys are new, and one job for them all."""
    rows = [vars(one) for one in promises]
    _ask(
        PROMISE,
        promises=json.dumps(rows, cls=DjangoJSONEncoder),
        in_bulk=in_bulk,
        queue=QUEUE,
        task=TASK,
        priority=PRIORITY_IN_BULK if in_bulk else PRIORITY,
    )


def hand_out(entry_ids: Sequence[UUID], *, priority: int = PRIORITY) -> None:
    """This function will write a job for each of these entries."""
    _ask(HAND_OUT, entries=list(entry_ids), queue=QUEUE, task=TASK, priority=priority)


def strays() -> list[UUID]:
    """This function will return the open entries for which there is no job."""
    return [row["id"] for row in _ask(STRAYS, queue=QUEUE)]


@contextmanager
def at_work() -> Iterator[int]:
    """This function will register a worker and keep its heart beating while the block runs.

    What a worker has in its hands when it leaves is taken over: at once when the database left it, else when
    its heart has been still for long enough.
    """
    worker: int = _ask(queries["register_worker"])[0]["worker_id"]
    take_over()
    leaves = threading.Event()
    heart = threading.Thread(target=_beat, args=(worker, leaves), name="heart", daemon=True)
    heart.start()
    try:
        yield worker
    except DatabaseError:
        if not connection.in_atomic_block:
            connection.close()
            _ask(queries["unregister_worker"], worker_id=worker)
        raise
    finally:
        leaves.set()
        heart.join(HEARTBEAT_SECONDS)
    _ask(queries["unregister_worker"], worker_id=worker)


def take(worker: int) -> Taken | None:
    """This function will claim the next job and return its entry; a job of many is first made many jobs."""
    while (job := _ask(queries["fetch_job"], queues=[QUEUE], worker_id=worker)[0])["id"] is not None:
        entries = [UUID(entry) for entry in json.loads(job["args"])["entries"]]
        if len(entries) == 1 and (entry := _open_entry(entries[0])):
            return Taken(entry.pk, entry.kind, entry.payload, job["id"], job["attempts"])
        with transaction.atomic():
            if _holds(job["id"], job["attempts"]):
                if len(entries) > 1:
                    hand_out(entries, priority=job["priority"])
                _end(job["id"], Status.SUCCEEDED)
    return None


def settle(taken: Taken, outcome: Outcome) -> bool:
    """This function will write down how an attempt ended, in entry and job, unless the job was taken over."""
    with transaction.atomic():
        if not _holds(taken.ticket, taken.failures):
            return False
        OutboxEntry.objects.filter(pk=taken.id).update(
            failures=outcome.failures,
            last_error=outcome.last_error,
            done_at=outcome.done_at,
            dead_at=outcome.dead_at,
        )
        if outcome.due_at:
            _put_back(taken.ticket, outcome.due_at)
        else:
            _end(taken.ticket, Status.FAILED if outcome.dead_at else Status.SUCCEEDED)
        return True


def take_over() -> None:
    """This function will put back what workers have in their hands whose hearts have stopped."""
    stalled = _ask(
        queries["select_stalled_jobs_by_heartbeat"],
        queue=QUEUE,
        task_name=None,
        seconds_since_heartbeat=DEAD_AFTER_SECONDS,
    )
    for job in stalled:
        with transaction.atomic():
            if _holds(job["id"], job["attempts"]):
                log.warning("outbox.taken_over", job=job["id"], worker=job["worker_id"])
                _worker_died(job)
    _ask(queries["prune_stalled_workers"], seconds_since_heartbeat=DEAD_AFTER_SECONDS)


def listen() -> None:
    """This function will let the database call this connection, and forget earlier calls."""
    (channel,) = get_channel_for_queues([QUEUE])
    with connection.cursor() as cursor:
        cursor.execute(queries["listen_queue"].format(channel_name=connection.ops.quote_name(channel)))
    for _ in connection.connection.notifies(timeout=0):
        pass


def wait(stop: threading.Event) -> None:
    """This function will wait until the database calls, or a pause may be over."""
    for _ in range(max(1, round(POLL_SECONDS / STOP_SECONDS))):
        with connection.wrap_database_errors:
            if stop.is_set() or any(connection.connection.notifies(timeout=STOP_SECONDS, stop_after=1)):
                return


def wake() -> None:
    """This function will do nothing: the database itself calls workers, those of other machines too."""


def _beat(worker: int, leaves: threading.Event) -> None:
    while not leaves.wait(HEARTBEAT_SECONDS):
        try:
            _ask(queries["update_heartbeat"], worker_id=worker)
            take_over()
        except DatabaseError:
            log.exception("outbox.heartbeat_missed")
        finally:
            connection.close()


def _open_entry(entry_id: UUID) -> OutboxEntry | None:
    return OutboxEntry.objects.filter(pk=entry_id, done_at=None, dead_at=None).first()


def _worker_died(job: dict[str, Any]) -> None:
    """A job of many entries kills nobody; one that was the last of all its workers is given up."""
    entries = json.loads(job["args"])["entries"]
    failures = job["attempts"] + 1
    if len(entries) > 1 or failures < MOST_FAILURES:
        _put_back(job["id"], AT_ONCE)
        return
    entry = OutboxEntry.objects.filter(pk=entries[0])
    entry.filter(last_error="").update(last_error=WORKERS_DIED)
    entry.update(failures=failures, dead_at=clock.real_now())
    _end(job["id"], Status.FAILED)


def _holds(job: int, attempts: int) -> bool:
    """Whether a job is still in the hands that took it at this number of attempts; it is locked if so."""
    return bool(_ask(HOLD, job=job, attempts=attempts))


def _put_back(job: int, at: datetime) -> None:
    _ask(queries["retry_job"], job_id=job, retry_at=at, new_priority=None, new_queue_name=None, new_lock=None)


def _end(job: int, status: Status) -> None:
    _ask(queries["finish_job"], job_id=job, status=status.value, delete_job=True)


def _ask(statement: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of one statement; all of procrastinate's are functions or questions, which have some."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        columns = [column.name for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
