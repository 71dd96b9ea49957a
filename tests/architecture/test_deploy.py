"""What operators copy from ``deploy/`` and ``docs/operating`` exists: commands, their options, settings."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from switchroom.config.cli import COMMANDS, main
from switchroom.config.installation import Installation
from tests.architecture.source import ROOT, shown

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
FILES = sorted(
    file for folder in ("deploy", "docs/operating") for file in (ROOT / folder).rglob("*") if file.is_file()
)
SAID = re.compile(r"(?:(?:^|[`/])switchroom|python3 run\.py) +(?P<words>[a-z][^`#\n]*)", re.MULTILINE)
IN_COMPOSE = re.compile(r"^ +command: \[(?P<words>.*)\]$", re.MULTILINE)
OPTION = re.compile(r"(?<!\S)--[a-z-]+")
PROGRAM = "/opt/switchroom/.venv/bin/switchroom"


def command_lines(file: Path) -> Iterator[list[str]]:
    """This function will give every command line of ours that a file tells or starts."""
    text = file.read_text(encoding="utf-8")
    for found in SAID.finditer(text):
        yield found["words"].split()
    for found in IN_COMPOSE.finditer(text):
        yield [word.strip(' "') for word in found["words"].split(",")]


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_every_command_and_option_exists(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for word, *rest in command_lines(file):
        assert word in COMMANDS, f"{word} {' '.join(rest)}"
        if options := OPTION.findall(" ".join(rest)):
            with pytest.raises(SystemExit):
                main([word, "--help"])
            known = OPTION.findall(re.sub(r"[\[\],]", " ", capsys.readouterr().out))
            assert set(options) <= set(known), f"{word} {' '.join(rest)}"


def test_the_files_say_something() -> None:
    said = {words[0] for file in FILES for words in command_lines(file)}
    assert {"prepare", "web", "worker", "dump", "load", "move-to-postgres", "bill", "audit"} <= said


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_every_setting_exists(file: Path) -> None:
    named = set(re.findall(r"\bSWITCHROOM_([A-Z_]+)", file.read_text(encoding="utf-8")))
    assert {name.lower() for name in named} <= set(Installation.model_fields)


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_every_file_that_is_named_is_there(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    linked = [file.parent / target for target in re.findall(r"\]\(([^)#:]+)\)", text)]
    named = [ROOT / path for path in re.findall(r"\bdeploy/[\w./*-]*\w", text)]
    installed = [ROOT / path for path in re.findall(r"file:///opt/switchroom/(\S+)", text)]
    for path in [*linked, *named, *installed]:
        assert list(path.parent.glob(path.name)), path


@pytest.mark.parametrize("unit", UNITS, ids=shown)
def test_a_unit_is_one_that_systemd_understands(unit: Path, tmp_path: Path) -> None:
    """What it starts must exist where it is verified: there a program that does nothing stands for ours."""
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their capitals
    read.read(unit)
    assert set(read) == {"DEFAULT", "Unit", "Service", "Install"}
    assert read["Service"]["ExecStart"].startswith(PROGRAM)
    assert read["Service"]["ProtectSystem"] == "strict"
    if verify := shutil.which("systemd-analyze"):
        name = unit.name.replace("@", "@1")
        placed = tmp_path / name
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        placed.write_text(
            re.sub(r"(?m)^(Documentation|User|EnvironmentFile|WorkingDirectory)=.*\n", "", text)
        )
        done = subprocess.run(
            [verify, "verify", "--man=no", "--recursive-errors=no", str(placed)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
