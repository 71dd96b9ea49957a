"""A PostgreSQL server that lives as long as a test run: made by ``initdb`` in a temporary folder, on a free
port.

It forgets on purpose: nothing is synchronised to disk, so the suite measures our code and not the disk.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
}


class ClusterRefused(Exception):
    """The temporary PostgreSQL server could not be started; the message is what its own program said."""


def programs() -> Path | None:
    """This function will return the folder of the newest installed PostgreSQL server's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@contextmanager
def temporary_postgresql(programs: Path, *, settings: Mapping[str, str] = FORGETFUL) -> Iterator[str]:
    """This function will run a server while the block runs and give its URL; everything is removed
    afterwards.

    ``settings`` are the server's own that differ from its defaults.
    As root it runs as user ``postgres``, because the server refuses root. Raises ClusterRefused.
    """
    folder = Path(tempfile.mkdtemp(prefix="switchroom-postgresql-"))
    if os.geteuid() == 0:
        postgres = pwd.getpwnam("postgres")
        os.chown(folder, postgres.pw_uid, postgres.pw_gid)
    try:
        _run("initdb", programs, "-D", f"{folder}/cluster", "-U", "postgres", "-A", "trust", "-E", "UTF8")
        port = _free_port()
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        options += f" -c port={port} -c unix_socket_directories={folder}"
        _run(
            "pg_ctl", programs, "-D", f"{folder}/cluster", "-l", f"{folder}/log", "-w", "-o", options, "start"
        )
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", programs, "-D", f"{folder}/cluster", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, programs: Path, *arguments: str) -> None:
    command = [str(programs / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    # The server inherits the output of pg_ctl: a file does not keep us waiting for its end, a pipe would.
    with tempfile.TemporaryFile("w+") as said:
        code = subprocess.run(
            command, stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd="/", check=False
        ).returncode
        said.seek(0)
        if code:
            raise ClusterRefused(f"{program}: {said.read().strip()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
