"""Reads the values of one table of the catalogue file, and says in plain words what is wrong with one.

Everything is checked as it is read: a value of the wrong kind or beyond its bounds, a key that is missing or
misspelt, and at the end a key that nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from switchroom.catalog.lines import Path
from switchroom.rules.money import decimal_text, minor_from_text
from switchroom.rules.promise import Grants

LANGUAGES = ("en", "de")
HIGHEST_PRICE_MINOR = 100_000_000
MOST_OF_A_SERVICE = 100_000
LONGEST_TEXT = 400
_KEY = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*\Z")
_LONGEST_KEY = 40


class Misfit(Exception):
    """A value that cannot be used: where it stands, and why it is refused."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = tuple(path)
        self.reason = reason


class Table:
    """One table of the file at its path; remembers which keys were read."""

    def __init__(self, values: dict[str, Any], path: Path) -> None:
        self.values = values
        self.path = tuple(path)
        self.known: list[str] = []

    def misfit(self, key: str, reason: str) -> Misfit:
        """This function will return the complaint about one of the table's keys."""
        return Misfit((*self.path, key), reason)

    def value(self, key: str) -> Any:
        """This function will return what the file says of ``key``, or raise Misfit where it says nothing."""
        self.known.append(key)
        if key in self.values:
            return self.values[key]
        if misspelt := get_close_matches(key, set(self.values).difference(self.known), n=1, cutoff=0.75):
            raise self.misfit(misspelt[0], f"“{misspelt[0]}” is not known. Did you mean “{key}”?")
        raise self.misfit(key, f"{_named(self.path)}“{key}” is missing.")

    def text(self, key: str) -> str:
        """This function will return a text of one line that is not empty."""
        value = self.value(key)
        if not isinstance(value, str):
            raise self.misfit(key, f"“{key}” must be text in quotes, found {_shown(value)}.")
        if not value.strip():
            raise self.misfit(key, f"“{key}” must not be empty.")
        if len(value) > LONGEST_TEXT or not value.isprintable():
            raise self.misfit(key, f"“{key}” must be one line of at most {LONGEST_TEXT} characters.")
        return value.strip()

    def key(self, key: str) -> str:
        """This function will return a text that can name something for programs."""
        value = self.text(key)
        if not _KEY.match(value) or len(value) > _LONGEST_KEY:
            raise self.misfit(
                key,
                f"“{key}” must be at most {_LONGEST_KEY} letters, digits and single hyphens between them, "
                f"found {_shown(value)}.",
            )
        return value

    def choice(self, key: str, choices: Collection[str]) -> str:
        """This function will return one of the texts that are allowed."""
        value = self.text(key)
        if value not in choices:
            allowed = " or ".join(f'"{choice}"' for choice in choices)
            raise self.misfit(key, f"“{key}” must be {allowed}, found {_shown(value)}.")
        return value

    def number(self, key: str, *, least: int, most: int) -> int:
        """This function will return a whole number within bounds, both inclusive."""
        value = self.value(key)
        if type(value) is not int:
            raise self.misfit(key, f"“{key}” must be a whole number, found {_shown(value)}.")
        if not least <= value <= most:
            raise self.misfit(key, f"“{key}” must be from {least} to {most}, found {value}.")
        return value

    def price_minor(self, key: str) -> int:
        """This function will return a price in minor units, written in the file as decimal text."""
        value = self.value(key)
        if not isinstance(value, str):
            raise self.misfit(
                key,
                f'“{key}” must be in quotes, for example "15.00", to stay exact; found {_shown(value)}.',
            )
        try:
            minor = minor_from_text(value)
        except ValueError:
            raise self.misfit(
                key,
                f'“{key}” must be a price such as "15.00" with at most two decimals, found {_shown(value)}.',
            ) from None
        if minor > HIGHEST_PRICE_MINOR:
            raise self.misfit(
                key, f"“{key}” must be at most {decimal_text(HIGHEST_PRICE_MINOR)}, found {value}."
            )
        return minor

    def texts(self, key: str) -> dict[str, str]:
        """This function will return a text in every language (language code to text)."""
        table = self.table(key)
        texts = {language: table.text(language) for language in LANGUAGES}
        table.refuse_unknown()
        return texts

    def grants(self, key: str) -> Grants:
        """This function will return quantities of the three services; what is not named is none."""
        table = self.table(key)
        services = ("trunk_lines", "endpoints", "phone_numbers")
        quantities = {
            service: table.number(service, least=0, most=MOST_OF_A_SERVICE)
            for service in services
            if service in table.values
        }
        table.known.extend(services)
        table.refuse_unknown()
        if not any(quantities.values()):
            raise self.misfit(key, f"“{key}” must name at least one of {', '.join(services)}.")
        return Grants(**quantities)

    def table(self, key: str) -> Table:
        """This function will return the table below ``key``."""
        value = self.value(key)
        if not isinstance(value, dict):
            raise self.misfit(key, f"“{key}” must be a table, found {_shown(value)}.")
        return Table(value, (*self.path, key))

    def tables(self, key: str) -> list[Table]:
        """This function will return the tables of a list that has at least one, in the order of the file."""
        value = self.value(key)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.misfit(key, f"“{key}” must be written as tables, each under a line [[{key}]].")
        if not value:
            raise self.misfit(key, f"“{key}” must hold at least one.")
        return [Table(one, (*self.path, key, position)) for position, one in enumerate(value)]

    def refuse_unknown(self) -> None:
        """This function will raise Misfit for the first key of the table that nothing has read."""
        for key in self.values:
            if key not in self.known:
                raise self.misfit(key, f"“{key}” is not known. Known here: {', '.join(self.known)}.")


def _named(path: Path) -> str:
    """This function will name a table before a complaint: ``In “licences”, number 2: ``."""
    if not path:
        return ""
    words = [f"number {step + 1}" if isinstance(step, int) else f"“{step}”" for step in path]
    return f"In {', '.join(words)}: "


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)
