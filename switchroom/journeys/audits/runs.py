"""No bill is left undone: nobody stays parked, and no billing run unfinished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from switchroom.billing.models import BillingRun, ParkedAccount
from switchroom.journeys.audits.breaches import Breach
from switchroom.plumbing import clock


def nobody_is_parked(_day: date) -> Iterator[Breach]:
    """This function will find accounts that the latest run could not bill."""
    for parked in ParkedAccount.objects.select_related("account").order_by("account_id").iterator():
        yield Breach(f"account {parked.account} ({parked.account_id})", f"is parked: {parked.reason}")


def runs_are_finished(day: date) -> Iterator[Breach]:
    """This function will find billing runs that were begun on an earlier day and are not finished."""
    for run in BillingRun.objects.filter(finished_at__isnull=True).order_by("started_at"):
        begun_on = clock.local_day(run.started_at)
        if begun_on < day:
            yield Breach(f"billing run of {run}", f"it was begun on {begun_on} and is not finished.")
