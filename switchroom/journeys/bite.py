"""After a reduction took effect the phone system follows, and the member is told (rules 6.2 and 6.3).

The reduction itself is carried out with the bill of its day (``bill.py``); this is its effect, which may be
repeated.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from switchroom.journeys import letters
from switchroom.journeys.provision import provision
from switchroom.plumbing import clock
from switchroom.subscriptions.promises import fresh


def follow_reduction(*, subscription_id: UUID, bitten_on: date) -> None:
    """This function will bring a phone system to what its subscription holds after a reduction."""
    reduced = fresh(subscription_id)
    at = clock.now()
    provision(subscription=reduced, day=max(bitten_on, clock.local_day(at)), at=at)
    letters.reduction_done(reduced, day=bitten_on)
