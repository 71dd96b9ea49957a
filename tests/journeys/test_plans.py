"""How the statements that read a span of accounts are carried out, however large the provider is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from switchroom.journeys import billing_run
from switchroom.journeys.audit import findings_in
from switchroom.journeys.forecast import forecast
from switchroom.plumbing.bulk import key_of
from switchroom.rules.periods import Month
from switchroom.subscriptions.spans import Span
from tests.journeys.runs import bills
from tests.journeys.world import World

pytestmark = pytest.mark.django_db

MONTH = "2026-09"
THE_FIRST = date(2026, 9, 1)
MORE_CUSTOMERS = ("Hilde", "Ida", "Jan")
OF_A_SPAN = 2
IS_ABOUT_A_MILLION = """
    UPDATE pg_class SET reltuples = 1000000
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
"""
IN_BLOCKS = re.compile(r"DECLARE \w+ NO SCROLL CURSOR FOR ")
FOLLOWS_ANOTHER = re.compile(r"= \(?[a-z]\w*\.")
"""In what PostgreSQL looks up: a column of another table, not a value."""
READS_A_WHOLE_TABLE = re.compile(r"SCAN \w\b")
"""Said by SQLite of a table; our statements call them by one letter."""

Reads = Callable[[World], object]
Plan = dict[str, Any]


@pytest.fixture
def in_a_million(monkeypatch: pytest.MonkeyPatch) -> World:
    """A small world of which PostgreSQL believes that it is a part of a million accounts, and knows next to
    nothing else: of a span in its middle it then expects a single row, as it does of one among a real
    million. SQLite knows nothing of any table.
    """
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", OF_A_SPAN)
    world = World()
    for name in MORE_CUSTOMERS:
        world.town.customer(name).grows_to(one=3).reduces_to(one=2)
    world.town.on("2026-08-31").sleeps_until("2026-09-01")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL default_statistics_target = 1")
            cursor.execute("ANALYZE " + ", ".join(f'"{one._meta.db_table}"' for one in apps.get_models()))
            cursor.execute(IS_ABOUT_A_MILLION)
    return world


@contextmanager
def spans_read() -> Iterator[dict[str, bool]]:
    """SELECT → whether it is carried out well, of all those about a span that are given while the block
    runs.
    """
    are_well: dict[str, bool] = {}
    is_well = _is_well_on_postgresql if connection.vendor == "postgresql" else _is_well_on_sqlite

    def look(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        read = IN_BLOCKS.sub("", sql)
        if read.lstrip().startswith("SELECT") and " BETWEEN " in read:
            are_well[read] = are_well.get(read, True) and is_well(read, values)
        return execute(sql, values, many, context)

    with connection.execute_wrapper(look):
        yield are_well


def _is_well_on_sqlite(sql: str, values: Sequence[Any]) -> bool:
    steps = connection.connection.execute("EXPLAIN QUERY PLAN " + sql.replace("%s", "?"), values)
    return not any(READS_A_WHOLE_TABLE.match(step) for *_, step in steps)


def _is_well_on_postgresql(sql: str, values: Sequence[Any]) -> bool:
    with connection.connection.cursor() as cursor:
        ((explained,),) = cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchall()
    return not _compares_every_pair(explained[0]["Plan"])


def _compares_every_pair(plan: Plan) -> bool:
    """Whether each row of a span is held against every other row of it: the work then grows with the square
    of the span.
    """
    pairs = (
        one["Plans"] for one in _nodes(plan) if one["Node Type"] == "Nested Loop" and "Join Filter" in one
    )
    return any(_holds_the_span(outer) and _holds_the_span(inner) for outer, inner in pairs)


def _holds_the_span(plan: Plan) -> bool:
    """Whether all rows of the span are read, and not those alone that belong to a row of another table."""
    looked_up = [one["Index Cond"] for one in _nodes(plan) if "Index Cond" in one]
    return any(" >= " in one for one in looked_up) and not FOLLOWS_ANOTHER.search(looked_up[0])


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def bills_chunks(_: World) -> object:
    return bills(MONTH)


def foresees(_: World) -> object:
    return forecast(Month.parse(MONTH), day=THE_FIRST)


def audits(world: World) -> object:
    ids = sorted(key_of(customer.account.id) for customer in world.town.customers)
    pairs = zip(ids, ids[OF_A_SPAN - 1 :], strict=False)
    return [findings_in(Span(*edges, OF_A_SPAN), day=THE_FIRST) for edges in pairs]


@pytest.mark.parametrize(("reads", "statements"), [(bills_chunks, 7), (foresees, 7), (audits, 15)])
def test_a_span_takes_no_more_work_among_a_million(
    in_a_million: World, reads: Reads, statements: int
) -> None:
    with spans_read() as are_well:
        reads(in_a_million)
    assert len(are_well) >= statements
    assert [sql for sql, is_well in are_well.items() if not is_well] == []
