"""``switchroom audit``: the nightly look at everything, in words; exit code 1 when something is wrong.

Accounts are looked at a few hundred at a time, and what is found is printed at once. More workers are more
processes that look at every so manieth of these spans each; the same can be done on several machines.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from itertools import islice

from rich.console import Console
from rich.progress import Progress

from switchroom.jobs.arguments import processes_of
from switchroom.jobs.helping import start
from switchroom.journeys.audit import LAWS, Finding, findings_in, findings_overall
from switchroom.journeys.audits.readings.accounts import all_spans, count_accounts
from switchroom.plumbing import clock

SOUND, FAULTY = 0, 1
ENDING = " found wrong on {day} in part {part} of {parts}."


class HelperFailed(Exception):
    """A worker could not finish its part, so nothing can be said of the whole."""

    def __init__(self, part: int, parts: int) -> None:
        super().__init__(f"Part {part} of {parts} of the audit was not finished; see above.")


def main(argv: Sequence[str]) -> int:
    """This function will run the audit, print what it finds, and return 0 when all is well, else 1."""
    asked = _parser().parse_args(argv)
    day: date = asked.on or clock.today()
    if asked.part:
        part, parts = asked.part
        found = _look(day, part, parts)
        print(f"{found}{ENDING.format(day=day, part=part, parts=parts)}")
        return FAULTY if found else SOUND
    with ExitStack() as stack:
        others = range(2, asked.workers + 1)
        helpers = [stack.enter_context(_help(day, part, asked.workers)) for part in others]
        found = _look(day, 1, asked.workers, shown=True)
        for part, helper in zip(others, helpers, strict=True):
            found += _finish(helper, day, part, asked.workers)
    if found:
        print(f"{found} found wrong on {day}.")
        return FAULTY
    print(f"All {len(LAWS)} laws hold on {day}.")
    return SOUND


def _look(day: date, part: int, parts: int, *, shown: bool = False) -> int:
    """Prints what is wrong in one of so many parts, with a bar on a terminal when ``shown``; returns how
    much.
    """
    found = 0
    console = Console(stderr=True)
    is_hidden = not shown or not console.is_terminal
    with Progress(console=console, disable=is_hidden, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(f"Audit of {day}", total=count_accounts() / parts)
        for accounts, findings in _findings(day, part, parts):
            for finding in findings:
                print(finding)
            found += len(findings)
            bar.advance(task, accounts)
    return found


def _findings(day: date, part: int, parts: int) -> Iterator[tuple[int, list[Finding]]]:
    """What is found, with the number of accounts that were looked at for it."""
    gc.freeze()  # the collector need not look through the program again with every span
    try:
        if part == 1:
            yield 0, findings_overall(day=day)
        for span in islice(all_spans(), part - 1, None, parts):
            yield span.accounts, findings_in(span, day=day)
    finally:
        gc.unfreeze()


def _help(day: date, part: int, parts: int) -> subprocess.Popen[str]:
    return start("audit", "--on", day.isoformat(), "--part", f"{part}/{parts}", output=subprocess.PIPE)


def _finish(helper: subprocess.Popen[str], day: date, part: int, parts: int) -> int:
    """Prints what another process found, and returns how much; raises HelperFailed unless it says so itself:
    its code is the same whether it found something or failed.
    """
    said, _ = helper.communicate()
    *findings, last = said.splitlines(keepends=True) or [""]
    found = last.strip().removesuffix(ENDING.format(day=day, part=part, parts=parts))
    print(*findings, sep="", end="")
    if not found.isdecimal():
        raise HelperFailed(part, parts)
    return int(found)


def _parser() -> argparse.ArgumentParser:
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
    parser.add_argument("--workers", metavar="N", type=processes_of, default=1, help="processes at once (1)")
    parser.add_argument(
        "--part",
        metavar="K/N",
        type=_part,
        help="look at one of N parts only: for many machines",
    )
    return parser


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if processes_of(part) > processes_of(parts):
        raise argparse.ArgumentTypeError(f"expected a part such as 2/4, found {text!r}")
    return int(part), int(parts)
