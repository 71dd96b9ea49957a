"""Rows as PostgreSQL's binary COPY takes them: it need not parse text, and psycopg need not write any.

psycopg's own dumpers write the values. What they do not take as it is, such as the text of an id, is changed
here, a column of some hundred rows at a time.
"""

from __future__ import annotations

import json
from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import chain, islice
from struct import iter_unpack
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError

ROWS_AT_ONCE = 250
UUID_LENGTH = 36
ID_BYTES = 16
JSONB_VERSION = "\x01"

json_text = partial(json.dumps, cls=DjangoJSONEncoder)


class Form(NamedTuple):
    """How a column's values are sent: the type whose dumper writes them, the Python types that it takes as
    they are, and what is done to a column in which there are others.
    """

    dumper: str
    takes: frozenset[type] | None = None
    make_ready: Callable[[Sequence[Any], set[type]], Iterable[Any]] = lambda column, _: column
    largest: int = 0
    """Of whole numbers that psycopg would cut off without a word."""


def form_of(db_type: str) -> Form:
    """This function will say how the values of a column of a type (as Django names it) are sent."""
    name = db_type.partition("(")[0]
    return _FORMS.get(name) or Form(name)


def ready_rows(rows: Iterable[Sequence[Any]], forms: Sequence[Form]) -> Iterator[Sequence[Any]]:
    """This function will give rows with values that the dumpers of ``forms`` take.

    Raises django.db.DataError for a whole number that does not fit its column.
    """
    return chain.from_iterable(_batches(iter(rows), forms))


def _batches(rows: Iterator[Sequence[Any]], forms: Sequence[Form]) -> Iterator[Iterable[Sequence[Any]]]:
    to_look_at = [
        (place, form.takes, form.make_ready) for place, form in enumerate(forms) if form.takes is not None
    ]
    numbers = [(place, form.largest) for place, form in enumerate(forms) if form.largest]
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        columns: list[Any] = list(zip(*batch, strict=True))
        for place, largest in numbers:
            _check_fits(columns[place], largest)
        is_ready = True
        for place, takes, make_ready in to_look_at:
            types = set(map(type, columns[place]))
            if not types <= takes:
                columns[place] = make_ready(columns[place], types)
                is_ready = False
        yield batch if is_ready else zip(*columns, strict=True)


def _check_fits(column: Sequence[int | None], largest: int) -> None:
    given = {number for number in set(column) if number is not None}  # few, as a rule
    if given and (max(given) > largest or min(given) < -largest - 1):
        raise DataError(f"a whole number is out of range: {min(given)} to {max(given)} are given")


def _ids(column: Sequence[Any], types: set[type]) -> Iterable[bytes | None]:
    """Ids as PostgreSQL keeps them."""
    if types == {str}:
        return _sixteen_bytes(column)
    sixteen = _sixteen_bytes([key for key in column if key is not None])
    return [None if key is None else next(sixteen) for key in column]


def _sixteen_bytes(keys: Sequence[Any]) -> Iterator[bytes]:
    """Ids where there is one; when all are text with dashes they are read as one long text."""
    if set(map(type, keys)) == {str} and set(map(len, keys)) == {UUID_LENGTH}:
        together = unhexlify("".join(keys).encode().translate(None, b"-"))
        if len(together) == ID_BYTES * len(keys):
            return chain.from_iterable(iter_unpack(f"{ID_BYTES}s", together))
    return map(_sixteen_of, keys)


def _sixteen_of(key: UUID | str | bytes) -> bytes:
    if isinstance(key, str):
        return UUID(key).bytes
    return key.bytes if isinstance(key, UUID) else key


def _days(column: Sequence[date | str | None], _: set[type]) -> Iterable[date | None]:
    return [date.fromisoformat(one) if isinstance(one, str) else one for one in column]


def _instants(column: Sequence[datetime | str | None], _: set[type]) -> Iterable[datetime | None]:
    return [datetime.fromisoformat(one) if isinstance(one, str) else one for one in column]


def _documents(column: Sequence[Any], _: set[type]) -> Iterable[str | None]:
    texts = (one if isinstance(one, str) or one is None else json_text(one) for one in column)
    return [None if text is None else JSONB_VERSION + text for text in texts]


_FORMS = {
    "uuid": Form("bytea", frozenset((bytes, NoneType)), _ids),
    "date": Form("date", frozenset((date, NoneType)), _days),
    "timestamp with time zone": Form("timestamptz", frozenset((datetime, NoneType)), _instants),
    "jsonb": Form("text", frozenset((NoneType,)), _documents),
    "varchar": Form("text"),
    "smallint": Form("int2", largest=2**15 - 1),
    "integer": Form("int4", largest=2**31 - 1),
    "bigint": Form("int8"),
    "boolean": Form("bool"),
}
