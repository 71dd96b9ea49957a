"""Killed with -9 at any moment, again and again: afterwards all is as if nothing had happened."""

from __future__ import annotations

import random

from tests.crashes.lives import (
    Death,
    HowMany,
    Town,
    a_helper_dies,
    all_die,
    came_in_the_middle,
    killed,
    the_command_dies,
)
from tests.crashes.victims import THE_DAY, THE_WORKER, the_bill
from tests.settings import DATABASE_URL

# On PostgreSQL some of the twenty are left to the server itself and to one of many, which SQLite has not.
IS_SHARED = bool(DATABASE_URL)


def test_the_day_is_done_once_and_wholly(town: Town, chance: random.Random, how_many: HowMany) -> None:
    wanted = how_many(3, 30) if IS_SHARED else how_many(8, 80)
    kills = killed(town, THE_DAY, kills=wanted, chance=chance, deaths=[all_die])
    assert came_in_the_middle(kills), kills


def test_the_worker_does_each_effect_once(town: Town, chance: random.Random, how_many: HowMany) -> None:
    wanted = how_many(3, 30) if IS_SHARED else how_many(6, 60)
    kills = killed(town, THE_WORKER, kills=wanted, chance=chance, deaths=[all_die])
    assert came_in_the_middle(kills), kills


def test_a_month_is_billed_once(town: Town, chance: random.Random, how_many: HowMany) -> None:
    """By one process or by up to four, of which all are killed, or only the command, or one of its helpers.

    What is left is done by one process.
    """
    alone = the_bill(1)
    if not IS_SHARED:
        kills = killed(town, alone, kills=how_many(6, 60), chance=chance, deaths=[all_die])
    else:
        shared = [the_bill(workers) for workers in (2, 3, 4)]
        some_die: list[Death] = [the_command_dies, a_helper_dies]
        kills = [
            *killed(
                town, alone, *shared, kills=how_many(2, 20), chance=chance, deaths=[all_die], resumed_by=alone
            ),
            *killed(town, *shared, kills=how_many(4, 40), chance=chance, deaths=some_die, resumed_by=alone),
        ]
    assert came_in_the_middle(kills), kills
