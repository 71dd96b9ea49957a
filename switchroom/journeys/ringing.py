"""A member says who rings: ring groups, and what each number rings (rules 6.3, 8.2 and 8.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from switchroom.journeys.phones import Wish, held, moved
from switchroom.phonesystems import numbers, ring_groups
from switchroom.phonesystems.models import PhoneNumber, RingGroup


def add_group(wish: Wish, *, name: str, extension: str, manner: str) -> RingGroup:
    """This function will set up a ring group; raises ``Refused`` 8 and 8.2."""
    with held(wish) as phone_system:
        return ring_groups.add_group(
            phone_system=phone_system,
            name=name,
            extension=extension,
            manner=manner,
            at=wish.at,
            actor=wish.user.email,
        )


def change_group(wish: Wish, *, group_id: UUID, name: str, extension: str, manner: str) -> None:
    """This function will change a ring group; raises ``Refused`` 8 and 8.2, ``RingGroup.DoesNotExist``."""
    with _group(wish, group_id) as group:
        ring_groups.change_group(group=group, name=name, extension=extension, manner=manner, at=wish.at)


def remove_group(wish: Wish, *, group_id: UUID) -> None:
    """This function will remove a ring group; raises ``RingGroup.DoesNotExist``."""
    with _group(wish, group_id) as group:
        ring_groups.remove_group(group=group, at=wish.at, actor=wish.user.email)


def add_member(wish: Wish, *, group_id: UUID, endpoint_id: UUID, seconds: int) -> None:
    """This function will let one more endpoint ring with a group; raises ``Refused`` 8.2."""
    with _group(wish, group_id) as group:
        endpoint = group.phone_system.endpoints.get(id=endpoint_id)
        ring_groups.add_member(group=group, endpoint=endpoint, seconds=seconds, at=wish.at)


def set_seconds(wish: Wish, *, group_id: UUID, member_id: UUID, seconds: int) -> None:
    """This function will say how long an endpoint rings in its turn; raises ``Refused`` 8.2."""
    with _group(wish, group_id) as group:
        member = group.members.get(id=member_id)
        ring_groups.set_seconds(member=member, seconds=seconds, at=wish.at)


def remove_member(wish: Wish, *, group_id: UUID, member_id: UUID) -> None:
    """This function will let an endpoint no longer ring with its group."""
    with _group(wish, group_id) as group:
        ring_groups.remove_member(member=group.members.get(id=member_id), at=wish.at)


def move_member(wish: Wish, *, group_id: UUID, member_id: UUID, by: int) -> None:
    """This function will let an endpoint ring sooner (-1) or later (+1)."""
    with _group(wish, group_id) as group:
        ids = list(group.members.order_by("position").values_list("id", flat=True))
        ring_groups.reorder_members(group=group, ids=moved(ids, member_id, by), at=wish.at)


def let_ring(wish: Wish, *, number_id: UUID, target_id: UUID | None) -> PhoneNumber:
    """This function will say who rings when a number is called: the endpoint or ring group of this id, all
    phones without one.

    Raises ``Refused`` 8.3 for what is gone, and ``PhoneNumber.DoesNotExist``.
    """
    with held(wish) as phone_system:
        number = phone_system.numbers.get(id=number_id)
        endpoint = group = None
        if target_id is not None:
            endpoint = phone_system.endpoints.filter(id=target_id).first()
            group = phone_system.ring_groups.filter(id=target_id).first()
            if endpoint is None and group is None:
                raise numbers.nobody_to_ring()
        numbers.let_ring(number=number, endpoint=endpoint, group=group, at=wish.at, actor=wish.user.email)
        return number


@contextmanager
def _group(wish: Wish, group_id: UUID) -> Iterator[RingGroup]:
    with held(wish) as phone_system:
        group = phone_system.ring_groups.get(id=group_id)
        group.phone_system = phone_system
        yield group
