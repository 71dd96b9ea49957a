"""The end of a phone system: deleted for good, with a signed record that it was (rule 7.5).

The database forgets at once, in the transaction that also promises the edge's forgetting: an edge
cannot take part in a transaction, and a phone system that is gone at the edge but still in the database
after a crash would come back with the next push. From the commit on there is nothing left to push. The
promised operation deletes at the edge and verifies that it is gone, and is repeated until it is. Until
then ``nothing_left`` names the edge; the nightly audit asks it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from uuid import UUID

from django.core import signing
from django.db.models import F, Value

from switchroom.phonesystems.changing import hold, tell
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.models import (
    Backup,
    DeletionRecord,
    Endpoint,
    Operation,
    OperationKind,
    OperationState,
    PhoneNumber,
    PhoneSystem,
)
from switchroom.phonesystems.numbers import to_quarantine
from switchroom.phonesystems.operations import ask_edge_to_forget, labels_ever
from switchroom.plumbing.ids import new_id

SIGNER = signing.Signer(salt="phonesystems.deletion")


class StillOn(Exception):
    """A phone system that is on was to be deleted; it must be switched off first."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The phone system {name} is on; it must be switched off before it can be deleted.")


def delete(
    *,
    phone_system: PhoneSystem,
    rule: str,
    day: date,
    at: datetime,
    quarantine_days: int,
) -> DeletionRecord:
    """This function will delete a phone system for good and return the record of it.

    Endpoints, credentials and backups are deleted; numbers go to quarantine until ``day +
    quarantine_days`` (rule 7.8), unless a follow-up took them over before. ``rule`` is 3.3 or 7.5. Raises
    StillOn, and ``Refused`` (rule 7.5) when it was deleted before.
    """
    hold(phone_system)
    if phone_system.is_on:
        raise StillOn(phone_system.name)
    numbers = to_quarantine(numbers=phone_system.numbers.all(), day=day, quarantine_days=quarantine_days)
    endpoints, _ = Endpoint.objects.filter(phone_system=phone_system).delete()
    backups, _ = Backup.objects.filter(phone_system=phone_system).delete()
    PhoneSystem.objects.filter(id=phone_system.id).delete()
    record = DeletionRecord(
        id=new_id(),
        account_id=phone_system.account_id,
        subscription_id=phone_system.subscription_id,
        phone_system_id=phone_system.id,
        name=phone_system.name,
        sip_label=phone_system.sip_label,
        revision=phone_system.revision,
        rule=rule,
        deleted_on=day,
        deleted_at=at,
        endpoints=endpoints,
        phone_numbers=numbers,
        backups=backups,
    )
    record.signature = SIGNER.signature(canonical(record))
    record.save(force_insert=True)
    ask_edge_to_forget(phone_system=phone_system, at=at)
    facts = {"rule": rule, "endpoints": endpoints, "phone_numbers": numbers, "backups": backups}
    tell(phone_system=phone_system, kind="phone_system_deleted", day=day, facts=facts)
    return record


def canonical(record: DeletionRecord) -> str:
    """This function will return what a record says, all of it, as the one text that is signed."""
    said = {
        "account": str(record.account_id),
        "subscription": str(record.subscription_id),
        "phone_system": str(record.phone_system_id),
        "name": record.name,
        "sip_label": record.sip_label,
        "revision": record.revision,
        "rule": record.rule,
        "deleted_on": record.deleted_on.isoformat(),
        "deleted_at": record.deleted_at.astimezone(UTC).isoformat(),
        "endpoints": record.endpoints,
        "phone_numbers": record.phone_numbers,
        "backups": record.backups,
    }
    return json.dumps(said, sort_keys=True)


def verify(record: DeletionRecord) -> bool:
    """This function will say whether a record says what was signed when it was written."""
    try:
        SIGNER.unsign(f"{canonical(record)}{SIGNER.sep}{record.signature}")
    except signing.BadSignature:
        return False
    return True


def nothing_left(phone_system_id: UUID) -> list[str]:
    """This function will name whatever is left of a deleted phone system, in the database and at the edge.

    An empty list is the proof that it is gone everywhere.
    """
    return left_of([phone_system_id])[phone_system_id]


def left_of(phone_system_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """This function will name whatever is left of each of many deleted phone systems, as ``nothing_left``
    does of one.
    """
    forgetting = Operation.objects.filter(kind=OperationKind.DELETE, state=OperationState.WAITING)
    in_database = {
        "the phone system": PhoneSystem.objects.annotate(phone_system_id=F("id")),
        "endpoints": Endpoint.objects.all(),
        "backups": Backup.objects.all(),
        "number assignments": PhoneNumber.objects.all(),
        "a request to the edge to forget it": forgetting,
    }
    first, *others = [
        rows.filter(phone_system_id__in=phone_system_ids)
        .order_by()
        .values_list("phone_system_id", Value(name))
        for name, rows in in_database.items()
    ]
    found = set(first.union(*others))
    left = {id_: [name for name in in_database if (id_, name) in found] for id_ in phone_system_ids}
    asked = labels_ever(phone_system_ids)
    holders = edge().holders_of({label for labels in asked.values() for label in labels})
    for phone_system_id, labels in asked.items():
        left[phone_system_id] += [
            f"{label} at the edge" for label in sorted(labels) if holders.get(label) == phone_system_id
        ]
    return left
