"""Killed with -9 at any moment, again and again: afterwards all is as if nothing had happened."""

from __future__ import annotations

import random

import pytest

from tests.crashes.lives import Death, HowMany, Kill, Town, a_child_dies, came_in_the_middle, dies, killed
from tests.crashes.victims import THE_DAY, THE_WORKER, the_bill
from tests.settings import DATABASE_URL

# On PostgreSQL some of the twenty are left to the server itself and to one of many, which SQLite has not.
IS_SHARED = bool(DATABASE_URL)


def test_the_day_is_done_once_and_wholly(town: Town, chance: random.Random, how_many: HowMany) -> None:
    kills = killed(town, THE_DAY, kills=how_many(5, 50) if IS_SHARED else how_many(8, 80), chance=chance)
    assert came_in_the_middle(kills), kills


def test_the_worker_does_each_effect_once(town: Town, chance: random.Random, how_many: HowMany) -> None:
    kills = killed(town, THE_WORKER, kills=how_many(4, 40) if IS_SHARED else how_many(6, 60), chance=chance)
    assert came_in_the_middle(kills), kills


@pytest.mark.parametrize("death", [dies, a_child_dies] if IS_SHARED else [dies])
def test_a_month_is_billed_once(town: Town, chance: random.Random, how_many: HowMany, death: Death) -> None:
    """By one process or up to four that share the run; all are killed, or only one of them."""
    wanted = how_many(3, 30) if IS_SHARED else how_many(6, 60)
    kills: list[Kill] = []
    while len(kills) < wanted:
        times = chance.randint(2 if death is a_child_dies else 1, 4) if IS_SHARED else 1
        some = min(wanted - len(kills), 5)
        kills += killed(town, the_bill(times), kills=some, chance=chance, death=death, like=the_bill(1))
    assert came_in_the_middle(kills), kills
