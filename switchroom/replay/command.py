"""The command ``switchroom replay``: lives as files in, one JSON object for each out.

One file is answered with an indented object. Several, or a directory, with one object a line that names its
file, in the order given. A bad file is told on stderr and makes the exit code 2; the others are still done.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from switchroom.replay.format import BadInput, read_life
from switchroom.replay.lives import live
from switchroom.replay.report import report

DONE, NOT_UNDERSTOOD = 0, 2
FILES_THAT_PAY = 100
"""From so many files on, starting further processes costs less than it saves."""


class Answer(msgspec.Struct, frozen=True):
    """What came of one file: a line for stdout, or a complaint for stderr."""

    output: str = ""
    complaint: str = ""


def main(argv: list[str]) -> int:
    """This function will replay the files of ``argv`` and give the exit code: 0, or 2 after bad input."""
    wanted = _arguments(argv)
    empty = [path for path in wanted if path.is_dir() and not _lives_in(path)]
    for path in empty:
        print(f"{_printable(path)}: expected a directory with at least one file *.json", file=sys.stderr)
    single = len(wanted) == 1 and not wanted[0].is_dir()
    if single:
        answers: Iterable[Answer] = [answer(wanted[0], indented=True)]
    else:
        answers = _answers(list(_files(wanted)))
    exit_code = NOT_UNDERSTOOD if empty else DONE
    for one in answers:
        if one.complaint:
            exit_code = NOT_UNDERSTOOD
            print(one.complaint, file=sys.stderr)
        else:
            print(one.output)
    return exit_code


def answer(file: Path, *, indented: bool = False) -> Answer:
    """This function will replay one file: indented it stands alone, else one line names the file."""
    try:
        result = report(live(read_life(file.read_bytes())))
    except BadInput as error:
        return Answer(complaint=f"{_printable(file)}: {error}")
    except OSError as error:
        return Answer(complaint=f"{_printable(file)}: expected a file that can be read ({error.strerror})")
    if indented:
        return Answer(output=json.dumps(result, indent=2))
    return Answer(output=json.dumps({"file": str(file), **result}))


def _arguments(argv: Sequence[str]) -> list[Path]:
    parser = argparse.ArgumentParser(
        prog="switchroom replay",
        description="What would this customer pay? Every document, credit and state.",
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="+", type=Path, help="a life as JSON, or a directory of *.json"
    )
    wanted: list[Path] = parser.parse_args(argv).files
    return wanted


def _files(wanted: Iterable[Path]) -> Iterator[Path]:
    for path in wanted:
        if not path.is_dir():
            yield path
        else:
            yield from _lives_in(path)


def _lives_in(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.json"), key=lambda file: file.name)


def _answers(files: list[Path]) -> Iterator[Answer]:
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers == 1 or len(files) < FILES_THAT_PAY:
        yield from map(answer, files)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(answer, files, chunksize=32)


def _printable(file: Path) -> str:
    return str(file).encode("utf-8", "backslashreplace").decode("utf-8")
