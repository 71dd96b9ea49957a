"""The disk fills up while the day is done: that is said in words, and with room it goes on from there."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.books import NAMES, differences
from tests.crashes.disks import Disk, MountRefused, small_disk
from tests.crashes.lives import Town
from tests.crashes.places import SqlitePlace
from tests.crashes.processes import Processes
from tests.crashes.victims import THE_DAY


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk with room for the town and little more."""
    try:
        with small_disk(tmp_path / "disk", megabytes=16) as disk:
            yield disk
    except MountRefused as why:
        pytest.skip(f"a small disk cannot be mounted: {why}")


@pytest.fixture
def cramped(town: Town, disk: Disk, tmp_path: Path) -> Iterator[Town]:
    """The same town, on the small disk."""
    assert isinstance(town.place, SqlitePlace)
    place = SqlitePlace(disk.path, kept=town.place.kept)
    shutil.copyfile(town.place.folder / NAMES, place.folder / NAMES)
    with Processes(place.environment, tmp_path) as processes:
        yield Town(place, processes)


def test_a_full_disk_is_said_in_words_and_with_room_the_day_goes_on(
    cramped: Town, disk: Disk, town: Town, chance: random.Random
) -> None:
    """First there is no room at all, then a little more each time, until it is enough."""
    peace = town.undisturbed(THE_DAY)
    cramped.place.restore()
    whole = cramped.left(THE_DAY)
    left, room = [whole], 0
    while left[-1]:
        with disk.full(but=room):
            process = cramped.start(THE_DAY)
            code = process.code()
        left.append(cramped.left(THE_DAY))
        room += chance.randrange(100_000, 400_000)
        if left[-1]:
            said = process.said.read_text()
            assert code == 1
            assert "switchroom day: the disk is full or not writable: " in said
            assert "Traceback" not in said
    assert any(0 < one < whole for one in left), "the disk was never full in the middle"
    assert differences(peace.books, cramped.books()) == []
