"""The rows that a billing run wrote, and writing them again with nothing around it: what is possible at all.

They go into the same tables with the same indexes, keys and laws, in chunks of the same size and order.
An UPDATE writes a new version of its row: the new versions of subscriptions, of items that a reduction closed
and of reductions go into tables like theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from switchroom.billing.models import BillingChunk
from switchroom.journeys.bill import FOLLOW_REDUCTION
from switchroom.journeys.letters import ANNOUNCE
from switchroom.plumbing.bulk import key_of, read_rows

ITEM = "id subscription_id licence_id quantity unit_price_minor from_on sequence first_month"
CLOSED = f"{ITEM} order_id until_on"
REDUCTION = (
    "id subscription_id entered_on entered_by_id bites_on targets withdrawn_on withdrawn_by_id done_on"
)
SUBSCRIPTION = "id account_id product_version_id name follows_id created_on bought_on next_due_on"
LINE = (
    "id invoice_id position kind subscription_id item_id month_on quantity unit_price_minor days of_days "
    "net_minor rate_bp credit_id"
)
INVOICE = (
    "id account_id kind series_id number reference issued_on issued_at due_on month_on order_id currency "
    "net_minor tax_minor gross_minor addressee"
)
OF_INVOICE = "JOIN billing_invoice v ON v.id = t.invoice_id WHERE v.kind = 'monthly' AND v.account_id"
OF_SUBSCRIPTION = "JOIN subscriptions_subscription s ON s.id = t.subscription_id WHERE"
TABLES = (
    # table, columns, rows that a run wrote for a span of accounts; in the order in which a run writes them
    (
        "bench_item",
        CLOSED,
        f"FROM subscriptions_item t {OF_SUBSCRIPTION} t.until_on IS NOT NULL AND s.account_id",
    ),
    (
        "subscriptions_item",
        ITEM,
        f"FROM subscriptions_item t {OF_SUBSCRIPTION} t.order_id IS NULL AND s.account_id",
    ),
    (
        "bench_reduction",
        REDUCTION,
        f"FROM subscriptions_reduction t {OF_SUBSCRIPTION} t.done_on IS NOT NULL AND s.account_id",
    ),
    (
        "bench_subscription",
        SUBSCRIPTION,
        "FROM subscriptions_subscription t WHERE t.next_due_on > '2025-12-01' AND t.account_id",
    ),
    ("billing_invoiceline", LINE, f"FROM billing_invoiceline t {OF_INVOICE}"),
    (
        "billing_invoicetax",
        "invoice_id rate_bp net_minor tax_minor",
        f"FROM billing_invoicetax t {OF_INVOICE}",
    ),
    ("billing_invoice", INVOICE, "FROM billing_invoice t WHERE t.kind = 'monthly' AND t.account_id"),
    (
        "plumbing_auditevent",
        "id kind happened_on recorded_at account_id subscription_id actor facts",
        "FROM plumbing_auditevent t WHERE t.account_id",
    ),
)
COPIES = {
    "bench_subscription": ("subscriptions_subscription", SUBSCRIPTION, "account_id"),
    "bench_item": ("subscriptions_item", CLOSED, "subscription_id"),
    "bench_reduction": ("subscriptions_reduction", REDUCTION, "subscription_id"),
}
"""The tables for new versions: like which they are, their columns, and what is indexed beside the id."""
OUTBOX = (
    "plumbing_outboxentry",
    "id kind payload key created_at gives_way failures last_error attempt due_at",
    "FROM plumbing_outboxentry t WHERE t.id",
)
PROMISED = "SELECT id, kind FROM plumbing_outboxentry WHERE kind IN (%s, %s) ORDER BY id"

Chunk = list[tuple[str, Any]]
"""(statement, what it writes): what COPY takes on PostgreSQL, rows on SQLite."""


def chunks_of_rows(form: str) -> Iterator[Chunk]:
    """This function will read what a finished run wrote, one chunk after the other, in a form of COPY
    (TEXT or BINARY).
    """
    for chunk, promised in zip(BillingChunk.objects.order_by("id"), _promised(), strict=True):
        span = (key_of(chunk.first_account_id), key_of(chunk.last_account_id))
        yield [*(_rows(table, span, form) for table in TABLES), _rows(OUTBOX, promised, form)]


def _promised() -> Iterator[tuple[str, str]]:
    """The first and the last outbox entry of each chunk: its last ones are its letters."""
    first = ""
    for id_, kind in read_rows(PROMISED, [FOLLOW_REDUCTION, ANNOUNCE]):
        first = first or id_
        if kind == ANNOUNCE:
            yield first, id_
            first = ""


def write_chunk(chunk: Chunk) -> None:
    """This function will write one chunk's rows."""
    with connection.cursor() as cursor:
        for statement, rows in chunk:
            if connection.vendor == "postgresql":
                with cursor.copy(statement) as copy:
                    copy.write(rows)
            else:
                cursor.executemany(statement, rows)


def make_room() -> None:
    """This function will make the tables that take new versions: same columns, indexes and keys."""
    with connection.cursor() as cursor:
        for copy, (table, columns, of) in COPIES.items():
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)")
            else:
                cursor.execute(f"CREATE TABLE {copy} ({columns.replace(' ', ', ')})")
                cursor.execute(f"CREATE UNIQUE INDEX {copy}_1 ON {copy} (id)")
                cursor.execute(f"CREATE INDEX {copy}_2 ON {copy} ({of})")


def _rows(of: tuple[str, str, str], span: tuple[str, str], form: str) -> tuple[str, Any]:
    table, columns, source = of[0], of[1].split(), of[2]
    names, wanted = ", ".join(columns), ", ".join(f"t.{column}" for column in columns)
    between = "BETWEEN '{}' AND '{}'".format(*span)
    select = f"SELECT {wanted} {source} {between} ORDER BY t.id"  # words of our own
    if connection.vendor == "postgresql":
        statement = f"COPY ({select}) TO STDOUT (FORMAT {form})"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            rows = b"".join(bytes(block) for block in copy)
        return f"COPY {table} ({names}) FROM STDIN (FORMAT {form})", rows
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({places})", read_rows(select)  # noqa: S608
