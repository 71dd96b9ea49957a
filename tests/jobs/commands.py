"""``switchroom`` with its words, as an operator starts it: as a process, in an installation of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from switchroom.journeys import billing_run
from tests.architecture.source import ROOT
from tests.cast import Customer, Town
from tests.installations import Prepared, address_of, environment_of, installation
from tests.journeys.runs import street

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.02

Start = Callable[..., "subprocess.Popen[str]"]


@contextmanager
def commands(folder: Path, like: Prepared) -> Iterator[Start]:
    """This function will let us be in an installation ``like`` another, and give what starts ``switchroom``
    in it.
    """
    with installation(folder, like=like):
        environment = environment_of(folder, address_of(connection.settings_dict["NAME"]))
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
    """This function will let so many households wake up on 1 July unbilled, each of them a chunk of its
    own.
    """
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
