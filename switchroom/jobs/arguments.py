"""What commands are told, read from their words; argparse prints the reason when a word is none of these."""

from __future__ import annotations

import argparse

from switchroom.rules.periods import Month

MOST_PROCESSES = 64


def month_of(text: str) -> Month:
    """This function will read a month such as ``2026-12``; raises ``ArgumentTypeError``."""
    try:
        return Month.parse(text)
    except ValueError as why:
        raise argparse.ArgumentTypeError(str(why)) from None


def processes_of(text: str) -> int:
    """This function will read a number of processes, 1 to 64; raises ``ArgumentTypeError``."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {MOST_PROCESSES}, found {text!r}")
    return int(text)
