"""A worker on a host of its own: ``python -m tests.hosts.worker``. It is what ``switchroom worker`` is, with
two effects that only tests have, and quicker to miss the dead.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from switchroom.config.cli import _start_django

NOBODY = UUID(int=0)
NOTED, CAUGHT = "test.noted", "test.caught"


def main() -> None:
    """This function will work until it is told to end."""
    _start_django()
    from switchroom.jobs.worker import work
    from switchroom.plumbing import audit_trail, clock, outbox
    from switchroom.plumbing.locks import lock_row
    from switchroom.plumbing.models import TownClock
    from switchroom.plumbing.outbox import procrastinate_jobs

    procrastinate_jobs.HEARTBEAT_SECONDS = 0.2
    procrastinate_jobs.DEAD_AFTER_SECONDS = 2.0

    def noted(payload: dict[str, Any]) -> None:
        audit_trail.record(
            kind=payload["note"],
            day=clock.today(),
            account_id=NOBODY,
            actor=_own_address(payload["to"]),
            facts={},
        )
        time.sleep(0.02)

    def caught(payload: dict[str, Any]) -> None:
        """Holds a lock that the next one needs, and stays where it is while the trap is there."""
        lock_row(TownClock, TownClock.ONLY)
        noted(payload)
        if not (trap := Path(payload["trap"])).exists():
            trap.write_text(_own_address(payload["to"]))
            while trap.exists():
                time.sleep(0.02)

    outbox.handles(NOTED)(noted)
    outbox.handles(CAUGHT)(caught)
    work(workers=1)


def _own_address(towards: str) -> str:
    """Which of our addresses others see; asking takes no packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect((towards, 9))
        address: str = way.getsockname()[0]
        return address


if __name__ == "__main__":
    main()
