"""Catalogue files for tests: the shipped one with other terms or prices, or one made of other licences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from switchroom.catalog.file import shipped_catalogue

ROOM_FOR_ALL = 100_000
"""The largest maximum that a catalogue may name; no test reaches it."""


def catalogue(*, prices: Mapping[str, str] | None = None, **terms: int | str) -> str:
    """This function will write the shipped catalogue with other terms (``term_months=1``) and unit prices."""
    text = shipped_catalogue()
    for term, value in terms.items():
        written = f'"{value}"' if isinstance(value, str) else str(value)
        text, changed = re.subn(rf"^{term} = \S+", f"{term} = {written}", text, flags=re.MULTILINE)
        assert changed == 1, f"the shipped catalogue does not say {term} once"
    for licence, price in (prices or {}).items():
        pattern = rf'(key = "{licence}"\n(?:.*\n)*?unit_price = )"[^"]*"'
        text, changed = re.subn(pattern, rf'\g<1>"{price}"', text)
        assert changed == 1, f"the shipped catalogue does not sell {licence} once"
    return text


def with_licences(text: str, licences: Mapping[str, Mapping[str, Any]]) -> str:
    """This function will give a catalogue text these licences alone (key → ``unit_price`` and ``grants``)."""
    before, _, rest = text.partition("[[licences]]")
    _, _, levels = rest.partition("[[service_levels]]")
    return (
        before
        + "".join(_licence(key, **terms) for key, terms in licences.items())
        + f"[[service_levels]]{levels}"
    )


def _licence(key: str, unit_price: str, grants: Mapping[str, int]) -> str:
    granted = ", ".join(f"{service} = {number}" for service, number in grants.items())
    texts = "\n".join(
        f'{text}.{language} = "{key}"' for text in ("name", "description") for language in ("en", "de")
    )
    return (
        f'[[licences]]\nkey = "{key}"\n{texts}\nunit_price = "{unit_price}"\n'
        f"maximum = {ROOM_FOR_ALL}\ngrants = {{ {granted} }}\n\n"
    )
