"""A disk of a few megabytes, which can be filled up to the last byte and emptied again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PIECE = b"\0" * 4096


class MountRefused(Exception):
    """The system does not let us have a disk of our own; the message is what it says."""


class Disk:
    """A disk in memory, at a path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    @contextmanager
    def full(self, *, but: int) -> Iterator[None]:
        """This function will leave only ``but`` bytes free while the block runs, more or less a page."""
        with self._ballast.open("wb", buffering=0) as ballast:
            while self._free() > but:
                ballast.write(PIECE)
        yield
        self._ballast.unlink()

    def _free(self) -> int:
        state = os.statvfs(self.path)
        return state.f_bavail * state.f_frsize


@contextmanager
def small_disk(path: Path, *, megabytes: int) -> Iterator[Disk]:
    """This function will mount a disk at a path while the block runs. Raises MountRefused."""
    path.mkdir()
    size = f"size={megabytes}m"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        raise MountRefused(mounted.stderr.strip())
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", str(path)], check=True)
