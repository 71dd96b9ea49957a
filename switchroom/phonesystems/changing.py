"""What every change of a phone system begins and ends with.

It begins by locking the row, so that two members cannot both take the last place, and ends by noting
the instant and asking the edge. A phone system that was deleted is refused here: nothing brings it back
(rule 7.5).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from switchroom.phonesystems.models import Backup, Endpoint, PhoneSystem, RingGroup
from switchroom.phonesystems.operations import ask_edge
from switchroom.plumbing import audit_trail
from switchroom.plumbing.locks import lock_row
from switchroom.rules.refusals import Refused, gettext_noop


class NoRoom(Refused):
    """More than entitled was to be set up (rule 8.2): so many are ``used`` and ``wanted`` besides, so
    many ``missing``.

    The door adds what an upgrade would cost.
    """

    def __init__(self, text: str, *, entitled: int, used: int, wanted: int = 1, rule: str = "8.2") -> None:
        super().__init__(rule, text, entitled=entitled, used=used, wanted=wanted)
        self.entitled = entitled
        self.used = used
        self.missing = used + wanted - entitled


def hold(phone_system: PhoneSystem) -> None:
    """This function will lock a phone system until the transaction ends and read it as it is now.

    Raises ``Refused`` (rule 7.5) when it was deleted, and LockOutsideTransaction.
    """
    try:
        lock_row(PhoneSystem, phone_system.id)
    except PhoneSystem.DoesNotExist:
        raise Refused(
            "7.5",
            gettext_noop("This phone system was deleted for good. Nothing can bring it back."),
        ) from None
    phone_system.refresh_from_db()


def hold_switched_on(phone_system: PhoneSystem) -> None:
    """This function will lock a phone system like ``hold``, and refuse (rule 8) one that is switched off."""
    hold(phone_system)
    if not phone_system.is_on:
        raise Refused("8", gettext_noop("This phone system is switched off, so nothing can be set up in it."))


def hold_with_phone_system(part: Endpoint | RingGroup, *, gone: str) -> None:
    """This function will lock the phone system of an endpoint or a ring group like ``hold`` and read both as
    they are now. Raises ``Refused`` (rule 8.2) with the sentence ``gone`` when the part is not there.
    """
    phone_system = part.phone_system
    hold(phone_system)
    try:
        part.refresh_from_db()
    except ObjectDoesNotExist:
        raise Refused("8.2", gone) from None
    part.phone_system = phone_system


def note_change(*, phone_system: PhoneSystem, at: datetime) -> None:
    """This function will note a change of endpoints or numbers, and ask the edge to learn of it.

    The instant is always later than that of the newest backup, also when whoever made that one read the clock
    later and got the lock sooner: a backup that lacks the change must not pass for fresh (rule 7.7).
    """
    newest = Backup.objects.filter(phone_system=phone_system).order_by("-made_at").first()
    phone_system.changed_at = at if newest is None else max(at, newest.made_at + timedelta(microseconds=1))
    phone_system.save(update_fields=["changed_at"])
    ask_edge(phone_system=phone_system, at=at)


def tell(
    *,
    phone_system: PhoneSystem,
    kind: str,
    day: date,
    actor: str = "",
    facts: dict[str, Any],
) -> None:
    """This function will write an event of a phone system into the story of its subscription."""
    audit_trail.record(
        kind=kind,
        day=day,
        account_id=phone_system.account_id,
        subscription_id=phone_system.subscription_id,
        actor=actor,
        facts={"phone_system": phone_system.name, **facts},
    )
