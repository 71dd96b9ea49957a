"""How one kind of event is told in the story of a subscription."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from switchroom.plumbing.wording import long_day, phone_number
from switchroom.rules.periods import ONE_DAY

Names = Mapping[str, str]
Details = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How a kind of event is told: icon, tone, sentence, details."""

    title: Callable[[Mapping[str, Any], Names], str]
    icon: str = "check"
    tone: str = "neutral"
    details: Callable[[Mapping[str, Any], Names], Details] = field(default=lambda facts, names: ())


def day_in(text: str) -> date:
    """This function will return the day that a fact names."""
    return date.fromisoformat(text)


def last_in(text: str) -> str:
    """This function will write out the last day before that which a fact names."""
    return long_day(day_in(text) - ONE_DAY)


def number_in(facts: Mapping[str, Any]) -> str:
    """This function will write out the phone number that facts are about."""
    return phone_number(facts["number"])
