"""What the edge is asked to do, and whether it has done it.

A change and the request to the edge are one transaction; the request leaves through the outbox, right
after the commit. Whoever carries it out sends the phone system as it is by then, so that an early
request takes a later change along and repeating one does no harm. It then makes the edge forget every
other label that the phone system ever had, all of them once it is deleted: a worker that was slow while
the phone system was deleted so removes itself what it sent too late, and when it dies before, the
repeated request does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.contract import Tenant
from switchroom.phonesystems.models import (
    Operation,
    OperationKind,
    OperationState,
    PhoneNumber,
    PhoneSystem,
)
from switchroom.phonesystems.tenants import Ring, compose
from switchroom.plumbing import clock, outbox

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

EFFECT = "phonesystems.operation"


class Target(TypedDict):
    """What a number rings: the user of an endpoint, or the extension of a ring group."""

    rings_user: str
    rings_extension: str


class StillKnown(Exception):
    """The edge was told to forget a phone system and still knows it; the request is to be repeated."""

    def __init__(self, sip_label: str) -> None:
        super().__init__(f"The edge still knows {sip_label} although it was told to forget it.")


def ask_edge(*, phone_system: PhoneSystem, at: datetime) -> Operation:
    """This function will count the phone system's revision and promise that the edge learns of it.

    The phone system's row must be locked by the caller's transaction (``changing.hold``).
    """
    phone_system.revision += 1
    phone_system.save(update_fields=["revision"])
    return _ask(phone_system, OperationKind.PUSH, at)


def ask_edge_to_forget(*, phone_system: PhoneSystem, sip_users: Collection[str], at: datetime) -> Operation:
    """This function will promise that the edge forgets a phone system whose row this transaction has
    deleted; ``sip_users`` are those of its endpoints.
    """
    return _ask(phone_system, OperationKind.DELETE, at, sip_users)


def _ask(
    phone_system: PhoneSystem, kind: OperationKind, at: datetime, sip_users: Collection[str] = ()
) -> Operation:
    operation = Operation.objects.create(
        phone_system_id=phone_system.id,
        sip_label=phone_system.sip_label,
        kind=kind,
        revision=phone_system.revision,
        sip_users=sorted(sip_users),
        asked_at=at,
    )
    outbox.defer(EFFECT, {"operation_id": str(operation.id)}, key=f"{EFFECT}:{operation.id}")
    return operation


def carry_out(operation_id: UUID) -> Operation:
    """This function will bring the edge to the phone system's present state, note that it has done so, and
    return what was asked.

    It speaks to the edge and holds no lock. Raises StillKnown, and whatever the edge raises; it may be
    repeated.
    """
    operation = Operation.objects.get(id=operation_id)
    rows = PhoneSystem.objects.filter(id=operation.phone_system_id)
    phone_system = rows.first()
    if phone_system is not None:
        tenant = tenant_of(phone_system)
        edge().push(tenant)
        rows.filter(edge_revision__lt=tenant.revision).update(edge_revision=tenant.revision)
    label_now = rows.values_list("sip_label", flat=True).first()  # read again: meanwhile it may be deleted
    labels = labels_ever([operation.phone_system_id])[operation.phone_system_id]
    for label in labels - {label_now}:
        _forget(label, operation)
    Operation.objects.filter(id=operation_id, state=OperationState.WAITING).update(
        state=OperationState.DONE, done_at=clock.now()
    )
    return operation


def tenant_of(phone_system: PhoneSystem) -> Tenant:
    """This function will return a phone system as the edge is to know it."""
    return compose(
        phone_system,
        endpoints=phone_system.endpoints.order_by("position"),
        numbers=_with_targets(phone_system.numbers.order_by("position", "e164")),
        rings=[
            Ring(*row)
            for row in phone_system.ring_groups.order_by("extension", "members__position").values_list(
                "extension", "manner", "members__endpoint__sip_user", "members__seconds"
            )
        ],
    )


def _with_targets(numbers: QuerySet[PhoneNumber]) -> QuerySet[WithAnnotations[PhoneNumber, Target]]:
    return numbers.annotate(
        rings_user=Coalesce("rings_endpoint__sip_user", Value("")),
        rings_extension=Coalesce("rings_group__extension", Value("")),
    )


def in_force(phone_system: PhoneSystem) -> bool:
    """This function will say whether the edge works by the phone system's latest revision (rule 4.7)."""
    return PhoneSystem.objects.filter(id=phone_system.id, edge_revision=F("revision")).exists()


def labels_ever(phone_system_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """This function will return every label under which the edge was ever asked to know these phone
    systems.
    """
    operations = Operation.objects.filter(phone_system_id__in=phone_system_ids)
    labels: dict[UUID, set[str]] = {id_: set() for id_ in phone_system_ids}
    for id_, label in operations.order_by().values_list("phone_system_id", "sip_label").distinct():
        labels[id_].add(label)
    return labels


def _forget(sip_label: str, operation: Operation) -> None:
    id_, sip_users = operation.phone_system_id, operation.sip_users
    edge().delete(sip_label, phone_system_id=id_, sip_users=sip_users)
    if not edge().is_gone(sip_label, phone_system_id=id_, sip_users=sip_users):
        raise StillKnown(sip_label)
