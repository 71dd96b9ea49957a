"""The town of the crash tests: built once a session, in a database of its own on the engine of the run."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from switchroom.config import cluster
from tests.crashes.lives import HowMany, Town
from tests.crashes.places import Place, PostgresqlPlace, SqlitePlace
from tests.crashes.postgresql import Server
from tests.crashes.processes import Processes
from tests.settings import DATABASE_URL

# On the other engine there is nothing to kill, or no disk of one's own to fill.
collect_ignore = ["test_full_disk.py"] if DATABASE_URL else ["test_server_killed.py"]

SEED = 20270101


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town, kept as it was built; each life begins with a copy."""
    folder = tmp_path_factory.mktemp("crashes")
    with ExitStack() as stack:
        place = _place(folder, stack)
        processes = stack.enter_context(Processes(place.environment, folder))
        processes.run(what="tests.crashes.town:main")
        place.keep()
        yield Town(place, processes)


@pytest.fixture
def how_many(request: pytest.FixtureRequest) -> HowMany:
    """The first of two numbers in the default suite, the second in the full one."""
    is_full = request.config.getoption("--full")
    return lambda few, many: many if is_full else few


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Always the same in the default suite; in the full one a new one each time, whose seed is printed."""
    seed = secrets.randbits(32) if request.config.getoption("--full") else SEED
    print(f"seed {seed}")
    return random.Random(seed)


def _place(folder: Path, stack: ExitStack) -> Place:
    if not DATABASE_URL:
        return SqlitePlace(folder)
    programs = cluster.programs()
    if programs is None:
        pytest.skip("a PostgreSQL server to kill is not installed: sudo apt install postgresql")
    server = Server(programs)
    stack.callback(server.remove)
    return PostgresqlPlace(folder, server)
