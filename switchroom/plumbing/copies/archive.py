"""The one file that holds a whole installation: a ZIP with the database, files of the data folder, and
``manifest.json``.

The manifest names every member with its size and SHA-256, and says what the database must look like once it
is taken in. It is written last; a file that was cut off has none.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from switchroom.plumbing.copies import CopyRefused
from switchroom.plumbing.copies.checksums import Figures

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
BLOCK = 1 << 20


class Member(msgspec.Struct, frozen=True):
    """One file within the file."""

    size: int
    sha256: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation was when it was written down."""

    program: str
    version: str
    engine: str
    day: date
    """The local day of the installation."""
    taken_at: datetime
    migrations: list[str]
    tables: dict[str, Figures]
    findings: list[str]
    """What was wrong in the books already, so that a faithful copy finds the same."""
    key_mark: str
    """Tells one secret key from another without saying either."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All that can be checked before anything is taken in."""

    format: int
    snapshot: Snapshot
    members: dict[str, Member]


class Writer:
    """Puts members into an archive, one after the other."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.members: dict[str, Member] = {}

    def add(self, name: str, source: Path, *, packed: bool = True) -> None:
        """This function will add the content of a file under a name; ``packed`` is for what is not packed
        yet. Raises FileNotFoundError before anything is written.
        """
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        with source.open("rb") as content, self._archive.open(entry, "w", force_zip64=True) as out:
            self.members[name] = _copied(content, out)

    def seal(self, snapshot: Snapshot) -> Manifest:
        """This function will write the manifest, which ends the archive."""
        manifest = Manifest(format=FORMAT, snapshot=snapshot, members=self.members)
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._archive.writestr(zipfile.ZipInfo(MANIFEST), text)
        return manifest


@contextmanager
def writing(file: Path) -> Iterator[Writer]:
    """This function will give a writer for a new file that only its owner may read; it has its name once the
    block has ended well, and is on the disk then. Raises CopyRefused when the name is taken.
    """
    _require_free(file)
    draft = file.with_name(f".{file.name}.{os.getpid()}.draft")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as out:
            with zipfile.ZipFile(out, "w", allowZip64=True) as archive:
                yield Writer(archive)
            out.flush()
            os.fsync(out.fileno())
        _require_free(file)
        draft.rename(file)
    except OSError as error:
        raise CopyRefused(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _require_free(file: Path) -> None:
    if file.exists():
        raise CopyRefused(f"{file} exists already; a copy never replaces another.")


class Reader:
    """An archive whose manifest could be read."""

    def __init__(self, file: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._file = file
        self._archive = archive
        self.manifest = manifest

    def take(self, name: str, target: Path) -> None:
        """This function will write a member's content to a new file. Raises CopyRefused when it is not what
        the manifest says.
        """
        try:
            with self._archive.open(name) as content, target.open("xb") as out:
                found = _copied(content, out)
                out.flush()
                os.fsync(out.fileno())
        except (KeyError, zipfile.BadZipFile, EOFError, ValueError) as error:
            raise CopyRefused(f"{self._file} is damaged: {name} cannot be read.") from error
        if found != self.manifest.members[name]:
            raise CopyRefused(f"{self._file} is damaged: {name} is not what was written.")


@contextmanager
def reading(file: Path, *, program: str) -> Iterator[Reader]:
    """This function will open an archive of this program. Raises CopyRefused for anything else."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield Reader(file, archive, _manifest_of(file, archive, program))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise CopyRefused(f"There is no file {file}.") from error
    except zipfile.BadZipFile as error:
        raise CopyRefused(f"{file} is not a copy of an installation, or it is damaged.") from error


def _manifest_of(file: Path, archive: zipfile.ZipFile, program: str) -> Manifest:
    foreign = CopyRefused(f"{file} is not a copy of an installation of {program}.")
    try:
        text = archive.read(MANIFEST)
    except KeyError as error:
        raise foreign from error
    try:
        written_as = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        if msgspec.json.decode(written_as.get("format", b"0"), type=int) > FORMAT:
            raise CopyRefused(f"{file} was written by a newer version of {program}; load it with that one.")
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise foreign from error
    if manifest.snapshot.program != program or DATABASE not in manifest.members:
        raise foreign
    if any(not _stays_below(name) for name in manifest.members):
        raise CopyRefused(f"{file} names files outside an installation; it was not written by {program}.")
    return manifest


def _stays_below(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and name == str(path)


def _copied(content: IO[bytes], out: IO[bytes]) -> Member:
    size, digest = 0, hashlib.sha256()
    while block := content.read(BLOCK):
        out.write(block)
        digest.update(block)
        size += len(block)
    return Member(size, digest.hexdigest())
