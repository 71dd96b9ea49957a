"""``switchroom`` with its words, as an operator starts it: as a process, in an installation of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from switchroom.config.connections import database_settings
from switchroom.jobs.preparing import prepare_database
from switchroom.journeys import billing_run
from tests.architecture.source import ROOT
from tests.cast import Customer, Town
from tests.installations import database_on_server, environment_of, staying
from tests.journeys.runs import street
from tests.settings import DATABASE_URL

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.02

Start = Callable[..., "subprocess.Popen[str]"]


@contextmanager
def commands(folder: Path) -> Iterator[Start]:
    """This function will let us be in an installation, and give what starts ``switchroom`` in it."""
    with _installed(folder) as environment:
        started: list[subprocess.Popen[str]] = []

        def start(*words: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "switchroom.config.cli", *words],
                env=environment,
                cwd=ROOT,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            started.append(process)
            return process

        try:
            yield start
        finally:
            for process in started:
                process.kill()
                process.communicate()


def a_street_on_the_first(monkeypatch: pytest.MonkeyPatch, households: int) -> tuple[Town, list[Customer]]:
    """This function will prepare the installation and let so many households wake up on 1 July unbilled, each
    of them a chunk of its own.
    """
    prepare_database()
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", 1)
    town = Town().on("2026-06-01")
    customers = street(town, households)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    return town, customers


def wait_until(happened: Callable[[], bool]) -> None:
    """This function will wait for something, at most a minute."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(LOOK_SECONDS)


@contextmanager
def _installed(folder: Path) -> Iterator[dict[str, str]]:
    if not DATABASE_URL:
        with staying(folder, database_settings("", folder)):
            yield environment_of(folder, "")
    else:
        with database_on_server() as url, staying(folder, database_settings(url, folder)):
            yield environment_of(folder, url)
