"""The rows that a billing run wrote, and writing them again with nothing around it: what is possible at all.

They go into the same tables with the same indexes, keys and laws, in chunks of the same size and order.
An UPDATE writes a new version of its row: the new versions of the subscriptions go into a table like theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from switchroom.billing.models import BillingChunk
from switchroom.plumbing.bulk import key_of, read_rows

COPY_OF_SUBSCRIPTIONS = "bench_subscription"

ITEM = "id subscription_id licence_id quantity unit_price_minor from_on sequence first_month"
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
TABLES = (
    # table, columns, rows that a run wrote for a span of accounts; in the order in which a run writes them
    (
        "subscriptions_item",
        ITEM,
        """FROM subscriptions_item t JOIN subscriptions_subscription s ON s.id = t.subscription_id
        WHERE t.order_id IS NULL AND s.account_id""",
    ),
    (
        COPY_OF_SUBSCRIPTIONS,
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

Chunk = list[tuple[str, Any]]
"""(statement, what it writes): COPY's text on PostgreSQL, rows on SQLite."""


def chunks_of_rows() -> Iterator[Chunk]:
    """This function will read what a finished run wrote, one chunk after the other."""
    for chunk in BillingChunk.objects.order_by("id"):
        span = (key_of(chunk.first_account_id), key_of(chunk.last_account_id))
        yield [_rows(table, columns.split(), source, span) for table, columns, source in TABLES]


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
    """This function will make the table that takes the new versions of subscriptions: same columns, indexes
    and keys.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE TABLE {COPY_OF_SUBSCRIPTIONS} (LIKE subscriptions_subscription INCLUDING ALL)"
            )
        else:
            cursor.execute(f"CREATE TABLE {COPY_OF_SUBSCRIPTIONS} ({SUBSCRIPTION.replace(' ', ', ')})")
            cursor.execute(f"CREATE UNIQUE INDEX bench_1 ON {COPY_OF_SUBSCRIPTIONS} (id)")
            cursor.execute(f"CREATE INDEX bench_2 ON {COPY_OF_SUBSCRIPTIONS} (account_id)")


def _rows(table: str, columns: list[str], source: str, span: tuple[str, str]) -> tuple[str, Any]:
    names, wanted = ", ".join(columns), ", ".join(f"t.{column}" for column in columns)
    between = "BETWEEN '{}' AND '{}'".format(*span)
    select = f"SELECT {wanted} {source} {between} ORDER BY t.id"  # words of our own
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY ({select}) TO STDOUT") as copy:
            text = b"".join(bytes(block) for block in copy)
        return f"COPY {table} ({names}) FROM STDIN", text
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({places})", read_rows(select)  # noqa: S608
