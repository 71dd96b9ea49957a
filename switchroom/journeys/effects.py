"""What follows a journey through the outbox and needs more than one context."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from switchroom.journeys import letters
from switchroom.journeys.bill import FOLLOW_REDUCTION
from switchroom.journeys.bite import follow_reduction
from switchroom.plumbing import outbox


@outbox.handles(FOLLOW_REDUCTION)
def after_reduction(payload: dict[str, Any]) -> None:
    """This function will have the phone system follow a reduction."""
    follow_reduction(
        subscription_id=UUID(payload["subscription_id"]), bitten_on=date.fromisoformat(payload["day"])
    )


@outbox.handles(letters.ANNOUNCE)
def announce_invoices(payload: dict[str, Any]) -> None:
    """This function will write the letters of invoices that were just issued."""
    letters.invoices_issued([UUID(id_) for id_ in payload["invoice_ids"]])
