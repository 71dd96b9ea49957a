"""What a law of the audit says when it is broken."""

from __future__ import annotations

from typing import NamedTuple

from switchroom.rules.money import decimal_text


class Breach(NamedTuple):
    """What breaks a law: its name for people, and what is wrong with it in one sentence."""

    subject: str
    sentence: str


def amount(minor: int) -> str:
    """This function will write minor units for a sentence: ``1790`` is ``17.90``."""
    return decimal_text(minor)
