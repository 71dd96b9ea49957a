"""After an older copy of the database was restored: what was deleted for good is deleted again (rule 7.5)."""

from __future__ import annotations

from datetime import date, datetime

import structlog
from django.db import transaction

from switchroom.accounts.queries import lock_account
from switchroom.journeys.day import settled
from switchroom.phonesystems import deletion
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing.outages import is_outage

log = structlog.get_logger(__name__)


def delete_again(*, day: date, at: datetime) -> list[str]:
    """This function will delete every phone system that has risen, before anybody can use it, and return
    their names. ``day`` is the local day of ``at`` (UTC).

    Its account is settled first: what the copy knows to be due by now is done in its order, so that a
    follow-up still takes over name and numbers. Where that fails it is deleted all the same.
    """
    names = []
    for phone_system in list(deletion.risen()):
        try:
            with settled(phone_system.account_id, day=day, at=at):
                _delete(phone_system, at=at)
        except Exception as problem:  # whatever is wrong with the books, it must not be used again
            if is_outage(problem):
                raise
            log.exception("restored.account_failed", account_id=str(phone_system.account_id))
            with transaction.atomic():
                lock_account(phone_system.account_id)
                _delete(phone_system, at=at)
        names.append(phone_system.name)
    return names


def _delete(phone_system: PhoneSystem, *, at: datetime) -> None:
    """Unless the day, which came first, has done so."""
    if PhoneSystem.objects.filter(id=phone_system.id).exists():
        deletion.delete_again(phone_system=phone_system, at=at)
