"""Backups: what a member downloads, and how it comes back into a phone system (rules 7.1 and 8.5).

The file belongs to the member; we keep only that and when it was made. It goes back into the same phone
system or another one, all or nothing, and never into one that was deleted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from switchroom.accounts.models import User
from switchroom.phonesystems.backup_file import FORMAT, VERSION, Configuration, read_backup, write_backup
from switchroom.phonesystems.changing import NoRoom, hold, hold_switched_on, note_change, tell
from switchroom.phonesystems.models import Backup, Endpoint, PhoneSystem
from switchroom.phonesystems.ordering import FIRST_POSITION
from switchroom.plumbing import clock
from switchroom.rules.refusals import gettext_noop

__all__ = ["configuration_of", "has_fresh_backup", "make_backup", "newest_backup", "read_backup", "restore"]


def configuration_of(phone_system: PhoneSystem, at: datetime) -> dict[str, Any]:
    """This function will return all that is set up in a phone system, as a backup keeps it; no secret in
    clear.
    """
    endpoints = [
        {
            "name": endpoint.name,
            "extension": endpoint.extension,
            "sip_user": endpoint.sip_user,
            "ha1": endpoint.ha1,
        }
        for endpoint in phone_system.endpoints.order_by("position")
    ]
    numbers = [
        {
            "e164": number.e164,
            "area": number.area,
            "is_live": number.is_live,
            "emergency_street": number.emergency_street,
            "emergency_postal_code": number.emergency_postal_code,
            "emergency_city": number.emergency_city,
        }
        for number in phone_system.numbers.order_by("position", "e164")
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": at.astimezone(UTC).isoformat(),
        "phone_system": {
            "name": phone_system.name,
            "sip_label": phone_system.sip_label,
            "realm": phone_system.realm,
        },
        "endpoints": endpoints,
        "phone_numbers": numbers,
        "manifest": {"endpoints": len(endpoints), "phone_numbers": len(numbers)},
    }


def make_backup(*, phone_system: PhoneSystem, user: User | None, at: datetime) -> tuple[Backup, bytes]:
    """This function will return a new backup and its file; possible as long as the phone system exists.

    Raises ``Refused`` (rule 7.5) when it was deleted.
    """
    hold(phone_system)
    configuration = configuration_of(phone_system, at)
    file, checksum = write_backup(configuration)
    made_at = max(at, phone_system.changed_at)  # it holds that change, whoever read the clock first
    backup = Backup.objects.create(phone_system=phone_system, made_at=made_at, made_by=user, sha256=checksum)
    facts = {"sha256": checksum, **configuration["manifest"]}
    actor = user.email if user else ""
    tell(phone_system=phone_system, kind="backup_made", day=clock.local_day(at), actor=actor, facts=facts)
    return backup, file


def restore(*, phone_system: PhoneSystem, content: Configuration, at: datetime, actor: str = "") -> None:
    """This function will replace a phone system's endpoints by those of a backup, all or nothing.

    ``content`` is what ``read_backup`` returned. Devices keep their passwords, because the realm of the
    backup comes along. Numbers stay as they are: they are assets of their own (rule 7.8). Raises NoRoom
    (rule 8.2) when the backup holds more endpoints than entitled, and ``Refused`` when the phone system
    is off or deleted.
    """
    hold_switched_on(phone_system)
    if len(content.endpoints) > phone_system.endpoint_limit:
        raise NoRoom(
            gettext_noop("This backup holds {used} endpoints, but your licences include only {entitled}."),
            entitled=phone_system.endpoint_limit,
            used=len(content.endpoints),
        )
    replaced, _ = phone_system.endpoints.all().delete()
    phone_system.realm = content.phone_system.realm
    phone_system.save(update_fields=["realm"])
    Endpoint.objects.bulk_create(
        Endpoint(
            phone_system=phone_system,
            name=saved.name.strip(),
            extension=saved.extension,
            sip_user=saved.sip_user,
            ha1=saved.ha1,
            position=position,
            created_at=at,
        )
        for position, saved in enumerate(content.endpoints, start=FIRST_POSITION)
    )
    note_change(phone_system=phone_system, at=at)
    facts = {
        "made_at": content.made_at.isoformat(),
        "endpoints": len(content.endpoints),
        "replaced": replaced,
    }
    tell(phone_system=phone_system, kind="restored", day=clock.local_day(at), actor=actor, facts=facts)


def newest_backup(phone_system: PhoneSystem) -> Backup | None:
    """This function will return the backup made last, none when there is none."""
    return Backup.objects.filter(phone_system=phone_system).order_by("-made_at").first()


def has_fresh_backup(phone_system: PhoneSystem) -> bool:
    """This function will say whether a backup holds the latest change of endpoints and numbers (rule 7.7)."""
    newest = newest_backup(phone_system)
    return newest is not None and newest.made_at >= phone_system.changed_at
