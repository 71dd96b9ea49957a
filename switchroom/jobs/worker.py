"""The part of an installation that works by itself: workers that carry out effects, one thread that knows the
schedule.

They run beside the web server in one process (``server.py``) or alone in as many processes as one likes.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from switchroom.jobs import schedule
from switchroom.jobs.preparing import require_prepared
from switchroom.plumbing import outbox

LONGEST_GOODBYE_SECONDS = 30

log = structlog.get_logger(__name__)


@contextmanager
def working(*, workers: int) -> Iterator[None]:
    """This function will run this many workers and one scheduler in threads while the block runs.

    Afterwards it waits for what is under way to finish, at most half a minute: what is cut off then is done
    again later.
    """
    stop = threading.Event()
    threads = [
        threading.Thread(target=outbox.work_forever, args=(stop,), name=f"worker-{number}", daemon=True)
        for number in range(1, workers + 1)
    ]
    threads.append(
        threading.Thread(target=schedule.watch_forever, args=(stop,), name="schedule", daemon=True)
    )
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        outbox.wake()
        for thread in threads:
            thread.join(LONGEST_GOODBYE_SECONDS)


def work(*, workers: int) -> None:
    """This function will work until the process is told to end (SIGTERM or Ctrl-C). Raises LawsMissing."""
    require_prepared()
    end = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _number, _frame: end.set())
    with working(workers=workers):
        log.info("worker.started", workers=workers)
        end.wait()
    log.info("worker.stopped")
