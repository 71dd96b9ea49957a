"""Hard lives whose every figure was worked out on paper: input and complete expected output, in ``cases``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switchroom.replay.format import read_life
from switchroom.replay.lives import live
from switchroom.replay.report import report

CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
@pytest.mark.parametrize("every_day", [False, True], ids=["due days", "every day"])
def test_a_hard_life_comes_out_as_on_paper(case: Path, every_day: bool) -> None:
    written = json.loads(case.read_text(encoding="utf-8"))
    life = read_life(json.dumps(written["input"]).encode())
    assert report(live(life, every_day=every_day)) == written["expected"]


def test_there_are_hard_lives() -> None:
    assert len(CASES) >= 12
