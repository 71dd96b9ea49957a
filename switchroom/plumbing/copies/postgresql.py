"""A PostgreSQL database as a file of ``pg_dump``'s own format, written and read by PostgreSQL's own programs.

What ``pg_restore`` reads from the file is carried out here rather than by itself, so that one transaction
holds all of it together with the checks that follow: whoever kills this, or finds a fault, leaves nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from switchroom.plumbing.copies import CopyRefused

INSTALLED = Path("/usr/lib/postgresql")
WHOSE = ("--no-owner", "--no-privileges")  # the database's user of the installation that takes it in


def require_database() -> None:
    """This function will do nothing: a server that answers has the database."""


def require_empty() -> None:
    """This function will raise CopyRefused unless the database has neither tables nor views."""
    with connection.cursor() as cursor:
        if connection.introspection.table_names(cursor, include_views=True):
            name = connection.settings_dict["NAME"]
            raise CopyRefused(f"The installation is not empty: the database {name} has tables.")


@contextmanager
def written_to(file: Path) -> Iterator[None]:
    """This function will have ``pg_dump`` write just what this transaction sees, which is what the block
    sees.
    """
    dump = _program("pg_dump")
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        where, environment = _connecting()
        command = [dump, "--format=custom", *WHOSE, f"--snapshot={snapshot}", f"--file={file}", where]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if said.returncode:
            raise CopyRefused(f"pg_dump: {said.stderr.strip() or f'ended with {said.returncode}'}")
        yield


@contextmanager
def loaded_from(file: Path) -> Iterator[None]:
    """This function will carry out what ``pg_restore`` reads from the file, in one transaction with the
    block.
    """
    restore = _program("pg_restore")
    try:
        with transaction.atomic(durable=True):
            _carry_out([restore, *WHOSE, "--file=-", str(file)])
            with connection.cursor() as cursor:
                cursor.execute("RESET search_path")
            yield
    finally:
        connection.close()  # the script has set more than one thing for its session


def _carry_out(command: list[str]) -> None:
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
        if process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        try:
            _execute(process.stdout)
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if code:
            said.seek(0)
            raise CopyRefused(f"pg_restore: {said.read().strip()}")


def _execute(script: IO[bytes]) -> None:
    """The script is statements, and rows behind each COPY. Lines that begin with a backslash are for psql."""
    statements: list[bytes] = []
    for line in script:
        if re.match(rb"COPY .* FROM stdin;$", line):
            _flush(statements)
            _copy_in(line, script)
        elif not line.startswith(b"\\"):
            statements.append(line)
    _flush(statements)


def _flush(statements: list[bytes]) -> None:
    if text := b"".join(statements).decode().strip():
        with connection.cursor() as cursor:
            cursor.execute(text)
    statements.clear()


def _copy_in(statement: bytes, script: IO[bytes]) -> None:
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement.decode()) as copy,
    ):
        for line in script:
            if line == b"\\.\n":
                return
            copy.write(line)
    raise CopyRefused("pg_restore: the rows of a table have no end.")


def _program(name: str) -> str:
    """The program of the server's own version: another's may write what this server does not understand."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10_000
    fitting = INSTALLED / str(version) / "bin" / name
    if fitting.exists():
        return str(fitting)
    if found := shutil.which(name):
        return found
    raise CopyRefused(f"{name} is not installed. Run: sudo apt install postgresql-client-{version}")


def _connecting() -> tuple[str, dict[str, str]]:
    """Where ``pg_dump`` finds the database; the password does not stand where others could read it."""
    asked = connection.get_connection_params()
    password = asked.pop("password", "")
    libpq_knows = {option.keyword.decode() for option in Conninfo.get_defaults()} - {"client_encoding"}
    where = make_conninfo(**{key: value for key, value in asked.items() if key in libpq_knows})
    return f"--dbname={where}", os.environ | ({"PGPASSWORD": password} if password else {})
