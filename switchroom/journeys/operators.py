"""What operators do for customers is told in their name."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class Act(msgspec.Struct, frozen=True):
    """Which operator acts, and when: ``day`` is the local day of ``at`` (UTC)."""

    operator: str
    day: date
    at: datetime
