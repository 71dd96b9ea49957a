"""What the edge is asked to do, and whether it has done it.

A change and the request to the edge are one transaction; the request leaves through the outbox, right
after the commit. Whoever carries it out sends the phone system as it is by then, so that an early
request takes a later change along and repeating one does no harm. It then makes the edge forget every
other label that the phone system ever had, all of them once it is deleted: a worker that was slow while
the phone system was deleted so removes itself what it sent too late, and when it dies before, the
repeated request does.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F

from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.contract import Tenant, TenantEndpoint, TenantNumber
from switchroom.phonesystems.models import Operation, OperationKind, OperationState, PhoneSystem
from switchroom.plumbing import clock, outbox

EFFECT = "phonesystems.operation"


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


def ask_edge_to_forget(*, phone_system: PhoneSystem, at: datetime) -> Operation:
    """This function will promise that the edge forgets a phone system whose row this transaction has
    deleted.
    """
    return _ask(phone_system, OperationKind.DELETE, at)


def _ask(phone_system: PhoneSystem, kind: OperationKind, at: datetime) -> Operation:
    operation = Operation.objects.create(
        phone_system_id=phone_system.id,
        sip_label=phone_system.sip_label,
        kind=kind,
        revision=phone_system.revision,
        asked_at=at,
    )
    outbox.defer(EFFECT, {"operation_id": str(operation.id)}, key=f"{EFFECT}:{operation.id}")
    return operation


def carry_out(operation_id: UUID) -> None:
    """This function will bring the edge to the phone system's present state, and note that it has done so.

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
    for label in labels_ever(operation.phone_system_id) - {label_now}:
        _forget(label, operation.phone_system_id)
    Operation.objects.filter(id=operation_id, state=OperationState.WAITING).update(
        state=OperationState.DONE, done_at=clock.now()
    )


def tenant_of(phone_system: PhoneSystem) -> Tenant:
    """This function will return a phone system as the edge is to know it."""
    endpoints = phone_system.endpoints.order_by("position")
    numbers = phone_system.numbers.order_by("position", "e164")
    return Tenant(
        label=phone_system.sip_label,
        phone_system_id=phone_system.id,
        revision=phone_system.revision,
        realm=phone_system.realm,
        is_on=phone_system.is_on,
        trunk_lines=phone_system.trunk_lines,
        endpoints=tuple(
            TenantEndpoint(
                sip_user=endpoint.sip_user,
                ha1=endpoint.ha1,
                extension=endpoint.extension,
                over=place >= phone_system.endpoint_limit,
            )
            for place, endpoint in enumerate(endpoints)
        ),
        numbers=tuple(
            TenantNumber(e164=number.e164, over=place >= phone_system.number_limit)
            for place, number in enumerate(numbers)
            if number.is_live
        ),
    )


def in_force(phone_system: PhoneSystem) -> bool:
    """This function will say whether the edge works by the phone system's latest revision (rule 4.7)."""
    return PhoneSystem.objects.filter(id=phone_system.id, edge_revision=F("revision")).exists()


def labels_ever(phone_system_id: UUID) -> set[str]:
    """This function will return every label under which the edge was ever asked to know a phone system."""
    operations = Operation.objects.filter(phone_system_id=phone_system_id)
    return set(operations.order_by().values_list("sip_label", flat=True).distinct())


def _forget(sip_label: str, phone_system_id: UUID) -> None:
    edge().delete(sip_label, phone_system_id=phone_system_id)
    if not edge().is_gone(sip_label, phone_system_id=phone_system_id):
        raise StillKnown(sip_label)
