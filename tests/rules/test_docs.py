"""The pages about the rules say what the program does, and there is one for each module."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from switchroom.rules.lifecycle import State

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "rules"
MODULES = sorted(
    path.stem for path in (ROOT / "switchroom" / "rules").glob("*.py") if path.stem != "__init__"
)
INDEX = (PAGES / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> str:
    """This function will give the examples of a page as one text, each block followed by an empty line."""
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return "\n".join(re.sub(f"^{indent}", "", code, flags=re.MULTILINE) for indent, code in blocks)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_page_whose_examples_are_true(module: str) -> None:
    page = PAGES / f"{module}.md"
    assert page.exists(), f"switchroom/rules/{module}.py has no page docs/rules/{module}.md"
    test = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    assert test.examples, f"{page.name} has no example"
    complaints: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=complaints.append)
    assert not complaints, "".join(complaints)


@pytest.mark.parametrize("module", MODULES)
def test_the_index_leads_to_every_page(module: str) -> None:
    assert f"[{module}]({module}.md)" in INDEX


def test_no_page_explains_a_module_that_is_gone() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README") == MODULES


def test_every_page_names_its_module_and_rules() -> None:
    for module in MODULES:
        head = (PAGES / f"{module}.md").read_text(encoding="utf-8")[:300]
        assert f"`switchroom/rules/{module}.py`" in head
        assert re.search(r"^(Rules? \d|All rules)", head, re.MULTILINE)


def test_the_glossary_has_every_word_for_a_subscription() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for state in State:
        assert f"| {state.value} | " in glossary
