"""A member sets up phones: endpoints, numbers, backups (rules 6.3, 8.2, 8.3 and 8.5).

Each wish settles its account first, so that what counts is what the licences grant on this day; the phone
system's own verbs do the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

import msgspec

from switchroom.accounts.models import User
from switchroom.journeys.day import settled
from switchroom.phonesystems import backups, endpoints, numbers, restoring, sealing
from switchroom.phonesystems.models import Backup, Endpoint, PhoneNumber, PhoneSystem


class Wish(msgspec.Struct, frozen=True):
    """Who wishes something of which phone system, and when: ``day`` is the local day of ``at`` (UTC)."""

    account_id: UUID
    subscription_id: UUID
    user: User
    day: date
    at: datetime


def add_endpoint(wish: Wish, *, name: str, extension: str) -> tuple[Endpoint, str]:
    """This function will set up an endpoint and give its secret, for this one time; raises ``Refused`` 8 and
    8.2.
    """
    with held(wish) as phone_system:
        return endpoints.add_endpoint(
            phone_system=phone_system, name=name, extension=extension, at=wish.at, actor=wish.user.email
        )


def rename_endpoint(wish: Wish, *, endpoint_id: UUID, name: str) -> None:
    """This function will rename an endpoint; raises ``Refused`` 8 and ``Endpoint.DoesNotExist``."""
    with held(wish) as phone_system:
        endpoints.rename(endpoint=phone_system.endpoints.get(id=endpoint_id), name=name, at=wish.at)


def renew_secret(wish: Wish, *, endpoint_id: UUID) -> tuple[Endpoint, str]:
    """This function will give an endpoint a new secret; raises ``Endpoint.DoesNotExist``."""
    with held(wish) as phone_system:
        endpoint = phone_system.endpoints.get(id=endpoint_id)
        return endpoint, endpoints.new_secret(endpoint=endpoint, at=wish.at, actor=wish.user.email)


def remove_endpoint(wish: Wish, *, endpoint_id: UUID) -> Endpoint:
    """This function will remove an endpoint and give what it was; raises ``Endpoint.DoesNotExist``."""
    with held(wish) as phone_system:
        endpoint = phone_system.endpoints.get(id=endpoint_id)
        endpoints.remove_endpoint(endpoint=endpoint, at=wish.at, actor=wish.user.email)
        return endpoint


def move_endpoint(wish: Wish, *, endpoint_id: UUID, by: int) -> None:
    """This function will move an endpoint up (-1) or down (+1); the first that are entitled work (rule
    6.3).
    """
    with held(wish) as phone_system:
        ids = list(phone_system.endpoints.order_by("position").values_list("id", flat=True))
        endpoints.reorder(phone_system=phone_system, ids=moved(ids, endpoint_id, by), at=wish.at)


def take_number(wish: Wish, *, number_id: UUID | None = None, area: str = "") -> PhoneNumber:
    """This function will take a free number, the one named or the first of an area; raises ``Refused`` 8.2
    and 8.3.
    """
    with held(wish) as phone_system:
        return numbers.take_number(
            phone_system=phone_system, number_id=number_id, area=area, at=wish.at, actor=wish.user.email
        )


def take_block(wish: Wish, *, begins: str) -> list[PhoneNumber]:
    """This function will take a whole block of ten numbers; raises ``Refused`` 8.2 and 8.3."""
    with held(wish) as phone_system:
        return numbers.take_block(phone_system=phone_system, begins=begins, at=wish.at, actor=wish.user.email)


def go_live(
    wish: Wish, *, number_id: UUID, street: str, postal_code: str, city: str, others_too: bool = False
) -> list[PhoneNumber]:
    """This function will note where help is to come and let the number take calls, and with ``others_too``
    all others that do not yet (rule 8.3).

    Raises ``Refused`` 8 for an address that is none, and ``PhoneNumber.DoesNotExist``.
    """
    with held(wish) as phone_system:
        chosen = [phone_system.numbers.get(id=number_id)]
        if others_too:
            chosen += phone_system.numbers.filter(is_live=False).exclude(id=number_id)
        for number in chosen:
            numbers.set_emergency_address(
                number=number, street=street, postal_code=postal_code, city=city, at=wish.at
            )
            numbers.go_live(number=number, at=wish.at, actor=wish.user.email)
        return chosen


def release_number(wish: Wish, *, number_id: UUID) -> PhoneNumber:
    """This function will give a number back; it rests, then is free for anybody (rule 7.8)."""
    with held(wish) as phone_system:
        number = phone_system.numbers.get(id=number_id)
        numbers.release_number(
            number=number,
            day=wish.day,
            quarantine_days=phone_system.subscription.product_version.number_quarantine_days,
            at=wish.at,
            actor=wish.user.email,
        )
        return number


def move_number(wish: Wish, *, number_id: UUID, by: int) -> None:
    """This function will move a number up (-1) or down (+1); the first that are entitled work (rule 6.3)."""
    with held(wish) as phone_system:
        ids = list(phone_system.numbers.order_by("position", "e164").values_list("id", flat=True))
        numbers.reorder_numbers(phone_system=phone_system, ids=moved(ids, number_id, by), at=wish.at)


def back_up(wish: Wish) -> Backup:
    """This function will make a backup and keep it here (rules 7.1 and 8.5)."""
    with held(wish) as phone_system:
        return backups.make_backup(phone_system=phone_system, user=wish.user, at=wish.at)


def take_home(wish: Wish, *, passphrase: str, backup_id: UUID | None = None) -> tuple[Backup, bytes]:
    """This function will give a backup and its file, encrypted to a passphrase: the one named, or one that
    holds the latest change, which is made when there is none.

    The costly part is done while nothing is locked. Raises ``Refused`` 8.5, and ``Backup.DoesNotExist``.
    """
    sealing.check_passphrase(passphrase)
    with held(wish) as phone_system:
        if backup_id is None:
            backup = backups.fresh_backup(phone_system=phone_system, user=wish.user, at=wish.at)
        else:
            backup = backups.backup_of(phone_system, backup_id)
    file = sealing.sealed_by(passphrase, backups.opened(backup))
    with held(wish):
        backups.note_download(backup=backup, at=wish.at, user=wish.user)
    return backup, file


def bring_back(wish: Wish, *, file: bytes, passphrase: str) -> Backup:
    """This function will keep a backup that a member took home, so that it can be looked at and restored.

    Raises ``Refused`` 8.5 for a file that is no whole backup of the same account.
    """
    content = sealing.unsealed_by(passphrase, file)
    with held(wish) as phone_system:
        return backups.take_in(phone_system=phone_system, content=content, user=wish.user, at=wish.at)


def restore(wish: Wish, *, backup_id: UUID) -> int:
    """This function will put a backup's endpoints in place of those that are set up, and count them.

    All or nothing; raises ``Refused`` 8.5 for a backup that cannot be opened and 8.2 for one that holds too
    many, and ``Backup.DoesNotExist``.
    """
    with held(wish) as phone_system:
        content = backups.content_of(backups.backup_of(phone_system, backup_id))
        restoring.restore(phone_system=phone_system, content=content, at=wish.at, actor=wish.user.email)
    return len(content.endpoints)


@contextmanager
def held(wish: Wish) -> Iterator[PhoneSystem]:
    """This function will settle the account and give the phone system that is wished for.

    Raises ``PhoneSystem.DoesNotExist`` before a subscription has one and after it is deleted.
    """
    with settled(wish.account_id, day=wish.day, at=wish.at):
        rows = PhoneSystem.objects.select_related("subscription__product_version")
        yield rows.get(account_id=wish.account_id, subscription_id=wish.subscription_id)


def moved(ids: list[UUID], one: UUID, by: int) -> list[UUID]:
    """This function will move one of some up (-1) or down (+1); what is no longer there, or stands at the
    edge already, stays as it is.
    """
    if one not in ids:
        return ids
    here = ids.index(one)
    there = min(max(here + by, 0), len(ids) - 1)
    ids.insert(there, ids.pop(here))
    return ids
