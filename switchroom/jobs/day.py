"""``switchroom day``: everything that one day asks for, by hand; the schedule does the same by itself every
night.
"""

from __future__ import annotations

import argparse
from datetime import date

from switchroom.journeys.day import run_day
from switchroom.plumbing import clock


def main(argv: list[str]) -> int:
    """This function will do what is due on or before a day, say what it did, and return 0, or 1 if an
    account failed or is parked.

    It may be killed and run again: an account is either done or untouched, and what is done is not done
    again.
    """
    parser = argparse.ArgumentParser(
        prog="switchroom day",
        description=(
            "Do everything that is due on or before a day: ends, reductions, invoices, reminders, deletions. "
            "It may be run again at any time."
        ),
    )
    parser.add_argument(
        "--on",
        metavar="DATE",
        type=date.fromisoformat,
        help="the day, such as 2026-07-01; today when left out",
    )
    asked = parser.parse_args(argv)
    today = clock.today()
    day = asked.on or today
    if day > today:
        parser.error(f"{day} has not come yet; today is {today}.")
    report = run_day(day=day, at=clock.now())
    print(
        f"{day}: {report.invoices} invoices issued, {len(report.settled)} accounts settled, "
        f"{len(report.failed)} failed."
    )
    for account_id, reason in report.failed:
        print(f"  {account_id}: {reason}")
    if report.parked:
        print(f"{len(report.parked)} parked accounts were left alone. To try them: switchroom bill --parked")
    return 1 if report.failed or report.parked else 0
