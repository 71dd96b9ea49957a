"""``switchroom catalogue load FILE``: puts a product on sale, or says on which line the file is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

from switchroom.catalog.file import CatalogueError
from switchroom.catalog.loading import Loaded, LoadedBackwards, load_catalogue
from switchroom.plumbing.clock import today

DONE, REFUSED = 0, 2


def load(path: str | Path) -> int:
    """This function will load a catalogue file, from today on, and say in words what it did.

    Returns the exit code: 0 when loaded or nothing changed; 2 when refused, with line and reason on stderr.
    """
    try:
        loaded = load_catalogue(_text_of(Path(path)), today())
    except CatalogueError as error:
        print(f"{path}, line {error.line}: {error.reason}", file=sys.stderr)
        return REFUSED
    except LoadedBackwards as error:
        print(f"{path}: {error}", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"{path}: the file cannot be read: {error.strerror}.", file=sys.stderr)
        return REFUSED
    print(_report(loaded))
    return DONE


def _text_of(file: Path) -> str:
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CatalogueError(line, "A letter is not written in UTF-8. Save the file as UTF-8.") from error


def _report(loaded: Loaded) -> str:
    version = loaded.version
    if not loaded.is_new:
        return f"Nothing changed: {version} says the same."
    lines = [f"{version} is on sale from {version.valid_from_on}."]
    return "\n".join([*lines, *(f"  {change}" for change in loaded.changes)])
