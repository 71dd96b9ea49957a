"""Booked is provisioned, and deleted means gone everywhere (rules 3.3, 4.7, 7.5, 7.8 and 8.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from switchroom.journeys.audits.breaches import Breach
from switchroom.journeys.audits.readings.provided import PhoneSystems
from switchroom.phonesystems import deletion_record
from switchroom.phonesystems.models import DeletionRecord
from switchroom.phonesystems.port_ins import OPEN, PortInState
from switchroom.phonesystems.tenants import PhoneSystemRow
from switchroom.plumbing.bulk import read_rows
from switchroom.rules.entitlements import entitlements_on
from switchroom.rules.lifecycle import USABLE, State
from switchroom.rules.promise import Grants

PROMISED = USABLE | {State.EXPIRED, State.ENDED}
"""The states in which there is a phone system, on or off."""

# The database holds each number once; only one that is written otherwise (+ and digits) can be a second.
WRITTEN_OTHERWISE = "SELECT e164 FROM phonesystems_phonenumber WHERE RTRIM(e164, '0123456789') <> '+'"
WRITTEN_SO = "SELECT e164 FROM phonesystems_phonenumber WHERE e164 = %s"
HELD_BY_DELETED = """
    SELECT n.e164 FROM phonesystems_phonenumber n
    JOIN phonesystems_deletionrecord r ON r.phone_system_id = n.phone_system_id
    ORDER BY n.e164
"""
PORTED_WRONGLY = """
    SELECT e164, state, is_missing FROM (
        SELECT n.e164, p.state, n.is_open,
               CASE WHEN p.state = %s AND s.e164 IS NULL THEN 1 ELSE 0 END AS is_missing
        FROM phonesystems_portinnumber n JOIN phonesystems_portin p ON p.id = n.port_in_id
        LEFT JOIN phonesystems_phonenumber s ON s.e164 = n.e164
    ) AS n
    WHERE is_missing = 1 OR is_open AND state NOT IN (%s, %s, %s) OR NOT is_open AND state IN (%s, %s, %s)
    ORDER BY is_missing DESC, e164
"""


def promised_is_there(phone_systems: PhoneSystems) -> Iterator[Breach]:
    """This function will find subscriptions whose phone system is missing."""
    for life, state, phone_system in phone_systems.provided:
        if state in PROMISED and phone_system is None:
            yield Breach(life.name, f"it is {state}, but there is no phone system.")


def nothing_is_unpromised(phone_systems: PhoneSystems) -> Iterator[Breach]:
    """This function will find phone systems that no subscription promises, or that another account holds."""
    for life, state, phone_system in phone_systems.there():
        if state not in PROMISED:
            yield Breach(_name(phone_system), f"its subscription is {state}, but it is still there.")
        if phone_system.account_id != life.facts.account_id:
            yield Breach(_name(phone_system), "its subscription belongs to another account.")


def booked_is_provisioned(phone_systems: PhoneSystems) -> Iterator[Breach]:
    """This function will find phone systems that are on, off or entitled against the promise."""
    for life, state, phone_system in phone_systems.there():
        if state not in PROMISED:
            continue
        if phone_system.is_on is not (state in USABLE):
            word = "on" if phone_system.is_on else "off"
            yield Breach(_name(phone_system), f"it is {word}, but its subscription is {state}.")
        booked, provisioned = entitlements_on(life.promise, phone_systems.day), phone_system.entitled
        if state in USABLE and booked != provisioned:
            yield Breach(
                _name(phone_system), f"it has {_in_words(provisioned)}; booked are {_in_words(booked)}."
            )


def edge_follows(phone_systems: PhoneSystems) -> Iterator[Breach]:
    """This function will find phone systems that the edge knows otherwise than they are written down.

    One for which a request is still open is left alone.
    """
    for phone_system, written, known in phone_systems.tenancies:
        if phone_system.has_open_request:
            continue
        if phone_system.edge_revision != phone_system.revision:
            yield Breach(_name(phone_system), "the edge has not confirmed its last change, nor was asked to.")
        elif known != written:
            yield Breach(_name(phone_system), "the edge works by something else than is written down.")


def no_number_twice(_day: date) -> Iterator[Breach]:
    """This function will find phone numbers that are there twice or held by what was deleted."""
    seen: dict[str, str] = {}
    for (e164,) in read_rows(WRITTEN_OTHERWISE):
        digits = "".join(sign for sign in e164 if sign.isdigit())
        same = [seen[digits]] if digits in seen else [row[0] for row in read_rows(WRITTEN_SO, [f"+{digits}"])]
        for other in same:
            first, second = sorted([e164, other])
            yield Breach(f"number {second}", f"it is the same number as {first}.")
        seen[digits] = e164
    for (e164,) in read_rows(HELD_BY_DELETED):
        yield Breach(f"number {e164}", "the phone system that holds it was deleted.")


def ported_is_in_stock(_day: date) -> Iterator[Breach]:
    """This function will find port-ins that are done and whose numbers are not in the stock, and numbers that
    are on their way with a port-in that is over, or not with one that is open.
    """
    still_open = [state.value for state in OPEN]
    values = [PortInState.DONE.value, *still_open, *still_open]
    for e164, state, is_missing in read_rows(PORTED_WRONGLY, values):
        if is_missing:
            yield Breach(f"number {e164}", "its port-in is done, but it is not in the stock.")
        else:
            yield Breach(f"number {e164}", f"its port-in is {state}, but it says otherwise.")


def deletions_are_recorded(phone_systems: PhoneSystems) -> Iterator[Breach]:
    """This function will find deletions without a record, and records that are wrong or forged."""
    for record in phone_systems.records:
        if record.verified_at is not None and not deletion_record.verify(record):
            yield Breach(_record(record), "its signature does not fit what it says.")
    recorded = phone_systems.record_by_subscription()
    for life, state, phone_system in phone_systems.provided:
        found = recorded.get(life.facts.id)
        if state is State.DELETED and found is None and phone_system is None:
            yield Breach(life.name, "its phone system is gone without a deletion record.")
        if found is not None and state is not State.DELETED:
            yield Breach(_record(found), "its subscription was not to be deleted yet.")


def deleted_is_gone(phone_systems: PhoneSystems) -> Iterator[Breach]:
    """This function will find what is left of deleted phone systems, in the database and at the edge."""
    for record in phone_systems.records:
        for left in phone_systems.left.get(record.phone_system_id, ()):
            yield Breach(_record(record), f"left of it: {left}.")


def _in_words(grants: Grants) -> str:
    numbers = f"{grants.phone_numbers} phone numbers"
    return f"{grants.trunk_lines} trunk lines, {grants.endpoints} endpoints, {numbers}"


def _name(phone_system: PhoneSystemRow) -> str:
    return f"phone system {phone_system.name} ({phone_system.id})"


def _record(record: DeletionRecord) -> str:
    return f"deletion of {record.name} ({record.id})"
