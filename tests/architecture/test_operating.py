"""What an operator is told: every setting is documented, every word of the command explains itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from switchroom.config.cli import COMMANDS, main
from switchroom.config.connections import (
    POSTGRESQL_OPTIONS,
    AddressNotUnderstood,
    database_settings,
    mail_settings,
)
from switchroom.config.installation import Installation
from switchroom.config.secret_key import secret_key_of
from tests.architecture.source import ROOT

SETTINGS = ROOT / "docs" / "operating" / "settings.md"


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    rows = dict(
        re.findall(r"^\| `(SWITCHROOM_\w+)` \| (.*) \|$", SETTINGS.read_text(encoding="utf-8"), re.MULTILINE)
    )
    expected = {}
    for name, field in Installation.model_fields.items():
        default = str(field.default).replace("\n", "\\n").replace("'", '"') if field.default != "" else ""
        expected[f"SWITCHROOM_{name.upper()}"] = f"{f'`{default}`' if default else '–'} | {field.description}"
    assert rows == expected


@pytest.mark.parametrize("word", sorted(COMMANDS))
def test_every_word_is_in_the_overview(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert f"\n  {word} " in capsys.readouterr().out


@pytest.mark.parametrize("words", [["fly"], []])
def test_what_it_does_not_know_it_says(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert "switchroom WORD" in said.out + said.err


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SWITCHROOM_TRUSTED_PROXIES": "many"}, "SWITCHROOM_TRUSTED_PROXIES: "),
        ({"SWITCHROOM_EDGE_LISTEN": '["quic:1:2"]'}, "'quic:1:2' must read udp:ADDRESS:PORT"),
        ({"SWITCHROOM_EDGE_CARRIERS": '[{"address": "x"}]'}, "'x' must read ADDRESS:PORT"),
        (
            {"SWITCHROOM_EDGES": '[{"name": "north", "address": "a:1", "browsers": "https://a"}]'},
            "'https://a' must read ws://… or wss://…",
        ),
        ({"SWITCHROOM_MAIL_URL": "pigeon:"}, "SWITCHROOM_MAIL_URL must read"),
        ({"SWITCHROOM_DATABASE_URL": "mysql://a/b"}, "SWITCHROOM_DATABASE_URL must read"),
        ({}, "Run: switchroom prepare"),
    ],
)
def test_a_mistake_in_the_settings_is_said_in_words(
    wrong: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    program = [sys.executable, "-m", "switchroom.config.cli", "web", "--port", "0"]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SWITCHROOM_", "DJANGO_"))
    }
    environment |= {"SWITCHROOM_DATA_DIR": str(tmp_path), **wrong}
    done = subprocess.run(
        program, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_database_is_one_address(tmp_path: Path) -> None:
    url = "postgresql://dana:p%40ss@db.example:5433/switch%20room?sslmode=require"
    made = database_settings(url, tmp_path)
    assert (made["USER"], made["PASSWORD"], made["HOST"], made["PORT"]) == (
        "dana",
        "p@ss",
        "db.example",
        "5433",
    )
    assert (made["NAME"], made["OPTIONS"]) == ("switch room", POSTGRESQL_OPTIONS | {"sslmode": "require"})
    own = database_settings("postgresql://db.example/s?tcp_user_timeout=1&options=", tmp_path)["OPTIONS"]
    assert (own["tcp_user_timeout"], own["keepalives_count"], own["options"]) == ("1", "3", "")
    assert database_settings("", tmp_path)["NAME"] == tmp_path / "switchroom.sqlite3"
    with pytest.raises(AddressNotUnderstood):
        database_settings("postgresql://db.example", tmp_path)


def test_the_mail_server_is_one_address() -> None:
    plain = mail_settings("smtp://dana:p%40ss@mail.example:587")
    assert (plain["EMAIL_HOST_PASSWORD"], plain["EMAIL_PORT"], plain["EMAIL_USE_TLS"]) == ("p@ss", 587, True)
    assert mail_settings("smtps://mail.example")["EMAIL_PORT"] == 465
    with pytest.raises(AddressNotUnderstood):
        mail_settings("smtp:")


def test_a_secret_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    installation = Installation(data_dir=tmp_path / "new", secret_key="")
    key = secret_key_of(installation)
    assert len(key) >= 64
    assert secret_key_of(installation) == key
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret_key"]
    assert secret_key_of(Installation(data_dir=tmp_path, secret_key="configured")) == "configured"


def test_the_index_of_decisions_names_each_by_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    titles = {}
    for page in sorted(folder.glob("0*.md")):
        headline = page.read_text(encoding="utf-8").splitlines()[0]
        titles[page.name] = re.sub(r"^# (\d+[.:]? )?", "", headline)
    assert dict(re.findall(r"^- \[\d{4}\]\((\S+)\) (.+)$", index, re.MULTILINE)) == titles
