"""``switchroom bill``: the run of the 1st by hand, with as many workers as one likes.

The schedule does the same by itself. A run is shared: a second command for the same month, on this machine or
another, takes chunks of the same run, and one that was interrupted is resumed by the next. Ctrl-C and SIGTERM
end it after the chunk under way.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

from switchroom.billing.models import BillingRun, ParkedAccount
from switchroom.jobs import forecast, helping
from switchroom.jobs.arguments import month_of, processes_of
from switchroom.jobs.progress import RunDisplay
from switchroom.journeys import billing_run
from switchroom.journeys import parked as journeys
from switchroom.journeys.billing_run import At
from switchroom.plumbing import clock
from switchroom.rules.periods import Month


def main(argv: Sequence[str]) -> int:
    """This function will bill a month and return 0, or 1 when accounts were parked or it was interrupted."""
    parser = _parser()
    asked = parser.parse_args(argv)
    month = asked.month or Month.of(clock.today())
    if asked.dry_run:
        return forecast.report(month, everybody=asked.all)
    if asked.parked:
        return bill_parked()
    if asked.workers > 1 and connection.vendor == "sqlite":
        parser.error("SQLite has one writer at a time: more workers need PostgreSQL.")
    if asked.share:
        return share(month)
    try:
        run = billing_run.open_run(month, when=now(), everybody=asked.all)
    except billing_run.NotBegun as why:
        parser.error(str(why))
    if run is None:
        print(f"{month}: nothing is due.")
        return 0
    if asked.all and not run.looks_at_all:
        print("An unfinished run is resumed first. To look at every paying account, give this command again.")
    return bill(run, workers=asked.workers, quiet=asked.quiet)


def bill(run: BillingRun, *, workers: int = 1, quiet: bool = False) -> int:
    """This function will work on a run with this process and ``workers`` − 1 more; see ``main``."""
    stop = threading.Event()
    with _ending(stop), RunDisplay(run, quiet=quiet) as display, _helpers(run, workers - 1, stop):
        billing_run.work_on(
            run, when=now, may_go_on=lambda: not stop.is_set(), after_chunk=lambda _: display.update()
        )
    display.finish(interrupted=stop.is_set())
    progress = billing_run.progress_of(run)
    return 1 if progress.parked or progress.open_chunks else 0


def share(month: Month) -> int:
    """This function will share in a month's run as long as it is open, and plan none."""
    run, stop = billing_run.unfinished_run(month), threading.Event()
    if run is not None:
        with _ending(stop):
            billing_run.work_on(run, when=now, may_go_on=lambda: not stop.is_set())
    return 0


def bill_parked() -> int:
    """This function will try each parked account again and return 0, or 1 when one stays parked."""
    stay = 0
    for parked in ParkedAccount.objects.select_related("account").order_by("account__number"):
        reason = journeys.bill_parked(account_id=parked.account_id, when=now())
        stay += bool(reason)
        print(f"{parked.account.number} {parked.account.name}: {f'parked: {reason}' if reason else 'billed'}")
    return 1 if stay else 0


def now() -> At:
    """This function will say what time it is and who we are, for what a run writes down."""
    at = clock.now()
    return At(clock.local_day(at), at, billing_run.who())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="switchroom bill",
        description="Bill a month: one invoice for every account that owes something. It may be run again at "
        "any time, and in several places at once: they share the work.",
    )
    parser.add_argument(
        "--month", metavar="YYYY-MM", type=month_of, help="such as 2026-12; this one when left out"
    )
    parser.add_argument("--workers", metavar="N", type=processes_of, default=1, help="processes at once (1)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be billed, write nothing")
    parser.add_argument(
        "--all", action="store_true", help="look at every paying account, not only those with something due"
    )
    parser.add_argument("--parked", action="store_true", help="try the parked accounts again, nothing else")
    parser.add_argument("--share", action="store_true", help=argparse.SUPPRESS)  # what our own helpers do
    parser.add_argument("--quiet", action="store_true", help="print nothing but what went wrong")
    return parser


@contextmanager
def _ending(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask for the end, which comes after the chunk under way."""
    signs = (signal.SIGTERM, signal.SIGINT)
    before = {sign: signal.signal(sign, lambda _number, _frame: stop.set()) for sign in signs}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


@contextmanager
def _helpers(run: BillingRun, count: int, stop: threading.Event) -> Iterator[None]:
    """More processes that share in the run: each is this command, told to plan none."""
    month = str(Month.of(run.month_on))
    helpers = [helping.start("bill", "--month", month, "--share") for _ in range(count)]
    try:
        yield
    finally:
        if stop.is_set():
            for helper in helpers:
                helper.terminate()
        for helper in helpers:
            helper.wait()
