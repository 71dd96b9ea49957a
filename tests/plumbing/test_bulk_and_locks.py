"""Many rows at once, read back as if Django had written them; and rows for which the second comer waits."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from switchroom.billing.models import Invoice, InvoiceLine
from switchroom.plumbing import bulk, clock
from switchroom.plumbing.bulk import (
    KEYS_BUT,
    check_keys_early,
    insert_rows,
    key_of,
    read_in_blocks,
    read_rows,
)
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.locks import LockOutsideTransaction, lock_row
from switchroom.plumbing.models import AuditEvent, TownClock

COLUMNS = (
    "id", "kind", "happened_on", "recorded_at", "account_id", "subscription_id", "actor", "facts",
)  # fmt: skip
AT = datetime(2026, 6, 30, 22, 30, 1, 250, tzinfo=UTC)


def rows(count: int) -> list[tuple[Any, ...]]:
    facts = {"net_minor": 5, "on": date(2026, 7, 1), "words": ["ä\t\\N", None]}
    return [
        (new_id(), "a.b", date(2026, 7, 1), AT, uuid4(), None, "tab\there \\ 'x'", facts)
        for _ in range(count)
    ]


@pytest.mark.django_db
def test_rows_read_back_as_written() -> None:
    written = rows(3)
    assert insert_rows(AuditEvent, COLUMNS, iter(written)) == 3
    read = AuditEvent.objects.order_by("id").values_list(*COLUMNS)
    as_json = {"net_minor": 5, "on": "2026-07-01", "words": ["ä\t\\N", None]}
    assert list(read) == [(*row[:-1], as_json) for row in sorted(written)]
    assert AuditEvent.objects.filter(account_id=written[0][4], happened_on=date(2026, 7, 1)).count() == 1


@pytest.mark.django_db
def test_rows_written_at_once_are_equal_to_one_written_by_the_model() -> None:
    (row,) = rows(1)
    insert_rows("plumbing_auditevent", COLUMNS, [row])
    AuditEvent.objects.create(**dict(zip(COLUMNS, (new_id(), *row[1:]), strict=True)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, happened_on, recorded_at, account_id, actor, facts FROM plumbing_auditevent"
        )
        one, other = cursor.fetchall()
    assert one == other


@pytest.mark.django_db
def test_no_rows_are_fine() -> None:
    assert insert_rows(AuditEvent, COLUMNS, []) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("there", [0, 1, 3, 4, 9])
def test_blocks_hold_every_row_once_and_the_others_follow(
    there: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BLOCK_ROWS", 3)
    written = sorted(key_of(row[0]) for row in rows(there))
    insert_rows(AuditEvent, COLUMNS, [(id_, *row[1:]) for id_, row in zip(written, rows(there), strict=True)])
    (everything,) = read_rows("SELECT MIN(happened_on), COUNT(*) FROM plumbing_auditevent")
    blocks: list[list[Any]] = []
    large = "SELECT id, actor FROM plumbing_auditevent WHERE actor = %s ORDER BY id"
    counted = "SELECT MIN(happened_on), COUNT(*) FROM plumbing_auditevent WHERE actor <> %s"
    first, second = read_in_blocks(
        (large, ["tab\there \\ 'x'"]),
        lambda block: blocks.append([*block]),
        then=[(counted, ["x"]), (counted, ["tab\there \\ 'x'"])],
    )
    assert [row for block in blocks for row in block] == [(id_, "tab\there \\ 'x'") for id_ in written]
    if connection.vendor == "postgresql":
        assert [len(block) for block in blocks] == [3] * (there // 3) + [there % 3]
    assert (first, second) == ([everything], [(None, 0)])


@pytest.mark.django_db
def test_a_constraint_refuses_the_whole_lot() -> None:
    (row,) = rows(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(AuditEvent, COLUMNS, [row, row])
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_keys_that_are_to_be_checked_early_may_be_gone_since_the_last_time() -> None:
    """A newer version may prepare the database while this process goes on."""
    check_keys_early(InvoiceLine, but=Invoice)
    if connection.vendor == "postgresql":
        tables = [model._meta.db_table for model in (InvoiceLine, Invoice)]
        ((name,),) = read_rows(KEYS_BUT, tables)
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE billing_invoiceline DROP CONSTRAINT "{name}"')
        assert read_rows(KEYS_BUT, tables) == []
    check_keys_early(InvoiceLine, but=Invoice)


def test_ids_grow() -> None:
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction() -> None:
    with pytest.raises(LockOutsideTransaction):
        lock_row(TownClock, TownClock.ONLY)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_sixteen_add_at_once() -> None:
    TownClock.objects.create(ahead=timedelta(0))

    def add() -> None:
        with transaction.atomic():
            row = lock_row(TownClock, TownClock.ONLY)
            row.ahead += timedelta(days=1)
            row.save()
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert TownClock.objects.get().ahead == timedelta(days=16)
    assert clock.now() > clock.real_now()
