"""The steps of ``billing_run``: each is a process with a database of its own to work on (``_steps.py``)."""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Callable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import django
from django.db import transaction

from bench._steps import step

Work = Callable[[], dict[str, Any]]

MONTH = "2025-12"


def main(argv: list[str]) -> None:
    """This function will be the process of one step; ``argv`` names it and what it needs."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "switchroom.config.settings"
    os.environ["SWITCHROOM_MOVABLE_CLOCK"] = "true"
    django.setup()
    logging.disable(logging.INFO)
    name, *arguments = argv
    step(lambda: STEPS[name](*arguments))


def seed(accounts: str, items: str = "0", part: str = "0", parts: str = "1") -> Work:
    """Writes a part of the provider; the first prepares the database before, with the clock at the 1st of the
    month that is to be billed.
    """
    from bench._provider import RUN_ON, put_on_sale, seed
    from switchroom.jobs.preparing import prepare_database
    from switchroom.plumbing import clock

    if part == "0":
        prepare_database()
        put_on_sale()
        clock.move_to(RUN_ON)

    def work() -> dict[str, Any]:
        seed(int(accounts), items_of_one=int(items), part=int(part), parts=int(parts))
        return {}

    return work


def plan(size: str, month: str = MONTH, everybody: str = "") -> Work:
    """Plans the run of a month, on its first day."""
    from switchroom.jobs.bill import now
    from switchroom.journeys import billing_run
    from switchroom.journeys.billing_run import open_run, progress_of
    from switchroom.plumbing import clock
    from switchroom.rules.periods import Month

    billing_run.CHUNK_ACCOUNTS = int(size)
    clock.move_to(Month.parse(month).first_on)

    def work() -> dict[str, Any]:
        run = open_run(Month.parse(month), when=now(), everybody=bool(everybody))
        return {"accounts": progress_of(run).accounts if run else 0}

    return work


def run(portion: str = "") -> Work:
    """Bills chunk by chunk until none is open, or ``portion`` of them."""
    from switchroom.billing.models import BillingRun
    from switchroom.jobs.bill import now
    from switchroom.journeys.billing_run import progress_of, work_on

    planned = BillingRun.objects.get(finished_at=None)

    def work() -> dict[str, Any]:
        work_on(planned, when=now)
        progress = progress_of(planned)
        return {"invoices": progress.invoices, "parked": progress.parked, "net_minor": progress.net_minor}

    def work_a_portion() -> dict[str, Any]:
        done: list[object] = []
        go_on = lambda: len(done) < int(portion)  # noqa: E731
        work_on(planned, when=now, may_go_on=go_on, after_chunk=done.append, stays=False)
        return {"portions": len(done)}

    return work_a_portion if portion else work


def reference(chunks: str) -> Work:
    """Bills the first chunks with Django's objects."""
    from bench._billing_reference import bill_accounts
    from switchroom.billing.models import BillingChunk

    spans = list(BillingChunk.objects.order_by("id").values_list("first_account_id", "last_account_id"))

    def work() -> dict[str, Any]:
        return {"invoices": sum(bill_accounts(*span, date(2025, 12, 1)) for span in spans[: int(chunks)])}

    return work


def forecast() -> Work:
    """Says what the run will bill."""
    from switchroom.journeys.forecast import forecast
    from switchroom.rules.periods import Month

    def work() -> dict[str, Any]:
        foreseen = forecast(Month.parse(MONTH), day=date(2025, 12, 1))
        return {"invoices": foreseen.invoices, "net_minor": foreseen.net_minor}

    return work


def extract(file: str, form: str = "TEXT") -> Work:
    """Keeps the rows that a run wrote, chunk by chunk, as they go over the wire in a form of COPY."""
    from bench._billing_rows import chunks_of_rows

    def work() -> dict[str, Any]:
        chunks = list(chunks_of_rows(form))
        Path(file).write_bytes(pickle.dumps(chunks))
        return {"chunks": len(chunks)}

    return work


def write(file: str, place: str, of: str, portion: str) -> Work:
    """Writes every ``of``-th chunk of those rows, and nothing else: one transaction each, ``portion`` of them
    at a time.
    """
    from bench._billing_rows import make_room, write_chunk

    if place == "0":
        make_room()
    mine = iter(pickle.loads(Path(file).read_bytes())[int(place) :: int(of)])  # noqa: S301  # our own file

    def work() -> dict[str, Any]:
        chunks = list(islice(mine, int(portion)))
        for chunk in chunks:
            with transaction.atomic():
                write_chunk(chunk)
        return {"portions": len(chunks)}

    return work


def gate(sample: str) -> Work:
    """Compares invoices with what ``switchroom replay`` says of the same lives."""
    from bench._billing_gate import differences

    return lambda: {"differences": differences(int(sample))}


def follow() -> Work:
    """Carries out what the runs deferred, but the letters: they are most of it, and no law asks for them."""
    from switchroom.journeys.letters import ANNOUNCE
    from switchroom.plumbing import outbox
    from switchroom.plumbing.models import OutboxEntry

    OutboxEntry.objects.filter(kind=ANNOUNCE, done_at=None).delete()

    def work() -> dict[str, Any]:
        outbox.drain()
        return {"given_up": outbox.dead().count()}

    return work


STEPS: dict[str, Callable[..., Work]] = {
    one.__name__: one for one in (seed, plan, run, reference, forecast, extract, write, gate, follow)
}

if __name__ == "__main__":
    main(sys.argv[1:])
