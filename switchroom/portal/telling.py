"""How one kind of event is told in the story of a subscription; ``timeline.py`` has all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Names = Mapping[str, str]
Details = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How a kind of event is told: icon, tone, sentence, details."""

    title: Callable[[Mapping[str, Any], Names], str]
    icon: str = "check"
    tone: str = "neutral"
    details: Callable[[Mapping[str, Any], Names], Details] = field(default=lambda facts, names: ())
