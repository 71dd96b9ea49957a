"""Booked is provisioned, and deleted means gone everywhere (rules 3.3, 4.7, 7.5, 7.8 and 8.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from switchroom.journeys.audits.facts import Breach, Life, in_chunks, lives
from switchroom.phonesystems import deletion
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.entitling import entitled_to
from switchroom.phonesystems.models import (
    DeletionRecord,
    Operation,
    OperationState,
    PhoneNumber,
    PhoneSystem,
)
from switchroom.phonesystems.operations import tenant_of
from switchroom.rules.entitlements import entitlements_on
from switchroom.rules.lifecycle import USABLE, State, state_on
from switchroom.rules.promise import Grants

PROMISED = USABLE | {State.EXPIRED, State.ENDED}
"""The states in which there is a phone system, on or off."""


def promised_is_there(day: date) -> Iterator[Breach]:
    """This function will find subscriptions whose phone system is missing."""
    for life, state, phone_system in _promises(day):
        if state in PROMISED and phone_system is None:
            yield Breach(life.name, f"it is {state}, but there is no phone system.")


def nothing_is_unpromised(day: date) -> Iterator[Breach]:
    """This function will find phone systems that no subscription promises, or that another account holds."""
    for life, state, phone_system in _promises(day):
        if phone_system is None:
            continue
        if state not in PROMISED:
            yield Breach(_name(phone_system), f"its subscription is {state}, but it is still there.")
        if phone_system.account_id != life.subscription.account_id:
            yield Breach(_name(phone_system), "its subscription belongs to another account.")


def booked_is_provisioned(day: date) -> Iterator[Breach]:
    """This function will find phone systems that are on, off or entitled against the promise."""
    for life, state, phone_system in _promises(day):
        if phone_system is None or state not in PROMISED:
            continue
        if phone_system.is_on is not (state in USABLE):
            word = "on" if phone_system.is_on else "off"
            yield Breach(_name(phone_system), f"it is {word}, but its subscription is {state}.")
        booked, provisioned = entitlements_on(life.promise, day), entitled_to(phone_system)
        if state in USABLE and booked != provisioned:
            yield Breach(
                _name(phone_system), f"it has {_in_words(provisioned)}; booked are {_in_words(booked)}."
            )


def edge_follows(_day: date) -> Iterator[Breach]:
    """This function will find phone systems that the edge knows otherwise than they are written down.

    The edge is asked for each; one for which a request is still open is left alone.
    """
    open_requests = Operation.objects.filter(state=OperationState.WAITING)
    asked = set(open_requests.order_by().values_list("phone_system_id", flat=True))
    for chunk in in_chunks(PhoneSystem.objects.all()):
        for phone_system in chunk:
            if phone_system.id in asked:
                continue
            if phone_system.edge_revision != phone_system.revision:
                yield Breach(
                    _name(phone_system), "the edge has not confirmed its last change, nor was asked to."
                )
            elif edge().known(phone_system.sip_label) != tenant_of(phone_system):
                yield Breach(_name(phone_system), "the edge works by something else than is written down.")


def no_number_twice(_day: date) -> Iterator[Breach]:
    """This function will find phone numbers that are there twice or held by what was deleted."""
    seen: dict[str, str] = {}
    for e164 in PhoneNumber.objects.order_by("e164").values_list("e164", flat=True).iterator():
        digits = "".join(sign for sign in e164 if sign.isdigit())
        if digits in seen:
            yield Breach(f"number {e164}", f"it is the same number as {seen[digits]}.")
        seen[digits] = e164
    deleted = DeletionRecord.objects.values("phone_system_id")
    for number in PhoneNumber.objects.filter(phone_system_id__in=deleted):
        yield Breach(f"number {number.e164}", "the phone system that holds it was deleted.")


def deletions_are_recorded(day: date) -> Iterator[Breach]:
    """This function will find deletions without a record, and records that are wrong or forged."""
    for signed in DeletionRecord.objects.order_by("pk").iterator():
        if not deletion.verify(signed):
            yield Breach(_record(signed), "its signature does not fit what it says.")
    for chunk in lives():
        ids = [life.subscription.id for life in chunk]
        recorded = {record.subscription_id: record for record in _records(ids)}
        there = set(_phone_systems(ids))
        for life in chunk:
            record = recorded.get(life.subscription.id)
            is_deleted = state_on(life.promise, day) is State.DELETED
            if is_deleted and record is None and life.subscription.id not in there:
                yield Breach(life.name, "its phone system is gone without a deletion record.")
            if record is not None and not is_deleted:
                yield Breach(_record(record), "its subscription was not to be deleted yet.")


def deleted_is_gone(_day: date) -> Iterator[Breach]:
    """This function will find what is left of deleted phone systems, in the database and at the edge."""
    for record in DeletionRecord.objects.order_by("pk").iterator():
        for left in deletion.nothing_left(record.phone_system_id):
            yield Breach(_record(record), f"left of it: {left}.")


def _promises(day: date) -> Iterator[tuple[Life, State, PhoneSystem | None]]:
    for chunk in lives():
        there = _phone_systems([life.subscription.id for life in chunk])
        for life in chunk:
            yield life, state_on(life.promise, day), there.get(life.subscription.id)


def _phone_systems(subscription_ids: list[UUID]) -> dict[UUID, PhoneSystem]:
    rows = PhoneSystem.objects.filter(subscription_id__in=subscription_ids)
    return {row.subscription_id: row for row in rows}


def _records(subscription_ids: list[UUID]) -> Iterator[DeletionRecord]:
    yield from DeletionRecord.objects.filter(subscription_id__in=subscription_ids)


def _in_words(grants: Grants) -> str:
    numbers = f"{grants.phone_numbers} phone numbers"
    return f"{grants.trunk_lines} trunk lines, {grants.endpoints} endpoints, {numbers}"


def _name(phone_system: PhoneSystem) -> str:
    return f"phone system {phone_system.name} ({phone_system.id})"


def _record(record: DeletionRecord) -> str:
    return f"deletion of {record.name} ({record.id})"
