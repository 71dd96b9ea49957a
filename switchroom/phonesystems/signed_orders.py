"""The signed order of a port-in as a member types it: which numbers, whose contract, with whom, and when.

Everything is looked at before anything is written, and what is wrong is said field by field, so that a form
can show it there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Any

import msgspec
import phonenumbers
from django.conf import settings

from switchroom.phonesystems import documents
from switchroom.phonesystems.lines import one_line
from switchroom.phonesystems.numbers import e164_of
from switchroom.phonesystems.port_ins import DocumentKind, PortIn
from switchroom.rules.refusals import Refused, gettext_noop

LINES = ("present_provider", "holder_name", "holder_street", "holder_postal_code", "holder_city")
"""What is typed into one line and must be."""
CUSTOMER_NUMBER, NUMBERS, WISHED_ON, DOCUMENT = "customer_number", "numbers", "wished_on", "document"
FIELDS = (NUMBERS, *LINES, CUSTOMER_NUMBER, WISHED_ON)
MOST_NUMBERS = 1_000
LONGEST_WAIT_DAYS = 2 * 365

_LONGEST = {field.name: getattr(field, "max_length", None) or 0 for field in PortIn._meta.fields}
_BETWEEN = re.compile(r"[\n,;]+")
_THROUGH = re.compile(r"\s*(?:[–—]|\.\.+|\bto\b|\bbis\b|(?<=\s)-(?=\s))\s*")


class Document(msgspec.Struct, frozen=True):
    """A file that was looked at."""

    kind: DocumentKind
    content: bytes


class SignedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a signed order, checked: ``numbers`` are E.164, each once."""

    numbers: tuple[str, ...]
    present_provider: str
    holder_name: str
    holder_street: str
    holder_postal_code: str
    holder_city: str
    customer_number: str
    wished_on: date
    document: Document


class OrderRefused(Exception):
    """A signed order cannot be used; ``errors`` says for each wrong field why (field → Refused)."""

    def __init__(self, errors: dict[str, Refused]) -> None:
        super().__init__("; ".join(f"{field}: {error}" for field, error in errors.items()))
        self.errors = errors


def read_order(typed: Mapping[str, str], *, content: bytes, day: date) -> SignedOrder:
    """This function will read what was typed on a day, given as FIELDS → text, and the file of the document.

    Raises OrderRefused with all that is wrong.
    """
    readers: dict[str, Callable[[], Any]] = {
        NUMBERS: lambda: tuple(numbers_in(typed.get(NUMBERS, ""))),
        **{field: partial(_line, typed, field) for field in LINES},
        CUSTOMER_NUMBER: partial(_line, typed, CUSTOMER_NUMBER, optional=True),
        WISHED_ON: lambda: _day(typed.get(WISHED_ON, ""), day),
        DOCUMENT: lambda: _document(content),
    }
    values: dict[str, Any] = {}
    errors: dict[str, Refused] = {}
    for field, read in readers.items():
        try:
            values[field] = read()
        except Refused as refused:
            errors[field] = refused
    if errors:
        raise OrderRefused(errors)
    return SignedOrder(**values)


def numbers_in(text: str) -> list[str]:
    """This function will return the numbers of a text (E.164), each once: single ones and ranges, one below
    the other or with commas between. A range is ``030 23125100 – 030 23125109`` or ``030 23125100 – 09``.

    Raises ``Refused`` (rule 8.3) for what is no number of the provider's country, and for too many.
    """
    found: dict[str, None] = {}
    for part in filter(None, (part.strip() for part in _BETWEEN.split(text))):
        for number in _numbers_of(part):
            found[number] = None
            if len(found) > MOST_NUMBERS:
                raise Refused(
                    "8.3", gettext_noop("Please name at most {most} numbers at once."), most=MOST_NUMBERS
                )
    if not found:
        raise Refused("8.3", gettext_noop("Please name the numbers that you would like to bring."))
    return list(found)


def _numbers_of(part: str) -> Iterator[str]:
    """The numbers of a single one or a range; endless ranges are given bit by bit."""
    first, *last = _THROUGH.split(part)
    begins = _of_our_country(first)
    if not last:
        yield begins
        return
    ends = _end_of(begins, last[0]) if len(last) == 1 else None
    if ends is None or len(ends) != len(begins) or ends < begins:
        raise Refused("8.3", gettext_noop("“{range}” is not a range of phone numbers."), range=part)
    for number in range(int(begins), int(ends) + 1):
        yield f"+{number}"


def _end_of(begins: str, last: str) -> str | None:
    """The last number of a range, written whole or by its last digits only; none if it is neither."""
    if last.startswith("+"):
        return _of_our_country(last)
    if last.startswith("0"):
        with suppress(Refused):
            return _of_our_country(last)
    digits = re.sub(r"[\s/()-]", "", last)
    if not digits.isascii() or not digits.isdigit() or len(digits) >= len(begins):
        return None
    return begins[: -len(digits)] + digits


def _of_our_country(number: str) -> str:
    e164 = e164_of(number)
    code = phonenumbers.country_code_for_region(settings.INSTALLATION.country)
    if phonenumbers.parse(e164).country_code != code:
        raise Refused(
            "8.3",
            gettext_noop("{number} cannot be brought along: only numbers that begin with {code} can."),
            number=e164,
            code=f"+{code}",
        )
    return e164


def _line(typed: Mapping[str, str], field: str, *, optional: bool = False) -> str:
    if optional and not typed.get(field, "").strip():
        return ""
    return one_line(typed.get(field, ""), longest=_LONGEST[field])


def _day(text: str, day: date) -> date:
    try:
        wished_on = date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("8.3", gettext_noop("Please choose a day.")) from None
    if wished_on < day:
        raise passed(wished_on)
    last_on = day + timedelta(days=LONGEST_WAIT_DAYS)
    if wished_on > last_on:
        raise Refused("8.3", gettext_noop("Please choose a day until {last}."), last=last_on)
    return wished_on


def passed(day: date) -> Refused:
    """This function will say that a day is over."""
    return Refused("8.3", gettext_noop("{day} has passed. Please choose a later day."), day=day)


def _document(content: bytes) -> Document:
    if not content:
        raise Refused("8.3", gettext_noop("Please choose the file of the signed order."))
    return Document(documents.kind_of(content), content)
