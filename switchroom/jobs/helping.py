"""More processes for one command: each is ``switchroom`` once more, with words of its own."""

from __future__ import annotations

import subprocess
import sys

LAUNCH = "from switchroom.config.cli import main; raise SystemExit(main())"


def start(*words: str, output: int | None = None) -> subprocess.Popen[str]:
    """This function will start ``switchroom`` with these words in a process beside this one.

    ``output`` is ``subprocess.PIPE`` for whoever reads what it prints; else it prints where we do.
    """
    return subprocess.Popen([sys.executable, "-c", LAUNCH, *words], stdout=output, text=True)
