"""Processes that may be killed: each is forked from one that has read the whole program already, so that it
is at work at once instead of after a second of starting up.

Apart from that it is what an operator starts: a process of its own with its own connections, the settings
from the environment, and the command's own ``main``. It leads a process group, so that its children can die
with it.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from tests.architecture.source import ROOT

LONGEST_SECONDS = 120.0
LOOK_SECONDS = 0.002
PR_SET_PDEATHSIG = 1
COMMAND = "switchroom.config.cli:main"
# What the commands and those who judge them import when they run.
READ_BEFORE = (
    "switchroom.jobs.day",
    "switchroom.jobs.bill",
    "switchroom.jobs.worker",
    "tests.crashes.books",
    "tests.crashes.together",
)


class Process:
    """One process, running or ended. ``said`` is the file with all it wrote."""

    def __init__(self, pid: int, said: Path, ends: queue.Queue[int]) -> None:
        self.pid = pid
        self.said = said
        self._ends = ends
        self._code: int | None = None

    def code(self, *, within: float = LONGEST_SECONDS) -> int:
        """This function will wait for the end and return the exit code; a negative one is the deadly signal.

        Raises ``TimeoutError`` when it has not ended within these seconds.
        """
        if self._code is None:
            try:
                self._code = self._ends.get(timeout=within)
            except queue.Empty:
                raise TimeoutError(f"{self.pid} is still running after {within} s") from None
        return self._code

    def runs(self) -> bool:
        """This function will say whether it is still running."""
        if self._code is None and not self._ends.empty():
            self._code = self._ends.get()
        return self._code is None

    def send(self, sign: signal.Signals) -> None:
        """This function will send a signal to the process and its children, unless it has ended."""
        if self.runs():
            os.killpg(self.pid, sign)

    def has_begun(self) -> bool:
        """This function will say whether it has said anything: a worker does once it minds signals."""
        return self.said.exists() and self.said.stat().st_size > 0

    def helpers(self) -> list[int]:
        """This function will list the processes of its group that are running besides it, also when it has
        ended.
        """
        return [pid for pid in _group(self.pid) if pid != self.pid]

    def end_of_helpers(self) -> None:
        """This function will wait until it has left nobody behind."""
        ends = time.monotonic() + LONGEST_SECONDS
        while self.helpers():
            assert time.monotonic() < ends, f"the helpers of {self.pid} are still running"
            time.sleep(LOOK_SECONDS)


class Processes:
    """Starts processes of one installation, one at a time. ``with`` ends what is still running."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SWITCHROOM_", "DJANGO_"))
        }
        self._folder = folder
        self._count = 0
        self._last: Process | None = None
        self._parent = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={**kept, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: queue.Queue[int] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, *argv: str, what: str = COMMAND) -> Process:
        """This function will start the command with these words, or another function ``module:name``."""
        assert self._last is None or not self._last.runs()
        self._count += 1
        said = self._folder / f"{self._count}.log"
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps({"what": what, "argv": argv, "said": str(said)}) + "\n")
        self._parent.stdin.flush()
        pid = self._answers.get(timeout=LONGEST_SECONDS)
        self._last = Process(pid, said, self._answers)
        return self._last

    def run(self, *argv: str, what: str = COMMAND) -> None:
        """This function will start the same, and hold it to ending well."""
        process = self.start(*argv, what=what)
        assert process.code() == 0, f"{what} {argv}: {process.said.read_text()}"

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._last:
            self._last.send(signal.SIGKILL)
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.close()
        self._parent.wait(timeout=LONGEST_SECONDS)
        self._reader.join(timeout=LONGEST_SECONDS)
        self._parent.stdout.close()

    def _read(self) -> None:
        assert self._parent.stdout is not None
        for line in self._parent.stdout:
            self._answers.put(int(line))


def parent() -> int:
    """This function will fork a process for each line of the input, and answer its pid, then its code."""
    _die_with_parent()
    import_module("switchroom.config.cli")._start_django()
    for module in READ_BEFORE:
        import_module(module)
    import_module("django.template").engines.all()  # which reads every library of tags
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(**order)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


def _child(*, what: str, argv: list[str], said: str) -> NoReturn:
    _die_with_parent()
    os.setsid()
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    module, name = what.split(":")
    sys.exit(getattr(import_module(module), name)(argv))


def _group(leader: int) -> list[int]:
    """The processes of a group that are running, and not merely waited for."""
    running = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group, *_ = file.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(group) == leader and state != "Z":
            running.append(int(file.parent.name))
    return running


def _die_with_parent() -> None:
    """A run of the tests that is itself killed leaves nobody behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(parent())
