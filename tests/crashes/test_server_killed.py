"""PostgreSQL itself is killed while the day is done: one client's process, or the server's first one.

Either way the server loses whatever is not committed, and the run what it had in its hands. It ends with a
word of why, and the next one does the rest.
"""

from __future__ import annotations

import random

import pytest

from tests.crashes.lives import Death, HowMany, Town, came_in_the_middle, killed
from tests.crashes.places import PostgresqlPlace
from tests.crashes.processes import Process
from tests.crashes.victims import THE_DAY


def a_backend_dies(town: Town, process: Process, chance: random.Random) -> bool:
    """The server ends all its other processes too, and recovers."""
    assert isinstance(town.place, PostgresqlPlace)
    if backends := town.place.backends():
        town.place.server.kill_backend(chance.choice(backends))
    return process.code() == 1


def the_server_dies(town: Town, process: Process, _chance: random.Random) -> bool:
    """Nobody is left who could recover until the server is started again."""
    assert isinstance(town.place, PostgresqlPlace)
    town.place.server.kill()
    return process.code() == 1


@pytest.mark.parametrize(("death", "few", "many"), [(a_backend_dies, 3, 30), (the_server_dies, 2, 20)])
def test_the_day_is_done_once_and_wholly_though_the_server_dies(
    town: Town, chance: random.Random, how_many: HowMany, death: Death, few: int, many: int
) -> None:
    kills = killed(town, THE_DAY, kills=how_many(few, many), chance=chance, death=death)
    assert came_in_the_middle(kills), kills
    for kill in kills:
        assert "switchroom day: the database cannot be used: " in kill.said, kill.said
        assert "Traceback" not in kill.said
