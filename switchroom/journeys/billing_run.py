"""The run over all accounts on the 1st: planned once, worked on by anybody, resumed by whoever comes next.

A run is cut into chunks of accounts. Each chunk is one transaction: it locks its accounts, bills them and
notes that it is done, or leaves no trace. Any number of workers on any number of machines take open chunks;
one that dies gives its chunk back, to whoever began or resumed the run and stays until the last is done. A
chunk that the database refuses is halved until the account that spoils it stands alone; that one is parked
with the reason, and no other is kept from its bill.
"""

from __future__ import annotations

import gc
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import msgspec
import structlog
from django.db import DataError, IntegrityError, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from switchroom.billing.models import BillingChunk, BillingRun
from switchroom.billing.parking import park, unpark
from switchroom.journeys.bill import Decisions, carry_out
from switchroom.plumbing import outbox
from switchroom.plumbing.bulk import key_of, look_up_by_keys
from switchroom.plumbing.ids import row_id
from switchroom.rules.periods import Month
from switchroom.subscriptions.spans import lock_span, plan_spans

CHUNK_ACCOUNTS = 2_000
SHARE = "journeys.share_billing_run"
MOST_HANDS = 16  # that one run calls for; more would wait for one another's numbers
LOOK_AGAIN_AFTER = timedelta(milliseconds=100)  # for a chunk that somebody else gave back
REFUSED = (IntegrityError, DataError, OverflowError)
"""What the database says of rows that it does not take; the last is a number too large for SQLite."""

log = structlog.get_logger(__name__)


class NotBegun(Exception):
    """A month was to be billed that has not come yet."""

    def __init__(self, month: Month, day: date) -> None:
        super().__init__(f"{month} has not begun; today is {day}. To see what it will bill: forecast.")


class Progress(msgspec.Struct, frozen=True):
    """How far a run is: accounts planned and done, documents issued, their net in minor units, and accounts
    parked.
    """

    accounts: int
    done: int
    invoices: int
    net_minor: int
    parked: int
    open_chunks: int


class At(msgspec.Struct, frozen=True):
    """When and by whom: the local day and the instant (UTC) of the real work, and host and process."""

    day: date
    at: datetime
    by: str


def who() -> str:
    """This function will name this process among all that may work on a run: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def unfinished_runs(*, through: Month) -> list[BillingRun]:
    """This function will list the runs that are open, up to and with a month, oldest month first."""
    runs = BillingRun.objects.filter(month_on__lte=through.first_on, finished_at__isnull=True)
    return list(runs.order_by("month_on"))


def unfinished_run(month: Month) -> BillingRun | None:
    """This function will give the run of a month that is open, if any."""
    return BillingRun.objects.filter(month_on=month.first_on, finished_at__isnull=True).first()


def open_run(month: Month, *, when: At, everybody: bool = False) -> BillingRun | None:
    """This function will resume the month's unfinished run or plan a new one; none when nothing is due.

    ``everybody`` has every paying account looked at, not only those with something due. Raises NotBegun.
    """
    if month.first_on > when.day:
        raise NotBegun(month, when.day)
    if (unfinished := unfinished_run(month)) is not None:
        return unfinished
    try:
        with transaction.atomic():
            return unfinished_run(month) or _plan(month, when=when, everybody=everybody)
    except IntegrityError:  # somebody else planned it in the same moment
        return unfinished_run(month)


def call_for_hands(run: BillingRun) -> None:
    """This function will promise that workers who are free share in a run: one for each open chunk but the
    first. A run calls once, however often it is resumed.
    """
    open_chunks = BillingChunk.objects.filter(run=run, done_at__isnull=True).count()
    with transaction.atomic():
        for hand in range(1, min(open_chunks, MOST_HANDS)):
            outbox.defer(SHARE, {"run_id": str(run.pk)}, key=f"{SHARE}:{run.pk}:{hand}")


def work_on(
    run: BillingRun,
    *,
    when: Callable[[], At],
    may_go_on: Callable[[], bool] = lambda: True,
    after_chunk: Callable[[BillingChunk], None] = lambda _: None,
    stays: bool = True,
) -> None:
    """This function will bill chunk by chunk until the run is finished, or until it may not go on.

    What others have in their hands is waited for, unless it is not to stay: whoever of them dies gives it
    back. The last one to find no chunk left notes that the run is finished.
    """
    while may_go_on():
        with _no_garbage():
            chunk = bill_chunk(run, when=when())
        if chunk is not None:
            after_chunk(chunk)
        elif finish(run, when=when()) or not stays:
            return
        else:
            time.sleep(LOOK_AGAIN_AFTER.total_seconds())


@contextmanager
def _no_garbage() -> Iterator[None]:
    """A chunk makes hundreds of thousands of small objects and no cycles: looking for some would take a
    quarter of its time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def bill_chunk(run: BillingRun, *, when: At) -> BillingChunk | None:
    """This function will take an open chunk and bill it, in one transaction; none when none is free.

    A chunk that was refused comes back halved and still open.
    """
    taken: BillingChunk | None = None
    try:
        with transaction.atomic():
            taken = _take(run)
            if taken is not None:
                _bill(run, taken, when=when)
    except REFUSED as why:
        if taken is None:
            raise
        taken = _halve(taken, str(why), run=run, when=when)
    return taken


def finish(run: BillingRun, *, when: At) -> bool:
    """This function will note that a run is finished unless a chunk is still open, also in other hands."""
    if BillingChunk.objects.filter(run=run, done_at__isnull=True).exists():
        return False
    BillingRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(finished_at=when.at)
    return True


def progress_of(run: BillingRun) -> Progress:
    """This function will add up how far a run is."""
    done = Q(done_at__isnull=False)
    sums = BillingChunk.objects.filter(run=run).aggregate(
        planned_accounts=Coalesce(Sum("accounts"), 0),
        done_accounts=Coalesce(Sum("accounts", filter=done), 0),
        all_invoices=Coalesce(Sum("invoices"), 0),
        all_net_minor=Coalesce(Sum("net_minor"), 0),
        all_parked=Coalesce(Sum("parked"), 0),
        open_chunks=Count("id", filter=~done),
    )
    return Progress(
        accounts=sums["planned_accounts"],
        done=sums["done_accounts"],
        invoices=sums["all_invoices"],
        net_minor=int(sums["all_net_minor"]),
        parked=sums["all_parked"],
        open_chunks=sums["open_chunks"],
    )


def _plan(month: Month, *, when: At, everybody: bool) -> BillingRun | None:
    spans = list(plan_spans(due_on=month.first_on, everybody=everybody, size=CHUNK_ACCOUNTS))
    if not spans:
        return None
    run = BillingRun.objects.create(
        month_on=month.first_on, looks_at_all=everybody, started_at=when.at, started_by=when.by
    )
    BillingChunk.objects.bulk_create(
        BillingChunk(
            run=run,
            first_account_id=row_id(span.first),
            last_account_id=row_id(span.last),
            accounts=span.accounts,
        )
        for span in spans
    )
    return run


def _take(run: BillingRun) -> BillingChunk | None:
    chunks = BillingChunk.objects.filter(run=run, done_at__isnull=True).order_by("id")
    return chunks.select_for_update(skip_locked=True).first()


def _bill(run: BillingRun, chunk: BillingChunk, *, when: At) -> None:
    look_up_by_keys()
    span = _span(chunk)
    accounts = lock_span(span, due_on=run.month_on, everybody=run.looks_at_all)
    month = Month.of(run.month_on)
    decisions = Decisions(span, accounts, month=month)
    issued = carry_out(decisions, day=when.day, at=when.at)
    unpark(accounts)
    for account, reason in decisions.parked.items():
        park(account, reason, month=month, at=when.at)
    chunk.invoices = len(issued)
    chunk.net_minor = sum(one.document.draft.net_minor for one in issued)
    _done(chunk, len(decisions.parked), when=when)


def _halve(chunk: BillingChunk, reason: str, *, run: BillingRun, when: At) -> BillingChunk:
    """Cuts a chunk that the database refused in two; a single account is parked with the reason instead."""
    with transaction.atomic():
        refused, chunk = chunk, BillingChunk.objects.select_for_update().get(pk=chunk.pk)
        if chunk.done_at is not None or chunk.last_account_id != refused.last_account_id:
            return chunk  # another has done it or halved it: the reason may be with the other half
        accounts = lock_span(_span(chunk), due_on=run.month_on, everybody=run.looks_at_all)
        if len(accounts) < 2:
            for account in accounts:
                park(account, reason, month=Month.of(run.month_on), at=when.at)
            _done(chunk, len(accounts), when=when)
            return chunk
        middle = len(accounts) // 2
        BillingChunk.objects.create(
            run=run,
            first_account_id=row_id(accounts[middle]),
            last_account_id=chunk.last_account_id,
            accounts=len(accounts) - middle,
        )
        chunk.last_account_id = row_id(accounts[middle - 1])
        chunk.accounts = middle
        chunk.save(update_fields=["last_account_id", "accounts"])
    log.warning("billing.chunk_halved", run=str(run.pk), chunk=chunk.pk, accounts=chunk.accounts, why=reason)
    return chunk


def _span(chunk: BillingChunk) -> tuple[str, str]:
    return (key_of(chunk.first_account_id), key_of(chunk.last_account_id))


def _done(chunk: BillingChunk, parked: int, *, when: At) -> None:
    chunk.parked = parked
    chunk.done_at, chunk.done_by = when.at, when.by
    chunk.save(update_fields=["invoices", "net_minor", "parked", "done_at", "done_by"])
    log.info(
        "billing.chunk_done",
        run=str(chunk.run_id),
        chunk=chunk.pk,
        accounts=chunk.accounts,
        invoices=chunk.invoices,
        net_minor=chunk.net_minor,
        parked=chunk.parked,
        by=chunk.done_by,
    )
