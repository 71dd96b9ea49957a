"""A town of which copies are made, built once a session, the file that ``dump`` writes of it, and commands as
processes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from switchroom.jobs import dump
from tests.installations import Prepared, Stay, database, staying
from tests.jobs import town_to_copy
from tests.jobs.commands import Start, commands
from tests.settings import DATABASE_URL

collect_ignore = [] if DATABASE_URL else ["test_move_to_postgres.py"]  # which needs a server to move to


@pytest.fixture(scope="session")
def town(
    tmp_path_factory: pytest.TempPathFactory, blank: Prepared, django_db_blocker: DjangoDbBlocker
) -> Iterator[Stay]:
    """What lets a block be in the town."""
    folder = tmp_path_factory.mktemp("town")
    with database(folder / "switchroom.sqlite3", like=blank) as its_settings:
        with django_db_blocker.unblock(), staying(folder, its_settings):
            town_to_copy.build()
        yield lambda: staying(folder, its_settings)


@pytest.fixture
def written(town: Stay, tmp_path: Path) -> Path:
    """The file that ``dump`` writes of the town."""
    file = tmp_path / "town.dump"
    with town():
        assert dump.main([str(file)]) == 0
    return file


@pytest.fixture
def start(tmp_path: Path, blank: Prepared, django_db_blocker: object) -> Iterator[Start]:
    """We are in an installation of its own, and this starts ``switchroom`` in it."""
    with commands(tmp_path, blank) as start:
        yield start
