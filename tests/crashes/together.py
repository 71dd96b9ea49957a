"""``switchroom bill`` in a small town: its chunks are of one account, so that there are many, and its helpers
are forked like the command itself, so that they come before all is done.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import cast

from django.db import DEFAULT_DB_ALIAS, connections

from switchroom.config import cli
from switchroom.jobs import helping
from switchroom.journeys import billing_run

ACCOUNTS_OF_A_CHUNK = 1
NOT_OURS: list[object] = []  # connections that must not be closed by being forgotten


class Fork:
    """A process of our own, which is waited for like one that was started."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def wait(self) -> int:
        """This function will wait for its end and return the exit code; the deadly signal's is negative."""
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def terminate(self) -> None:
        """This function will ask it to end."""
        os.kill(self._pid, signal.SIGTERM)


def main(argv: list[str]) -> int:
    """This function will give the command."""
    billing_run.CHUNK_ACCOUNTS = ACCOUNTS_OF_A_CHUNK
    helping.start = _forked
    return cli.main(argv)


def _forked(*words: str, output: int | None = None) -> subprocess.Popen[str]:
    assert output is None
    pid = os.fork()
    if pid == 0:
        _forget_connection()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, signal.SIG_DFL)
        code = cli.main(words)
        sys.stdout.flush()
        os._exit(code)
    return cast("subprocess.Popen[str]", Fork(pid))


def _forget_connection() -> None:
    """It is the parent's: we say no goodbye on it, and keep it not open when the parent has died."""
    parents = connections[DEFAULT_DB_ALIAS].connection
    if parents is not None:
        os.close(parents.fileno())
        NOT_OURS.append(parents)
    del connections[DEFAULT_DB_ALIAS]
