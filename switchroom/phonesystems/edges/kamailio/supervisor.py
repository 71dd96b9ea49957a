"""Keeps one edge running: starts Kamailio, listens to what it says, starts it again when it dies.

The processes are a group of their own and are ended as a group, because Kamailio's children go on serving
without their parent. There is no pid file: whoever runs the supervisor knows whether it runs.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from switchroom.phonesystems.edges.kamailio import configuration
from switchroom.phonesystems.edges.kamailio.configuration import Home, Installation

PROGRAM = "kamailio"
NOT_INSTALLED = "Kamailio is not installed. Run: sudo apt install kamailio kamailio-sqlite-modules"
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
STABLE_AFTER_SECONDS = 60.0
MEMORY_MANAGER = "fm"
"""Debian's default (``qm``) is for finding faults: it searches long lists of free pieces for each new one.
Reloading 100,000 endpoints takes three times as long with it, and a call costs nearly half as much again.
"""
GOODBYE_SECONDS = 5.0

_LINE = re.compile(r"<script>: (?P<mark>[0-9a-f]{32}) (?P<word>[A-Z]+) (?P<rest>.*)$")

log = structlog.get_logger(__name__)


def program() -> str | None:
    """This function will return the path of Kamailio's program, none where it is not installed."""
    return shutil.which(PROGRAM) or shutil.which(PROGRAM, path="/usr/sbin")


class Said(NamedTuple):
    """Something that happened at the edge: ``CALL``, ``BUSY``, ``BANNED``, with its facts as text."""

    word: str
    facts: dict[str, str]


class Supervisor:
    """Runs one edge until it is told to stop. ``listener`` hears what happens, in a thread of its own.

    Raises configuration.CannotBeWritten when the edge could never start.
    """

    def __init__(self, installation: Installation, listener: Callable[[Said], None]) -> None:
        self._installation = installation
        self._home = Home.of(installation)
        self._listener = listener
        self._stop = threading.Event()
        self.pid = 0
        """Of the main process that was started last."""
        # What others send may be written to the log as it is; only lines with this mark are the edge's own.
        self._mark = secrets.token_hex(16)
        found = program()
        if found is None:
            raise configuration.CannotBeWritten(NOT_INSTALLED)
        self._program = found
        configuration.write(installation, self._home, mark=self._mark)

    def run(self) -> None:
        """This function will keep the edge running until ``stop`` is called."""
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            began = time.monotonic()
            code = self._run_once()
            if self._stop.is_set():
                return
            if time.monotonic() - began > STABLE_AFTER_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log.error("edge.died", code=code, again_in_seconds=pause)
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """This function will have ``run`` end the edge and return."""
        self._stop.set()

    def _run_once(self) -> int:
        process = subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        listening = threading.Thread(target=self._listen, args=(process,), name="edge-log", daemon=True)
        listening.start()
        self.pid = process.pid
        log.info("edge.started", node=self._installation.edge_node, pid=process.pid)
        while process.poll() is None and not self._stop.wait(0.2):
            pass
        self._end(process)
        listening.join(GOODBYE_SECONDS)
        return process.returncode

    def _command(self) -> list[str]:
        own = ["-f", str(self._home.configuration), "-Y", str(self._home.folder)]
        memory = ["-x", MEMORY_MANAGER, "-m", str(self._installation.edge_memory_mb)]
        return [self._program, "-DD", "-E", *own, *memory]

    def _end(self, process: subprocess.Popen[str]) -> None:
        """Ends the edge in order: its main process writes down registrations and running calls once all
        others have ended.

        One of them may hang when it is told to end within the database's library; it is killed, so that the
        main process can go on.
        """
        if process.poll() is None:
            process.terminate()
            if not self._ends_once_written(process):
                log.warning("edge.hangs", why="a process of it did not end by itself")
                for pid in _others_of(process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                if not self._ends_once_written(process):
                    log.error("edge.killed", why="it did not end by itself")
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _ends_once_written(self, process: subprocess.Popen[str]) -> bool:
        """Waits as long as anything is written down, each registration by itself, and says whether it has
        ended.
        """
        written_at = self._home.written_at()
        while not _ends(process, GOODBYE_SECONDS):
            before, written_at = written_at, self._home.written_at()
            if written_at == before:
                return False
            log.info("edge.writes_down")
        return True

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                match = _LINE.search(line.rstrip("\n"))
                if match is None:
                    log.info("edge.says", line=line.rstrip("\n"))
                elif match["mark"] == self._mark:
                    self._hear(match["word"], match["rest"])

    def _hear(self, word: str, rest: str) -> None:
        facts = dict(part.partition("=")[::2] for part in rest.split(" "))
        try:
            self._listener(Said(word, facts))
        except Exception:
            log.exception("edge.not_heard", word=word, facts=facts)


def _ends(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _others_of(group: int) -> list[int]:
    """The processes of a group without the one that leads it."""
    others = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            pid, (_state, _parent, of_group, *_) = (
                int(stat.parent.name),
                stat.read_text().rpartition(")")[2].split(),
            )
            if int(of_group) == group != pid:
                others.append(pid)
    return others
