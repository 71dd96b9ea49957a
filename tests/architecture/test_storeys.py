"""Who may import whom: import-linter checks the house, and this file checks that import-linter bites."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT, python_files, shown, tree_of

LINTER = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def model_house(tmp_path: Path) -> Path:
    """The house with all its rooms empty, under the very contracts of the real one."""
    for room in [".", *(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())]:
        (tmp_path / "switchroom" / room).mkdir(parents=True, exist_ok=True)
        (tmp_path / "switchroom" / room / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for foreign in ("django", "psycopg"):
        (tmp_path / f"{foreign}.py").touch()
    return tmp_path


def test_an_empty_house_is_in_order(model_house: Path) -> None:
    done = lint(model_house)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "statement", "contract"),
    [
        ("rules", "import switchroom.plumbing", "Storeys"),
        ("plumbing", "from switchroom import accounts", "Storeys"),
        ("catalog", "import switchroom.accounts", "Storeys"),
        ("billing", "import switchroom.orders", "Storeys"),
        ("phonesystems", "import switchroom.billing", "Storeys"),
        ("subscriptions", "import switchroom.billing", "Storeys"),
        ("journeys", "import switchroom.portal", "Storeys"),
        ("portal", "import switchroom.jobs", "Storeys"),
        ("jobs", "import switchroom.config", "Storeys"),
        ("rules", "import django", "Rules are pure"),
        ("rules", "import random", "Rules are pure"),
        ("replay", "import django", "Replay runs"),
        ("replay", "import switchroom.billing", "Replay runs"),
    ],
)
def test_a_wrong_import_is_found(model_house: Path, room: str, statement: str, contract: str) -> None:
    (model_house / "switchroom" / room / "wrong.py").write_text(f"{statement}\n")
    done = lint(model_house)
    assert done.returncode == 1
    broken = [line for line in done.stdout.splitlines() if line.startswith(contract)]
    assert broken, done.stdout


def test_a_room_without_a_storey_is_found(model_house: Path) -> None:
    (model_house / "switchroom" / "shed").mkdir()
    (model_house / "switchroom" / "shed" / "__init__.py").touch()
    assert lint(model_house).returncode == 1


def test_every_room_has_a_storey() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (storeys,) = (one for one in contracts if one["id"] == "storeys")
    rooms = {room.strip() for storey in storeys["layers"] for room in storey.split("|")}
    assert rooms == {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()}


ALLOWED_IN_RULES = {
    "__future__",
    "bisect",
    "calendar",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "math",
    "msgspec",
    "operator",
    "re",
    "switchroom",
    "types",
    "typing",
    "uuid",
}


@pytest.mark.parametrize("file", python_files("switchroom/rules"), ids=shown)
def test_rules_import_only_what_cannot_do_anything(file: Path) -> None:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= ALLOWED_IN_RULES
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert module.split(".")[0] in ALLOWED_IN_RULES
            if module.startswith("switchroom"):
                assert module.startswith("switchroom.rules")
            if module == "uuid":
                assert {alias.name for alias in node.names} == {"UUID"}, "ids are arguments, never made here"


@pytest.mark.parametrize("file", python_files("switchroom/replay"), ids=shown)
def test_replay_knows_only_the_catalogues_file_of_the_apps(file: Path) -> None:
    allowed = ("switchroom.replay", "switchroom.rules", "switchroom.catalog.file")
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("switchroom"):
            assert (node.module or "").startswith(allowed)


def test_replay_starts_without_django() -> None:
    program = (
        "import sys\nfrom switchroom.config.cli import main\nmain(['replay', '--help'])\n"
        "assert 'django' not in sys.modules, 'Django was imported'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "Django was imported" not in done.stderr
    assert "ModuleNotFoundError" not in done.stderr
