"""One command given several times at once, as on several machines, so that all share in one billing run.

Its chunks are of one account, so that a small town has many.
"""

from __future__ import annotations

import os
import sys

from switchroom.config import cli
from switchroom.journeys import billing_run

ACCOUNTS_OF_A_CHUNK = 1


def main(argv: list[str]) -> int:
    """This function will give the command as often as the first word says, and once more in the end."""
    times, *words = argv
    billing_run.CHUNK_ACCOUNTS = ACCOUNTS_OF_A_CHUNK
    others = [_start(words) for _ in range(int(times) - 1)]
    cli.main(words)
    for other in others:
        os.waitpid(other, 0)
    return cli.main(words)


def _start(words: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        code = cli.main(words)
        sys.stdout.flush()
        os._exit(code)
    return pid
