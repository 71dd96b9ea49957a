"""PostgreSQL dies while there is work: its process for one client, or its first one, or one connection alone.

What is not committed is lost, and the run what it had in its hands. A command ends with a word of why, and
the next one does the rest; a worker goes on by itself.
"""

from __future__ import annotations

import random

from tests.crashes.lives import Death, HowMany, Hunt, Kill, Town, Victim, came_in_the_middle, killed
from tests.crashes.places import PostgresqlPlace
from tests.crashes.processes import Process
from tests.crashes.victims import THE_DAY, THE_WORKER, the_bill


def a_backend_dies(hunt: Hunt, process: Process) -> bool:
    """The server ends all its other processes too, and recovers."""
    place = _place(hunt)
    if backends := place.backends():
        place.server.kill_backend(hunt.chance.choice(backends))
    return _bears_it(hunt, process)


def the_server_dies(hunt: Hunt, process: Process) -> bool:
    """Nobody is left who could recover until the server is started again."""
    _place(hunt).server.kill()
    return _bears_it(hunt, process)


def a_connection_dies(hunt: Hunt, process: Process) -> bool:
    """The server ends one of them, and nobody else notices."""
    place = _place(hunt)
    if backends := place.backends():
        place.server.end_backend(hunt.chance.choice(backends))
    return bool(backends) and process.runs()


def _place(hunt: Hunt) -> PostgresqlPlace:
    assert isinstance(hunt.town.place, PostgresqlPlace)
    return hunt.town.place


def _bears_it(hunt: Hunt, process: Process) -> bool:
    return not hunt.victim.by_itself or process.code() == 1


A_BILL = [the_bill(workers) for workers in (1, 2, 3, 4)]
CASES: list[tuple[list[Victim], list[Death], int, int]] = [
    ([THE_DAY], [a_backend_dies, the_server_dies], 2, 30),
    (A_BILL, [a_backend_dies, a_connection_dies, the_server_dies], 3, 36),
    ([THE_WORKER], [a_connection_dies, a_backend_dies, the_server_dies], 3, 24),
]
"""Who, what dies of the server, and how often in the default suite and in the full one."""


def test_all_is_done_once_and_wholly_though_the_server_dies(
    town: Town, chance: random.Random, how_many: HowMany
) -> None:
    kills: list[Kill] = []
    for victims, deaths, few, many in CASES:
        died = killed(
            town, *victims, kills=how_many(few, many), chance=chance, deaths=deaths, resumed_by=victims[0]
        )
        for kill in died if victims != [THE_WORKER] else []:
            _ended_in_words(kill)
        kills += died
    assert came_in_the_middle(kills), kills


def _ended_in_words(kill: Kill) -> None:
    said = kill.said.read_text()
    assert "Traceback" not in said, said
    assert ": the database cannot be used: " in said or not kill.in_the_middle, said
