"""Workers as processes of their own: ``python -m tests.plumbing.worker_process`` makes one for each line that
it reads, and says its number once it is made.

They work on the database of the tests that started them (``DATABASE_NAME``), with effects and a schedule that
only tests have, and are quick to miss the dead. All are copies of one process that has read the program.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import date, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.conf import settings

NOBODY = UUID(int=0)
LEASE = timedelta(seconds=1)


def main() -> None:
    """This function will make workers as long as it is asked to."""
    settings.DATABASES["default"]["NAME"] = os.environ["DATABASE_NAME"]
    django.setup()
    prepare()
    from switchroom.jobs.worker import work

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    for _ in sys.stdin:
        number = os.fork()
        if number == 0:
            work(workers=1)
            os._exit(0)
        print(number, flush=True)


def prepare() -> None:
    """This function will make the handlers known and set the pace."""
    from switchroom.jobs import schedule
    from switchroom.plumbing import audit_trail, clock, outbox
    from switchroom.plumbing.outbox import procrastinate_jobs

    def note(what: str, day: date) -> None:
        facts = {"day": day.isoformat()}
        audit_trail.record(kind=what, day=day, account_id=NOBODY, actor=str(os.getpid()), facts=facts)

    def handle(payload: dict[str, Any]) -> None:
        """Writes, then may be caught in the middle: who comes first lays the trap and stays while it is
        there. Or it waits for others of its kind.
        """
        note(payload["note"], clock.today())
        if "trap" in payload and not (trap := Path(payload["trap"])).exists():
            trap.touch()
            while trap.exists():
                time.sleep(0.02)
        if "meeting" in payload:
            meeting = Path(payload["meeting"])
            (meeting / str(os.getpid())).touch()
            while len(list(meeting.iterdir())) < payload["of"]:
                time.sleep(0.02)

    outbox.handles("test.inside", lease=LEASE)(handle)
    outbox.handles("test.outside", outside=True, lease=LEASE)(handle)
    tick = schedule.Recurring("tick", time_of_day(0, 5), lambda day: note("tick", day), catches_up=True)
    schedule.RECURRING = (tick,)
    schedule.LOOK_SECONDS = 0.05
    procrastinate_jobs.HEARTBEAT_SECONDS = 0.2
    procrastinate_jobs.DEAD_AFTER_SECONDS = LEASE.total_seconds()


if __name__ == "__main__":
    main()
