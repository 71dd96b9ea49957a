"""What every test stands on: the database of the run, a clock that starts at one instant, letters in a
folder.

The suite is the same on SQLite and on PostgreSQL. ``--full`` adds the long tests and ten times the random
examples.
"""

from __future__ import annotations

import email
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as modern
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker, Settings

from switchroom.plumbing import clock
from tests.installations import Prepared, prepared
from tests.settings import FOLDER

TOWN_STARTS_AT = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
PURE_FOLDERS = ("rules", "replay", "architecture")  # they touch no database: one run is enough
CHROMIUM = Path("/usr/bin/chromium")

_common = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
hypothesis_settings.register_profile("default", max_examples=100, derandomize=True, **_common)  # type: ignore[arg-type]
hypothesis_settings.register_profile("full", max_examples=1_000, **_common)  # type: ignore[arg-type]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also the long tests, and many more random examples")
    parser.addoption("--without-pure", action="store_true", help="leave out tests that touch no database")
    parser.addoption("--forbid-skips", action="store_true", help="fail when a test was skipped")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis_settings.load_profile("full" if config.getoption("--full") else "default")
    FOLDER.mkdir(mode=0o700)
    config.add_cleanup(partial(shutil.rmtree, FOLDER, ignore_errors=True))
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop and the ORM meet in one thread of browser tests
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    left_out = []
    for item in items:
        folder = item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""
        is_long = item.get_closest_marker("full") is not None
        if (is_long and not config.getoption("--full")) or (
            folder in PURE_FOLDERS and config.getoption("--without-pure")
        ):
            left_out.append(item)
        elif folder == "browser" and not CHROMIUM.exists():
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed: sudo apt install chromium"))
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = bool(reporter and reporter.stats.get("skipped"))
    if skipped and session.config.getoption("--forbid-skips") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def quickly_emptied() -> Iterator[None]:
    """A test with real transactions is followed by an emptying of all tables, in a way of our own."""
    from tests.engines import empty_tables

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: empty_tables())
        yield


@pytest.fixture(autouse=True)
def mail_folder(settings: Settings, tmp_path: Path) -> Path:
    """The folder into which this test's letters are written, one ``.eml`` each."""
    folder = tmp_path / "mail"
    settings.EMAIL_BACKEND = "switchroom.plumbing.mail_files.FileBackend"
    settings.MAIL_FOLDER = folder
    return folder


@pytest.fixture(autouse=True)
def key_folder(settings: Settings, tmp_path: Path) -> None:
    """The keys of this test's phone systems lie in a folder of their own."""
    settings.KEY_DIR = tmp_path / "keys"


@pytest.fixture
def letters(mail_folder: Path) -> Callable[[], list[EmailMessage]]:
    """A function that returns the letters sent so far in this test, oldest first."""

    def sent() -> list[EmailMessage]:
        files = sorted(mail_folder.glob("*.eml"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        return [email.message_from_bytes(file.read_bytes(), policy=modern) for file in files]

    return sent


@pytest.fixture
def town_clock(db: None) -> None:
    """The town's clock, set to 1 June 2026, noon in Berlin."""
    clock.set_clock(TOWN_STARTS_AT)


@pytest.fixture(scope="session")
def blank(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Prepared]:
    """What an installation is like that has just been prepared: most that are made beside begin so."""
    with django_db_blocker.unblock(), prepared(tmp_path_factory.mktemp("blank")) as blank:
        yield blank


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's own Chromium; as root it has no sandbox of its own."""
    return {**browser_type_launch_args, "executable_path": str(CHROMIUM), "args": ["--no-sandbox"]}
