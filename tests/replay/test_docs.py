"""The page about the what-if tool: each example's answer is what the tool answers, whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from switchroom.replay import command
from switchroom.replay.format import Verb

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "replay.md").read_text(encoding="utf-8")
_SECTION = re.compile(r"^### (.+?)\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
_JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {
    title: [json.loads(block) for block in _JSON.findall(text)] for title, text in _SECTION.findall(PAGE)
}


def test_there_are_three_examples() -> None:
    assert [len(blocks) for blocks in EXAMPLES.values()] == [2, 2, 2]


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_an_example_is_answered_as_the_page_says(
    example: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    life, answer = example
    file = tmp_path / "life.json"
    file.write_text(json.dumps(life), encoding="utf-8")
    assert command.main([str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == answer


@pytest.mark.parametrize("verb", list(Verb))
def test_every_wish_is_on_the_page(verb: Verb) -> None:
    assert f'"{verb.value}": ' in PAGE
