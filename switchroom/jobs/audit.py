"""``switchroom audit``: the nightly look at everything, in words; exit code 1 when something is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date

from switchroom.journeys.audit import LAWS, run_audit
from switchroom.plumbing import clock


def main(argv: Sequence[str]) -> int:
    """This function will run the audit, print what it finds, and return 0 when all is well, else 1."""
    parser = argparse.ArgumentParser(
        prog="switchroom audit",
        description="Check every law of the business over all accounts. Changes nothing.",
    )
    parser.add_argument(
        "--on",
        metavar="DATE",
        type=date.fromisoformat,
        help="the day whose work is done, such as 2026-06-16; today when left out",
    )
    day = parser.parse_args(argv).on or clock.today()
    findings = run_audit(day=day)
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} found wrong on {day}.")
        return 1
    print(f"All {len(LAWS)} laws hold on {day}.")
    return 0
