"""What belongs to an installation beside its database: some files of the data folder.

They are put in place before the database is, and taken away again when that fails. A file that is there
already with the same content does no harm: an attempt that was cut off can be repeated.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from switchroom.plumbing.copies import CopyRefused
from switchroom.plumbing.copies.archive import Reader, Writer

PREFIX = "folder/"


def add_files(writer: Writer, folder: Path, wanted: Sequence[str]) -> None:
    """This function will add the wanted files, and all below the wanted folders, to an archive.

    Drafts, which begin with a dot, are left out; so is what is deleted in this very moment, which was meant
    to be gone.
    """
    for name in wanted:
        place = folder / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                try:
                    writer.add(PREFIX + file.relative_to(folder).as_posix(), file)
                except FileNotFoundError:
                    continue


def take_files(reader: Reader, waiting: Path, wanted: Sequence[str]) -> list[str]:
    """This function will take the files out of an archive into a folder where they wait, and return their
    names. Raises CopyRefused for one that is not wanted.
    """
    names = [name.removeprefix(PREFIX) for name in reader.manifest.members if name.startswith(PREFIX)]
    for name in names:
        if name.split("/")[0] not in wanted:
            raise CopyRefused(f"The file holds {name}, which belongs to no installation.")
        target = waiting / name
        target.parent.mkdir(parents=True, exist_ok=True)
        reader.take(PREFIX + name, target)
    return names


@contextmanager
def in_place(folder: Path, waiting: Path, names: Sequence[str], *, instead: Sequence[str]) -> Iterator[None]:
    """This function will put the waiting files in their places, and undo that if the block raises.

    Those named by ``instead`` may take the place of others, and are for their owner's eyes only. Raises
    CopyRefused when another one's place is taken by a file with other content.
    """
    missing = [name for name in names if not _is_there(folder / name, waiting / name)]
    for name in missing:
        if (folder / name).exists() and name not in instead:
            raise CopyRefused(f"The installation is not empty: {folder / name} exists with other content.")
    before = {name: (folder / name).read_bytes() for name in missing if (folder / name).exists()}
    made: list[Path] = []
    try:
        for name in missing:
            made += _make_folders((folder / name).parent)
            _put((waiting / name).read_bytes(), folder / name, private=name in instead)
        yield
    except BaseException:
        for name in missing:
            if name in before:
                _put(before[name], folder / name, private=True)
            else:
                (folder / name).unlink(missing_ok=True)
        for made_folder in reversed(made):
            made_folder.rmdir()
        raise


def _make_folders(wanted: Path) -> list[Path]:
    """The folders that had to be made, the outermost first."""
    if wanted.is_dir():
        return []
    made = _make_folders(wanted.parent)
    wanted.mkdir()
    return [*made, wanted]


def _is_there(place: Path, waiting: Path) -> bool:
    return place.is_file() and filecmp.cmp(place, waiting, shallow=False)


def _put(content: bytes, place: Path, *, private: bool) -> None:
    """At once or not at all."""
    draft = place.with_name(f".{place.name}.draft")
    draft.write_bytes(content)
    if private:
        draft.chmod(0o600)
    draft.rename(place)
