"""One run of the suite by several processes (``-p tests.sharing --shared-in=FOLDER``): each draws the next
file of tests that none of the others has begun.

All of them collect the same tests and have a database of their own. Each reports what it drew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shared-in", type=Path, help="folder in which who begins a file of tests notes it")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """As pytest's own, but each test is drawn when it is its turn."""
    folder = session.config.getoption("--shared-in")
    if folder is None or session.config.option.collectonly or session.testsfailed:
        return None
    drawn = _drawn(session.items, folder)
    test = next(drawn, None)
    while test is not None:
        after_it = next(drawn, None)
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=after_it)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        test = after_it
    return True


def _drawn(tests: Sequence[pytest.Item], folder: Path) -> Iterator[pytest.Item]:
    ours: dict[Path, bool] = {}
    for test in tests:
        if test.path not in ours:
            ours[test.path] = _is_first_at(test.path, folder)
        if ours[test.path]:
            yield test


def _is_first_at(file: Path, folder: Path) -> bool:
    try:
        (folder / "_".join(file.parts[1:])).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
