"""What happened, in the words of the business: one row for each event, written with the change it tells of.

The rows are never changed nor deleted; the database refuses it. A subscription's history in the portal is
made of them.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from switchroom.plumbing import clock
from switchroom.plumbing.models import AuditEvent


def record(
    *,
    kind: str,
    day: date,
    account_id: UUID,
    subscription_id: UUID | None = None,
    actor: str = "",
    facts: dict[str, Any],
) -> AuditEvent:
    """This function will write one event that counts for a local day.

    ``actor`` is the member's address, empty when it happened by itself. ``facts`` must be JSON (days, UUIDs
    and instants become text); amounts are minor units under names that end in ``_minor``.
    """
    return AuditEvent.objects.create(
        kind=kind,
        happened_on=day,
        recorded_at=clock.now(),
        account_id=account_id,
        subscription_id=subscription_id,
        actor=actor,
        facts=facts,
    )


def story_of(*, subscription_id: UUID) -> QuerySet[AuditEvent]:
    """This function will return all that happened to a subscription, in the order in which it was written."""
    return AuditEvent.objects.filter(subscription_id=subscription_id).order_by("id")


def story_of_account(*, account_id: UUID) -> QuerySet[AuditEvent]:
    """This function will return all that happened to an account, in the order in which it was written."""
    return AuditEvent.objects.filter(account_id=account_id).order_by("id")
