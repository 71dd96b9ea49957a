"""The phone systems of a span of accounts beside what is promised and what the edge knows; deleted ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from switchroom.journeys.audits.readings.accounts import Edges
from switchroom.journeys.audits.readings.lives import Life, Lives
from switchroom.phonesystems import deletion
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.contract import Tenant
from switchroom.phonesystems.models import DeletionRecord
from switchroom.phonesystems.tenants import PhoneSystemRow, read_tenants
from switchroom.plumbing.bulk import key_of
from switchroom.rules.lifecycle import State, state_on


class Provided(NamedTuple):
    """A subscription on the day that is looked at, and its phone system, if there is one."""

    life: Life
    state: State
    phone_system: PhoneSystemRow | None


class Tenancy(NamedTuple):
    """A phone system as the edge is to know it, and as the edge does know it."""

    phone_system: PhoneSystemRow
    written: Tenant
    known: Tenant | None


class PhoneSystems:
    """The phone systems of a span of accounts, those that were deleted among them (``records``).

    ``left`` names what is left of deleted ones (id → names).
    """

    def __init__(self, edges: Edges, lives: Lives) -> None:
        tenants = read_tenants(edges)
        known = edge().known_among([tenant.label for _, tenant in tenants])
        there = {phone_system.subscription_id: phone_system for phone_system, _ in tenants}
        self.day = lives.day
        self.tenancies = [Tenancy(row, tenant, known.get(tenant.label)) for row, tenant in tenants]
        self.provided = [
            Provided(life, state_on(life.promise, lives.day), there.get(life.facts.id))
            for life in lives.lives
        ]
        first, last = edges
        records = DeletionRecord.objects.filter(
            subscription__account_id__gte=first, subscription__account_id__lte=last
        )
        self.records = list(records)
        self.left: dict[UUID, list[str]] = {}
        if self.records:  # most spans have none
            self.left = deletion.left_of([record.phone_system_id for record in self.records])

    def there(self) -> Iterator[tuple[Life, State, PhoneSystemRow]]:
        """This function will go through the subscriptions that have a phone system."""
        for life, state, phone_system in self.provided:
            if phone_system is not None:
                yield life, state, phone_system

    def record_by_subscription(self) -> dict[str, DeletionRecord]:
        """This function will give the deletion records by the subscription whose phone system was deleted."""
        return {key_of(record.subscription_id): record for record in self.records}
