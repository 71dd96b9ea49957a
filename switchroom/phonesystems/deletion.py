"""The end of a phone system: deleted for good, with a signed record that it was (rule 7.5).

The database forgets at once, in the transaction that also promises the rest: neither edge nor storage can
take part in a transaction, and a phone system that is gone at the edge but still in the database after a
crash would come back with the next push. From the commit on there is nothing left to push. What is promised
is repeated until it is done: the edge forgets, the storage is emptied, the data key is dropped and a
tombstone put in its place, everything is looked through, and only when nothing is left is the record signed.
Until then ``nothing_left`` names what is missing; the nightly audit asks it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from uuid import UUID

import structlog
from django.db.models import F, Value

from switchroom.phonesystems import deletion_record, keys, stored
from switchroom.phonesystems.changing import hold, tell
from switchroom.phonesystems.edge_nodes import EdgeQuestion
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.models import (
    Backup,
    CallRecord,
    DeletionRecord,
    Endpoint,
    Operation,
    OperationKind,
    OperationState,
    PhoneNumber,
    PhoneSystem,
    RingGroup,
)
from switchroom.phonesystems.numbers import to_quarantine
from switchroom.phonesystems.operations import ask_edge_to_forget, labels_ever
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.porting import drop_all
from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id

UNPROVEN = "the proof that nothing is left"
AT_ONCE = 500

log = structlog.get_logger(__name__)


class StillOn(Exception):
    """A phone system that is on was to be deleted; it must be switched off first."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The phone system {name} is on; it must be switched off before it can be deleted.")


class StillLeft(Exception):
    """Something is left of a deleted phone system; what deletes it is to be repeated."""

    def __init__(self, name: str, left: list[str]) -> None:
        super().__init__(f"Of the deleted phone system {name} there is still: {', '.join(left)}.")


def delete(
    *, phone_system: PhoneSystem, rule: str, day: date, at: datetime, quarantine_days: int
) -> DeletionRecord:
    """This function will delete a phone system for good and return the record of it, not signed yet; of one
    that was deleted before and came back with an older database, the record of that time.

    Endpoints, credentials, ring groups, backups, call records and port-ins are deleted; numbers go to
    quarantine until ``day + quarantine_days`` (rule 7.8), unless a follow-up took them over before. ``rule``
    is 3.3 or 7.5. Raises StillOn, and ``Refused`` (rule 7.5) when it was deleted before.
    """
    hold(phone_system)
    if phone_system.is_on:
        raise StillOn(phone_system.name)
    sip_users = _sip_users(phone_system)
    counts = _delete_rows(phone_system, day=day, quarantine_days=quarantine_days)
    if keys.is_buried(phone_system.id):
        record = _record_in(keys.tombstone_of(phone_system.id))
    else:
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
            **counts,
        )
    _recorded(record, phone_system, sip_users=sip_users, day=day, at=at)
    return record


def finish(phone_system_id: UUID) -> None:
    """This function will delete what a deleted phone system has outside the database and the edge, and what
    pages asked edges about it, look whether anything is left anywhere, and sign the record when nothing is.
    It may be repeated after any step.

    Raises StillLeft.
    """
    record = DeletionRecord.objects.get(phone_system_id=phone_system_id)
    EdgeQuestion.objects.filter(phone_system_id=phone_system_id).delete()
    stored.forget(phone_system_id)
    keys.bury(phone_system_id, deletion_record.file_of(record))
    if record.verified_at is None:
        if left := [name for name in nothing_left(phone_system_id) if name != UNPROVEN]:
            raise StillLeft(record.name, left)
        deletion_record.sign(record, verified_at=clock.now())
        unsigned = DeletionRecord.objects.filter(id=record.id, verified_at__isnull=True)
        unsigned.update(
            verified_at=record.verified_at, public_key=record.public_key, signature=record.signature
        )
        record.refresh_from_db()  # another may have been quicker
        keys.bury(phone_system_id, deletion_record.file_of(record))


def risen() -> Iterator[PhoneSystem]:
    """This function will give the phone systems that a restored database has brought back: the key store has
    their tombstones, which no copy of a database that was made before knows of.
    """
    buried = keys.buried()
    rows = PhoneSystem.objects.select_related("subscription__product_version")
    for first in range(0, len(buried), AT_ONCE):
        yield from rows.filter(id__in=buried[first : first + AT_ONCE])


def delete_again(*, phone_system: PhoneSystem, at: datetime) -> None:
    """This function will delete a phone system that has risen, with the record that it has already.

    Numbers that came back with it go to quarantine as on the day of the deletion.
    """
    hold(phone_system)
    phone_system.is_on = False
    phone_system.save(update_fields=["is_on"])
    record = _record_in(keys.tombstone_of(phone_system.id))
    delete(
        phone_system=phone_system,
        rule=record.rule,
        day=record.deleted_on,
        at=at,
        quarantine_days=phone_system.subscription.product_version.number_quarantine_days,
    )
    log.warning("phonesystems.deleted_again", phone_system=str(record.phone_system_id), name=record.name)


def finish_all() -> None:
    """This function will finish every deletion that is recorded and not signed yet; what is still there is
    left to the request that was promised, and to the nightly audit.
    """
    unsigned = DeletionRecord.objects.filter(verified_at__isnull=True)
    for phone_system_id in list(unsigned.values_list("phone_system_id", flat=True)):
        try:
            finish(phone_system_id)
        except StillLeft as why:
            log.warning("phonesystems.still_left", phone_system=str(phone_system_id), why=str(why))


def nothing_left(phone_system_id: UUID) -> list[str]:
    """This function will name whatever is left of a deleted phone system: in the database, at the edge, in
    the storage, in the key store.

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
        "ring groups": RingGroup.objects.all(),
        "backups": Backup.objects.all(),
        "call records": CallRecord.objects.all(),
        "number assignments": PhoneNumber.objects.all(),
        "port-ins": PortIn.objects.all(),
        "questions to edges": EdgeQuestion.objects.all(),
        "a request to the edge to forget it": forgetting,
        UNPROVEN: DeletionRecord.objects.filter(verified_at__isnull=True),
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
        at_edge = [label for label in sorted(labels) if holders.get(label) == phone_system_id]
        left[phone_system_id] += [f"{label} at the edge" for label in at_edge]
        left[phone_system_id] += ["files of backups"] * bool(stored.names_of(phone_system_id))
        left[phone_system_id] += ["the key of its backups"] * keys.has_key(phone_system_id)
    return left


def _delete_rows(phone_system: PhoneSystem, *, day: date, quarantine_days: int) -> dict[str, int]:
    """Deletes all that a phone system has in the database, which is held and off, and counts it."""
    numbers = to_quarantine(numbers=phone_system.numbers.all(), day=day, quarantine_days=quarantine_days)
    drop_all(phone_system=phone_system, day=day)
    RingGroup.objects.filter(phone_system=phone_system).delete()  # before, or its members count as endpoints
    of_it = {"endpoints": Endpoint.objects, "backups": Backup.objects, "calls": CallRecord.objects}
    counts = {name: rows.filter(phone_system=phone_system).delete()[0] for name, rows in of_it.items()}
    PhoneSystem.objects.filter(id=phone_system.id).delete()
    return {"phone_numbers": numbers, **counts}


def _sip_users(phone_system: PhoneSystem) -> list[str]:
    return list(phone_system.endpoints.values_list("sip_user", flat=True))


def _recorded(
    record: DeletionRecord, phone_system: PhoneSystem, *, sip_users: list[str], day: date, at: datetime
) -> None:
    record.save(force_insert=True)
    ask_edge_to_forget(phone_system=phone_system, sip_users=sip_users, at=at)
    counts = {"endpoints": record.endpoints, "phone_numbers": record.phone_numbers, "backups": record.backups}
    facts = {"rule": record.rule, **counts}
    tell(phone_system=phone_system, kind="phone_system_deleted", day=day, facts=facts)


def _record_in(tombstone: bytes) -> DeletionRecord:
    return deletion_record.record_in(deletion_record.read_file(tombstone))
