"""Killed with -9 at any moment, again and again: afterwards all is as if nothing had happened."""

from __future__ import annotations

import random

from tests.crashes.lives import HowMany, Town, came_in_the_middle, killed
from tests.crashes.victims import THE_DAY, THE_WORKER


def test_the_day_is_done_once_and_wholly(town: Town, chance: random.Random, how_many: HowMany) -> None:
    kills = killed(town, THE_DAY, kills=how_many(12, 120), chance=chance)
    assert came_in_the_middle(kills), kills


def test_the_worker_does_each_effect_once(town: Town, chance: random.Random, how_many: HowMany) -> None:
    kills = killed(town, THE_WORKER, kills=how_many(8, 80), chance=chance)
    assert came_in_the_middle(kills), kills
