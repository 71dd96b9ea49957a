"""What ``load`` does not take in, and why; the installation stays as empty as it was."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from switchroom.jobs import dump, load
from switchroom.plumbing.copies import CopyRefused
from tests.architecture.source import ROOT
from tests.installations import Stay, address_of, environment_of, installation, tables

pytestmark = pytest.mark.django_db(transaction=True)

Document = dict[str, Any]


def rewritten(file: Path, change: Callable[[dict[str, bytes], Document], object]) -> None:
    """This function will write a file anew after a change to its members and its manifest."""
    with zipfile.ZipFile(file) as before:
        members = {name: before.read(name) for name in before.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    with zipfile.ZipFile(file, "w") as after:
        for name, content in {**members, "manifest.json": json.dumps(manifest).encode()}.items():
            after.writestr(name, content)


def manifest_changed(change: Callable[[Document], object]) -> Callable[[Path], None]:
    return lambda file: rewritten(file, lambda _, manifest: change(manifest))


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def one_bit_turned(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def another_zip(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "Dear Sir or Madam")


def a_file_outside(members: dict[str, bytes], manifest: Document) -> None:
    members["folder/../../intruder"] = b"x"
    manifest["members"]["folder/../../intruder"] = {"size": 1, "sha256": sha256(b"x").hexdigest()}


def a_file_that_does_not_belong(members: dict[str, bytes], manifest: Document) -> None:
    members["folder/static/x.js"] = b"x"
    manifest["members"]["folder/static/x.js"] = {"size": 1, "sha256": sha256(b"x").hexdigest()}


def one_row_fewer(manifest: Document) -> None:
    manifest["snapshot"]["tables"]["billing_credit"]["rows"] -= 1


def another_engine(manifest: Document) -> None:
    manifest["snapshot"]["engine"] = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (cut_off, "is not a copy of an installation, or it is damaged"),
        (one_bit_turned, "is damaged: "),
        (another_zip, "is not a copy of an installation of switchroom"),
        (lambda file: file.write_text("nonsense"), "is not a copy of an installation, or it is damaged"),
        (lambda file: file.unlink(), "There is no file"),
        (manifest_changed(lambda it: it.update(format=2)), "written by a newer version of switchroom"),
        (manifest_changed(lambda it: it["snapshot"].update(program="other")), "is not a copy of"),
        (manifest_changed(lambda it: it["snapshot"].update(day="yesterday")), "is not a copy of"),
        (
            manifest_changed(lambda it: it["snapshot"].update(version="9.0")),
            "written by switchroom 9.0, this",
        ),
        (
            manifest_changed(lambda it: it["snapshot"]["migrations"].append("billing.0999_later")),
            "loaded by that version or a later one",
        ),
        (manifest_changed(another_engine), "The file is of an installation on"),
        (manifest_changed(one_row_fewer), "do not come out as they went in: billing_credit."),
        (
            manifest_changed(lambda it: it["snapshot"]["findings"].append("a law: somebody: broke it.")),
            "The audit does not find what it found before.\na law: somebody: broke it.",
        ),
        (
            manifest_changed(lambda it: it["members"]["database"].update(sha256="0" * 64)),
            "is damaged: database is not what was written",
        ),
        (lambda file: rewritten(file, a_file_outside), "names files outside an installation"),
        (lambda file: rewritten(file, a_file_that_does_not_belong), "static/x.js, which belongs to no"),
    ],
)
def test_a_file_that_is_not_right_is_not_taken_in(
    written: Path, tmp_path: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    with installation(tmp_path / "new") as folder:
        harm(written)
        with pytest.raises(CopyRefused) as refused:
            load.main([str(written)])
        assert sentence in str(refused.value)
        assert tables() == []
        assert {file.name for file in folder.iterdir()} <= {"secret_key", "master_key", *_opened(folder)}


def _opened(folder: Path) -> set[str]:
    """What a look at a database that is not there leaves on SQLite: an empty file."""
    return {file.name for file in folder.glob("switchroom.sqlite3*")}


def test_an_installation_that_is_not_empty_takes_nothing(town: Stay, written: Path) -> None:
    with town():
        before = sorted(tables())
        with pytest.raises(CopyRefused, match="The installation is not empty: "):
            load.main([str(written)])
        assert sorted(tables()) == before


def test_nothing_in_the_data_folder_is_overwritten(written: Path, tmp_path: Path) -> None:
    with installation(tmp_path / "new") as folder:
        kept = folder / "files" / "backups" / "one.bin"
        kept.parent.mkdir(parents=True)
        kept.write_text("somebody else's")
        with pytest.raises(CopyRefused, match="exists with other content"):
            load.main([str(written)])
        assert kept.read_text() == "somebody else's"
        assert not (folder / "mail").exists()
        assert tables() == []


def test_a_copy_never_replaces_another(town: Stay, written: Path) -> None:
    before = written.read_bytes()
    with town(), pytest.raises(CopyRefused, match="exists already; a copy never replaces another"):
        dump.main([str(written)])
    assert written.read_bytes() == before


def test_what_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    with (
        installation(tmp_path / "new"),
        pytest.raises(CopyRefused, match=r"There is no installation|Run: switchroom prepare"),
    ):
        dump.main([str(tmp_path / "nothing.dump")])
    assert [file.name for file in tmp_path.iterdir()] == ["new"]


def test_a_folder_that_is_not_there_is_named(town: Stay, tmp_path: Path) -> None:
    with town(), pytest.raises(CopyRefused, match="cannot be written: No such file or directory"):
        dump.main([str(tmp_path / "missing" / "town.dump")])


def test_a_full_disk_is_said_and_leaves_nothing(town: Stay, written: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    with town():
        folder, url = settings.DATA_DIR, address_of(connection.settings_dict["NAME"])
        done = with_small_files(["dump", str(tmp_path / "small" / "new.dump")], environment_of(folder, url))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "small").iterdir()) == []
    with installation(tmp_path / "new") as folder:
        url = address_of(connection.settings_dict["NAME"])
        done = with_small_files(["load", str(written)], environment_of(folder, url))
        assert (done.returncode, "cannot be written: File too large" in done.stderr) == (1, True), done.stderr
        assert tables() == []
        assert not list(folder.glob(".*"))


def with_small_files(words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    Path(words[1]).parent.mkdir(exist_ok=True)
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000)); "
    return subprocess.run(
        [sys.executable, "-c", f"{limited}from switchroom.config.cli import main; sys.exit(main())", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
