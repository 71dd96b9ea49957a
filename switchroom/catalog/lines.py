"""Where in a TOML file something stands, so that a complaint about it can name the line.

The standard parser gives positions for broken syntax only. But a file cut off after any whole statement is a
file of its own, and what a statement says is there from that cut on and not before: so the parser itself
finds the line.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

Path = Sequence[str | int]
"""Keys and positions (from 0) down to a value, for example ``("licences", 1, "maximum")``."""

_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")
_LINE_ENDS_IN_QUOTES = r"Illegal character '\n'"
_AT_END = re.compile(r"\s*\(at end of document\)$")


def line_of(text: str, path: Path) -> int:
    """This function will return the line, from 1, on which the statement stands that first says ``path``.

    ``text`` must be valid TOML. What the file does not say at all stands where its nearest container begins;
    at worst, on line 1.
    """
    lines = text.split("\n")
    starts = _statement_starts(lines)
    while path:
        index = bisect_left(
            range(1, len(starts)), True, key=lambda count: _says(lines[: starts[count]], path)
        )
        if index < len(starts) - 1:
            return starts[index] + 1
        path = path[:-1]
    return 1


def position_of_error(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str]:
    """This function will give the line, from 1, and the reason of a complaint about broken syntax."""
    message = str(error)
    at = _AT_LINE.search(message)
    line = int(at.group(1)) if at else len(text.rstrip("\n").split("\n"))
    complaint = _AT_LINE.sub("", _AT_END.sub("", message))
    if complaint == _LINE_ENDS_IN_QUOTES:
        return line, "A text must end on its line, with the same quotation mark with which it begins."
    return line, f"This is not valid TOML. {complaint}."


def _statement_starts(lines: list[str]) -> list[int]:
    """This function will return the index of each statement's first line, and at the end the number of lines.

    A statement that runs over several lines can be parsed only when it is complete.
    """
    starts: list[int] = []
    start = 0
    for end, line in enumerate(lines, start=1):
        if start == end - 1 and (not line.strip() or line.lstrip().startswith("#")):
            start = end
        elif _parsed(lines[start:end]) is not None:
            starts.append(start)
            start = end
    return [*starts, len(lines)]


def _says(lines: list[str], path: Path) -> bool:
    value: Any = _parsed(lines)
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _parsed(lines: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None
