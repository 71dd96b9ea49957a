"""A PostgreSQL server of the crash tests' own: they kill it, which no other test would bear.

Unlike the suite's server it forgets nothing that it has confirmed. It does without fsync alone: a kill takes
processes, not the system's memory.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import tempfile
import time
from pathlib import Path

import psycopg

from switchroom.config import cluster

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1
LOOKING = "looking"  # what those call themselves who only look


class Server:
    """One server, which can be killed in part or wholly and started again at the same address."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="switchroom-crashes-"))
        if os.geteuid() == 0:
            postgres = pwd.getpwnam("postgres")
            os.chown(self._folder, postgres.pw_uid, postgres.pw_gid)
        self._cluster = self._folder / "cluster"
        cluster._run(
            "initdb", programs, "-D", f"{self._cluster}", "-U", "postgres", "-A", "trust", "-E", "UTF8"
        )
        self._port = cluster._free_port()
        self._start()

    def url(self, database: str) -> str:
        """This function will return the address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def backends_of(self, database: str) -> list[int]:
        """This function will list the processes that serve a database's clients, but not those who look."""
        with psycopg.connect(self.url("postgres")) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name <> %s",
                [database, LOOKING],
            )
            return [pid for (pid,) in rows.fetchall()]

    def end_backend(self, pid: int) -> None:
        """This function will have the server end one client's process, and wait until it has."""
        with psycopg.connect(self.url("postgres")) as connection:
            milliseconds = round(PATIENCE_SECONDS * 1_000)
            connection.execute("SELECT pg_terminate_backend(%s, %s)", [pid, milliseconds])

    def kill_backend(self, pid: int) -> None:
        """This function will kill one client's process, upon which the server ends all and recovers."""
        os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK_SECONDS)  # until it has noticed
        self._wait_until_it_answers()

    def kill(self) -> None:
        """This function will kill the server's first process and start the server again."""
        os.kill(int((self._cluster / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._start()
                return
            except cluster.ClusterRefused:  # as long as one of the old processes still holds the memory
                if time.monotonic() > ends:
                    raise
                time.sleep(LOOK_SECONDS)

    def remove(self) -> None:
        """This function will stop the server and remove its files."""
        cluster._run("pg_ctl", self._programs, "-D", f"{self._cluster}", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        options = f"-c port={self._port} -c unix_socket_directories={self._folder}"
        options += " -c listen_addresses=127.0.0.1 -c fsync=off"
        log = f"{self._folder}/log"
        cluster._run(
            "pg_ctl", self._programs, "-D", f"{self._cluster}", "-l", log, "-w", "-o", options, "start"
        )

    def _wait_until_it_answers(self) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > ends:
                    raise
                time.sleep(LOOK_SECONDS)
