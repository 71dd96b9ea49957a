"""The command as an accountant uses it: files in, JSON out, complaints on stderr, an exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from switchroom.replay import command

GOOD = {
    "product": "ONE",
    "events": [{"on": "2026-06-01", "trial": {}}, {"on": "2026-06-16", "upgrade": {"one": 4}}],
    "until": "2026-07-01",
}


def written(folder: Path, name: str, life: dict[str, Any]) -> str:
    file = folder / name
    file.write_text(json.dumps(life), encoding="utf-8")
    return str(file)


def test_one_file_gives_one_indented_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([written(tmp_path, "dana.json", GOOD)]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert [document["gross"] for document in result["documents"]] == [7140, 3570]
    assert "file" not in result
    assert out.startswith('{\n  "documents": [\n')
    assert err == ""


def test_several_files_give_a_line_each_in_the_order_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [written(tmp_path, name, GOOD) for name in ("b.json", "a.json", "c.json")]
    assert command.main(files) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["file"] for line in lines] == files


def test_a_directory_gives_a_line_each_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.json", "a.json"):
        written(tmp_path, name, GOOD)
    (tmp_path / "notes.txt").write_text("not a life", encoding="utf-8")
    assert command.main([str(tmp_path)]) == 0
    files = [json.loads(line)["file"] for line in capsys.readouterr().out.splitlines()]
    assert files == [str(tmp_path / "a.json"), str(tmp_path / "b.json")]


def test_a_directory_of_one_file_still_gives_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "a.json", GOOD)
    assert command.main([str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_directory_without_lives_is_a_complaint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"{tmp_path}: expected a directory with at least one file *.json\n")


def test_a_bad_file_is_told_and_the_others_are_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = written(tmp_path, "good.json", GOOD)
    bad = written(tmp_path, "bad.json", GOOD | {"until": "soon"})
    missing = str(tmp_path / "missing.json")
    assert command.main([bad, good, missing]) == 2
    out, err = capsys.readouterr()
    assert [json.loads(line)["file"] for line in out.splitlines()] == [good]
    assert err.splitlines() == [
        f'{bad}: until: expected a day such as 2026-06-01, found "soon"',
        f"{missing}: expected a file that can be read (No such file or directory)",
    ]


def test_a_single_bad_file_leaves_stdout_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([written(tmp_path, "bad.json", GOOD | {"events": [{}]})]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "events[0].on: expected a day, found nothing" in err


def test_many_files_in_several_processes_give_the_same_lines_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        life = GOOD | {"until": "soon"} if number == 7 else GOOD | {"vat_rate": str(number)}
        written(tmp_path, f"{number:02d}.json", life)
    assert command.main([str(tmp_path)]) == 2
    alone = capsys.readouterr()
    monkeypatch.setattr(command, "FILES_THAT_PAY", 2)
    assert command.main([str(tmp_path)]) == 2
    assert capsys.readouterr() == alone
    assert len(alone.out.splitlines()) == 39


def test_no_file_at_all_is_not_understood(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main([])
    assert stopped.value.code == 2
    assert "FILE" in capsys.readouterr().err


def test_it_starts_without_django(tmp_path: Path) -> None:
    file = written(tmp_path, "dana.json", GOOD)
    program = (
        "import sys; from switchroom.config.cli import main; code = main(['replay', sys.argv[1]]);"
        "sys.exit(code or any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, file], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert len(json.loads(done.stdout)["documents"]) == 2
