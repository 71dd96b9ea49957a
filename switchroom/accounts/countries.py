"""The countries an invoice can go to, by ISO 3166 code, named in the reader's language."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale

_CODE = re.compile(r"[A-Z]{2}\Z")
_UNIONS_AND_TESTS = ("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ")
_PARTS_OF_OTHERS = ("AC", "CP", "CQ", "DG", "EA", "IC", "TA")
_NO_COUNTRIES = frozenset(_UNIONS_AND_TESTS + _PARTS_OF_OTHERS)
"""What stands in the list of territories and is no country of ISO 3166."""


@cache
def countries(language: str) -> dict[str, str]:
    """This function will return country code → name in a language, in the order of names."""
    territories = Locale(language).territories
    named = {
        code: name for code, name in territories.items() if _CODE.match(code) and code not in _NO_COUNTRIES
    }
    return dict(sorted(named.items(), key=lambda country: _unaccented(country[1])))


def is_country(code: str) -> bool:
    """This function will say whether a code names a country."""
    return code in countries("en")


def _unaccented(name: str) -> str:
    return name.casefold().translate(str.maketrans("äåçéíôöüœ", "aaceioouo"))
