"""Is every sentence that the program can say written in German too?

``python -m switchroom.config.translations`` collects all sentences of code and templates into a temporary
copy and compares them with the committed ``django.po``: each must be there, translated and confirmed, with
the same placeholders; nothing may be left over; and the committed ``django.mo`` must be what the file
compiles to.

``locale_of_libraries`` holds what the sign-in library says and we say otherwise, above all *Sie* for its
*du*. None of our code says these sentences, so they are compared with the library's own file instead.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import allauth
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parents[1]
LANGUAGES = ("de",)
LIBRARY = Path(allauth.__file__).parent / "locale"


def main() -> int:
    """This function will print each fault as a line and return 1 when there are any."""
    if shutil.which("xgettext") is None:
        print("gettext is not installed: translations were not checked.")
        return 0
    with tempfile.TemporaryDirectory(prefix="switchroom-translations-") as folder:
        faults = [fault for language in LANGUAGES for fault in faults_of(language, Path(folder))]
    for fault in faults:
        print(fault)
    return int(bool(faults))


def faults_of(language: str, folder: Path) -> list[str]:
    """This function will return what is wrong with one language, using an empty folder for the copy."""
    own = PACKAGE / "locale" / language / "LC_MESSAGES"
    if not (own / "django.po").exists():
        return [f"{language}: there is no django.po"]
    copy = folder / language / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "static", "*.mo"))
    _run([sys.executable, "-m", "django", "makemessages", "-l", language, "-v", "0"], copy)
    said = _read(copy / "locale" / language / "LC_MESSAGES" / "django.po")
    written = _read(own / "django.po")
    return [
        *(f"{language}: missing: {_shown(key)}" for key in said.keys() - written.keys()),
        *(f"{language}: nobody says this any more: {_shown(key)}" for key in written.keys() - said.keys()),
        *(f"{language}: {fault}: {_shown(key)}" for key, one in written.items() if (fault := _fault(one))),
        *_compiled_faults(language, own, folder),
        *_faults_of_libraries(language, folder),
    ]


def _faults_of_libraries(language: str, folder: Path) -> list[str]:
    own = PACKAGE / "locale_of_libraries" / language / "LC_MESSAGES"
    said, written = _read(LIBRARY / language / "LC_MESSAGES" / "django.po"), _read(own / "django.po")
    return [
        *(f"{language}: the library no longer says: {_shown(key)}" for key in written.keys() - said.keys()),
        *(f"{language}: {fault}: {_shown(key)}" for key, one in written.items() if (fault := _fault(one))),
        *_compiled_faults(language, own, folder),
    ]


def _fault(message: Message) -> str | None:
    if message.fuzzy:
        return "not confirmed (fuzzy)"
    texts = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    if not all(texts):
        return "not translated"
    return None


def _read(file: Path) -> dict[tuple[str, str | None], Message]:
    """All messages that are in use, by sentence and context; the header is none."""
    with file.open("rb") as content:
        catalogue: Catalog = read_po(content, ignore_obsolete=True)
    return {(_sentence(one), one.context): one for one in catalogue if one.id}


def _sentence(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _shown(key: tuple[str, str | None]) -> str:
    return repr(key[0][:90])


def _compiled_faults(language: str, own: Path, folder: Path) -> list[str]:
    compiled = folder / f"{own.parents[1].name}-{language}.mo"
    said = _run(["msgfmt", "--check-format", "-o", str(compiled), str(own / "django.po")], folder)
    if said:
        return [f"{language}: {line}" for line in said.splitlines()]
    committed = own / "django.mo"
    if not committed.exists() or committed.read_bytes() != compiled.read_bytes():
        return [f"{language}: {own / 'django.mo'} is not what django.po compiles to"]
    return []


def _run(command: list[str], folder: Path) -> str:
    """What the program said on stderr when it failed; nothing when it went well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
