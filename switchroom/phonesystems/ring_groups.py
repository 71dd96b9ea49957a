"""Ring groups: endpoints that ring together, or one after another, under an extension of their own.

A group rings when its extension is dialled inside, and for every number that is told to ring it. Groups are
not licensed: what rings are endpoints, and of those the first that are entitled (rule 6.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Sum

from switchroom.phonesystems.changing import (
    hold_switched_on,
    hold_with_phone_system,
    note_change,
    tell,
)
from switchroom.phonesystems.endpoints import LONGEST_NAME, check_extension, check_extension_free
from switchroom.phonesystems.lines import one_line
from switchroom.phonesystems.models import Endpoint, Manner, PhoneSystem, RingGroup, RingGroupMember
from switchroom.phonesystems.ordering import put_in_order
from switchroom.plumbing import clock
from switchroom.rules.refusals import Refused, gettext_noop

MOST_GROUPS = 100
SHORTEST_SECONDS, LONGEST_SECONDS, USUAL_SECONDS = 5, 60, 20
LONGEST_RINGING = 170
"""Seconds for all in order together: after three minutes a call that nobody answers is given up."""


class RingsTooLong(Refused):
    """One after another the members of a group would ring for too long (rule 8.2)."""


def add_group(
    *, phone_system: PhoneSystem, name: str, extension: str, manner: str, at: datetime, actor: str = ""
) -> RingGroup:
    """This function will set up a ring group without members and return it.

    Raises ``Refused`` for a phone system that is off or deleted, an unusable name, and an extension that is
    in use or cannot be one (rule 8.2).
    """
    cleaned = one_line(name, longest=LONGEST_NAME)
    check_extension(extension)
    hold_switched_on(phone_system)
    if phone_system.ring_groups.count() >= MOST_GROUPS:
        raise Refused(
            "8.2",
            gettext_noop("A phone system has at most {most} ring groups."),
            most=MOST_GROUPS,
        )
    check_extension_free(phone_system, extension)
    group = RingGroup.objects.create(
        phone_system=phone_system, name=cleaned, extension=extension, manner=Manner(manner)
    )
    note_change(phone_system=phone_system, at=at)
    _tell(group, "ring_group_added", at, actor)
    return group


def change_group(*, group: RingGroup, name: str, extension: str, manner: str, at: datetime) -> None:
    """This function will give a ring group another name, extension or manner.

    Raises ``Refused`` as ``add_group`` does, and when its members would ring for too long one after another.
    """
    cleaned = one_line(name, longest=LONGEST_NAME)
    check_extension(extension)
    _hold(group)
    if extension != group.extension:
        check_extension_free(group.phone_system, extension)
    if manner == Manner.IN_ORDER:
        _check_ringing(_seconds_in_all(group))
    wanted = (cleaned, extension, Manner(manner))
    if wanted == (group.name, group.extension, group.manner):
        return
    group.name, group.extension, group.manner = wanted
    group.save(update_fields=["name", "extension", "manner"])
    note_change(phone_system=group.phone_system, at=at)


def remove_group(*, group: RingGroup, at: datetime, actor: str = "") -> None:
    """This function will remove a ring group; numbers that rang it ring all phones from now on."""
    _hold(group)
    RingGroup.objects.filter(id=group.id).delete()
    note_change(phone_system=group.phone_system, at=at)
    _tell(group, "ring_group_removed", at, actor)


def add_member(
    *, group: RingGroup, endpoint: Endpoint, seconds: int = USUAL_SECONDS, at: datetime
) -> RingGroupMember:
    """This function will let one more endpoint ring with a group, last in turn; one that does already stays
    as it is.

    Raises ``Refused`` (rule 8.2) for seconds that are too few or too many, and for an endpoint of another
    phone system or one that is gone.
    """
    _check_seconds(seconds)
    _hold(group)
    if not group.phone_system.endpoints.filter(id=endpoint.id).exists():
        raise Refused("8.2", gettext_noop("This endpoint has been removed meanwhile."))
    present = group.members.filter(endpoint=endpoint).first()
    if present is not None:
        return present
    if group.manner == Manner.IN_ORDER:
        _check_ringing(_seconds_in_all(group) + seconds)
    last = group.members.aggregate(last=Max("position"))["last"] or 0
    member = group.members.create(endpoint=endpoint, position=last + 1, seconds=seconds)
    note_change(phone_system=group.phone_system, at=at)
    return member


def set_seconds(*, member: RingGroupMember, seconds: int, at: datetime) -> None:
    """This function will say how long an endpoint rings in its turn. Raises ``Refused`` (rule 8.2)."""
    _check_seconds(seconds)
    group = member.ring_group
    _hold(group)
    if group.manner == Manner.IN_ORDER:
        _check_ringing(_seconds_in_all(group) - member.seconds + seconds)
    if group.members.filter(id=member.id).exclude(seconds=seconds).update(seconds=seconds):
        note_change(phone_system=group.phone_system, at=at)


def remove_member(*, member: RingGroupMember, at: datetime) -> None:
    """This function will let an endpoint no longer ring with its group."""
    _hold(member.ring_group)
    if member.ring_group.members.filter(id=member.id).delete()[0]:
        note_change(phone_system=member.ring_group.phone_system, at=at)


def reorder_members(*, group: RingGroup, ids: Sequence[UUID], at: datetime) -> None:
    """This function will put a group's members into this order. Raises ``Refused`` (rule 6.3) unless ``ids``
    names each once.
    """
    _hold(group)
    if put_in_order(group.members.order_by("position"), ids):
        note_change(phone_system=group.phone_system, at=at)


def check_members(seconds: Sequence[int], manner: str) -> None:
    """This function will raise ``Refused`` (rule 8.2) unless members may ring for these seconds in turn."""
    for one in seconds:
        _check_seconds(one)
    if manner == Manner.IN_ORDER:
        _check_ringing(sum(seconds))


def _check_seconds(seconds: int) -> None:
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise Refused(
            "8.2",
            gettext_noop("A phone rings for {shortest} to {longest} seconds."),
            shortest=SHORTEST_SECONDS,
            longest=LONGEST_SECONDS,
        )


def _check_ringing(seconds: int) -> None:
    if seconds > LONGEST_RINGING:
        raise RingsTooLong(
            "8.2",
            gettext_noop(
                "One after another they would ring for {seconds} seconds; the most is {most}, because then "
                "a call is given up."
            ),
            seconds=seconds,
            most=LONGEST_RINGING,
        )


def _seconds_in_all(group: RingGroup) -> int:
    return group.members.aggregate(all=Sum("seconds"))["all"] or 0


def _hold(group: RingGroup) -> None:
    hold_with_phone_system(group, gone=gettext_noop("This ring group has been removed meanwhile."))


def _tell(group: RingGroup, kind: str, at: datetime, actor: str) -> None:
    facts = {"name": group.name, "extension": group.extension}
    tell(phone_system=group.phone_system, kind=kind, day=clock.local_day(at), actor=actor, facts=facts)
