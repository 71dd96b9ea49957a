"""Values as PostgreSQL's binary COPY takes them, whatever form they come in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DataError

from switchroom.plumbing.binary import ROWS_AT_ONCE, form_of, ready_rows

AT = datetime(2026, 6, 30, 22, 30, 1, 250, tzinfo=UTC)
IDS = [uuid4() for _ in range(3)]
SIXTEEN = [one.bytes for one in IDS]


def ready(db_type: str, values: list[Any]) -> list[Any]:
    return [value for (value,) in ready_rows([(value,) for value in values], [form_of(db_type)])]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([str(one) for one in IDS], id="text"),
        pytest.param([one.hex for one in IDS], id="text without dashes"),
        pytest.param(IDS, id="UUIDs"),
        pytest.param(SIXTEEN, id="as they are kept"),
        pytest.param([str(IDS[0]), IDS[1], SIXTEEN[2]], id="all sorts"),
    ],
)
def test_ids_come_in_many_forms(values: list[Any]) -> None:
    assert ready("uuid", values) == SIXTEEN
    assert ready("uuid", [None, *values, None]) == [None, *SIXTEEN, None]


def test_what_is_no_id_is_refused() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        ready("uuid", [str(IDS[0])[:-1], str(IDS[1]) + "0"])
    with pytest.raises(ValueError, match="Odd-length"):
        ready("uuid", [str(IDS[0])[:-1] + "-", str(IDS[1])])
    with pytest.raises(TypeError):
        list(map(bytes.hex, ready("uuid", [5])))


def test_days_instants_and_documents_may_be_text() -> None:
    day = date(2026, 6, 30)
    assert ready("date", [day.isoformat(), day, None]) == [day, day, None]
    assert ready("timestamp with time zone", [AT.isoformat(), AT, None]) == [AT, AT, None]
    documents = ready("jsonb", [{"on": day}, '{"n":1}', [1], None])
    assert documents == ['\x01{"on": "2026-06-30"}', '\x01{"n":1}', "\x01[1]", None]


@pytest.mark.parametrize(("db_type", "most"), [("smallint", 32_767), ("integer", 2_147_483_647)])
def test_whole_numbers_that_do_not_fit_are_refused(db_type: str, most: int) -> None:
    assert ready(db_type, [most, None, -most - 1, 0]) == [most, None, -most - 1, 0]
    for wrong in (most + 1, -most - 2):
        with pytest.raises(DataError, match="out of range"):
            ready(db_type, [None, wrong])


def test_rows_keep_their_order_and_number() -> None:
    rows = [(number, str(number)) for number in range(2 * ROWS_AT_ONCE + 1)]
    assert list(ready_rows(iter(rows), [form_of("integer"), form_of("varchar(9)")])) == rows
    with pytest.raises(ValueError, match="shorter"):
        list(ready_rows([(1, "a"), (2,)], [form_of("integer"), form_of("text")]))


def test_a_uuid_is_named_as_itself() -> None:
    assert ready("uuid", ["00000000-0000-0000-0000-00000000000a"]) == [UUID(int=10).bytes]
