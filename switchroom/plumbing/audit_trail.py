"""What happened, in the words of the business: one row for each event, written with the change it tells of.

The rows are never changed nor deleted; the database refuses it. A subscription's history in the portal is
made of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from switchroom.plumbing import clock
from switchroom.plumbing.bulk import insert_rows, instant_as_kept, sent_key_maker
from switchroom.plumbing.models import AuditEvent

COLUMNS = ["id", "kind", "happened_on", "recorded_at", "account_id", "subscription_id", "actor", "facts"]


Prepared = tuple[Any, ...]
"""An event as its row."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event to be written; ids are UUIDs or their text as the database keeps it. See ``record``."""

    kind: str
    happened_on: date
    account_id: UUID | str | int
    subscription_id: UUID | str | int | None = None
    actor: str = ""
    facts: dict[str, Any] | msgspec.Struct


def record(
    *,
    kind: str,
    day: date,
    account_id: UUID,
    subscription_id: UUID | None = None,
    actor: str = "",
    facts: dict[str, Any],
) -> None:
    """This function will write one event that counts for a local day.

    ``actor`` is the member's address, empty when it happened by itself. ``facts`` must be JSON (days, UUIDs
    and instants become text); amounts are minor units under names that end in ``_minor``.
    """
    event = Event(
        kind=kind,
        happened_on=day,
        account_id=account_id,
        subscription_id=subscription_id,
        actor=actor,
        facts=facts,
    )
    record_all([event])


def record_all(events: Iterable[Event]) -> None:
    """This function will write many events at once, in their order."""
    record_prepared(prepared(events, at=clock.now()))


def prepared(events: Iterable[Event], *, at: datetime) -> list[Prepared]:
    """This function will make events that are recorded at an instant (UTC) ready for ``record_prepared``,
    without asking the database.
    """
    recorded_at = instant_as_kept(at)
    encode, make_key = msgspec.json.encode, sent_key_maker()
    return [
        (
            make_key(),
            event.kind,
            event.happened_on,
            recorded_at,
            event.account_id,
            event.subscription_id,
            event.actor,
            encode(event.facts).decode(),
        )
        for event in events
    ]


def record_prepared(events: Iterable[Prepared]) -> None:
    """This function will write events that were made ready before."""
    insert_rows(AuditEvent, COLUMNS, events)


def story_of(*, subscription_id: UUID) -> QuerySet[AuditEvent]:
    """This function will return all that happened to a subscription, in the order in which it was written."""
    return AuditEvent.objects.filter(subscription_id=subscription_id).order_by("id")


def story_of_account(*, account_id: UUID) -> QuerySet[AuditEvent]:
    """This function will return all that happened to an account, in the order in which it was written."""
    return AuditEvent.objects.filter(account_id=account_id).order_by("id")
