"""Backups: made when a member asks and by night, kept encrypted for some days, taken home under a passphrase
(rules 7.1 and 8.5).

A file is stored before its row is written, by whoever holds the phone system: one that has no row is what
somebody left who died, and is swept up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet

from switchroom.accounts.models import User
from switchroom.phonesystems import stored
from switchroom.phonesystems.backup_file import (
    Configuration,
    SavedEndpoint,
    SavedGroup,
    SavedNumber,
    SavedPhoneSystem,
    SavedRing,
    damaged,
    read_backup,
    write_backup,
)
from switchroom.phonesystems.changing import hold, tell
from switchroom.phonesystems.models import Backup, BackupKind, Manner, PhoneSystem
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.queries import ring_groups_of
from switchroom.phonesystems.sealing import sealed, unsealed
from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.outages import is_outage
from switchroom.rules.refusals import Refused, gettext_noop

log = structlog.get_logger(__name__)


class Tally(msgspec.Struct, frozen=True):
    """How many of many were done, and how many failed; the log says why."""

    done: int
    failed: int


def configuration_of(phone_system: PhoneSystem, at: datetime) -> Configuration:
    """This function will return all that is set up in a phone system, as a backup keeps it; no secret in
    clear.
    """
    return Configuration(
        account_id=phone_system.account_id,
        made_at=at,
        phone_system=SavedPhoneSystem(phone_system.name, phone_system.sip_label, phone_system.realm),
        endpoints=tuple(
            SavedEndpoint(one.name, one.extension, one.sip_user, one.ha1)
            for one in phone_system.endpoints.order_by("position")
        ),
        phone_numbers=tuple(
            SavedNumber(
                one.e164,
                one.area,
                one.is_live,
                one.emergency_street,
                one.emergency_postal_code,
                one.emergency_city,
                rung.extension if (rung := one.rings_endpoint or one.rings_group) else "",
            )
            for one in phone_system.numbers.select_related("rings_endpoint", "rings_group").order_by(
                "position", "e164"
            )
        ),
        ring_groups=saved_groups(phone_system),
    )


def saved_groups(phone_system: PhoneSystem) -> tuple[SavedGroup, ...]:
    """This function will return the ring groups of a phone system as a backup keeps them, by extension."""
    return tuple(
        SavedGroup(
            one.name,
            one.extension,
            "in_order" if one.manner == Manner.IN_ORDER else "all",
            tuple(SavedRing(member.endpoint.extension, member.seconds) for member in one.members.all()),
        )
        for one in ring_groups_of(phone_system)
    )


def make_backup(
    *, phone_system: PhoneSystem, at: datetime, user: User | None = None, kind: BackupKind = BackupKind.ASKED
) -> Backup:
    """This function will make a backup and keep it; possible as long as the phone system exists.

    Raises ``Refused`` (rule 7.5) when it was deleted.
    """
    hold(phone_system)
    made_at = max(at, phone_system.changed_at)  # it holds that change, whoever read the clock first
    configuration = configuration_of(phone_system, made_at)
    backup = _kept(phone_system, configuration, write_backup(configuration), kind=kind, at=made_at, user=user)
    if kind is BackupKind.ASKED:
        _tell(phone_system, backup, "backup_made", at=at, user=user)
    return backup


def take_in(*, phone_system: PhoneSystem, content: bytes, at: datetime, user: User) -> Backup:
    """This function will keep a backup that a member brings back; ``content`` is what the passphrase opened
    (``sealing.unsealed_by``).

    Raises ``Refused`` (rule 8.5) for whatever is no usable backup of the same account.
    """
    configuration = read_backup(content, account_id=phone_system.account_id)
    hold(phone_system)
    return _kept(phone_system, configuration, content, kind=BackupKind.UPLOADED, at=at, user=user)


def content_of(backup: Backup) -> Configuration:
    """This function will open a backup that is kept. Raises ``Refused`` (rule 8.5) with the reason when it
    cannot be.
    """
    return read_backup(opened(backup), account_id=backup.phone_system.account_id)


def opened(backup: Backup) -> bytes:
    """This function will decrypt a backup that is kept. Raises ``Refused`` (rule 8.5) with the reason when it
    cannot be.
    """
    try:
        file = stored.fetch(backup.file) if backup.file else b""
    except FileNotFoundError:
        file = b""
    if not file:
        raise Refused("8.5", gettext_noop("The file of this backup is no longer kept here."))
    if hashlib.sha256(file).hexdigest() != backup.sha256:
        raise damaged()
    return unsealed(file, phone_system_id=backup.phone_system_id)


def note_download(*, backup: Backup, at: datetime, user: User) -> None:
    """This function will note that a member takes a backup home. Raises ``Refused`` (rule 7.5) when its phone
    system was deleted meanwhile.
    """
    hold(backup.phone_system)
    backup.downloaded_at = at
    backup.save(update_fields=["downloaded_at"])
    _tell(backup.phone_system, backup, "backup_downloaded", at=at, user=user)


def newest_backup(phone_system: PhoneSystem) -> Backup | None:
    """This function will return the backup made last of which the file is kept here, none when there is
    none.
    """
    made = Backup.objects.filter(phone_system=phone_system).exclude(kind=BackupKind.UPLOADED)
    return made.exclude(file="").order_by("-made_at").first()


def backup_of(phone_system: PhoneSystem, backup_id: UUID) -> Backup:
    """This function will return one of a phone system's backups. Raises ``Backup.DoesNotExist``."""
    return Backup.objects.select_related("phone_system").get(phone_system=phone_system, id=backup_id)


def fresh_backup(*, phone_system: PhoneSystem, at: datetime, user: User) -> Backup:
    """This function will return a kept backup that holds the latest change, making one when there is none.

    Raises ``Refused`` (rule 7.5) when the phone system was deleted.
    """
    hold(phone_system)
    newest = newest_backup(phone_system)
    if newest is not None and newest.made_at >= phone_system.changed_at:
        return newest
    return make_backup(phone_system=phone_system, at=at, user=user)


def is_at_home(phone_system: PhoneSystem) -> bool:
    """This function will say whether a member has taken a backup home that holds the latest change of
    endpoints and numbers (rule 7.7): ours are deleted with the phone system.
    """
    backups = Backup.objects.filter(phone_system=phone_system, downloaded_at__isnull=False)
    return backups.exclude(kind=BackupKind.UPLOADED).filter(made_at__gte=phone_system.changed_at).exists()


def back_up_changed(*, at: datetime) -> Tally:
    """This function will make a backup of every phone system that has changed since its newest one, each in
    a transaction of its own, and count them. One that fails does not stop the others.
    """
    kept = Q(backups__kind__in=[BackupKind.ASKED, BackupKind.DAILY]) & ~Q(backups__file="")
    newest = PhoneSystem.objects.annotate(newest=Max("backups__made_at", filter=kept))
    stale = newest.filter(Q(newest__isnull=True) | Q(newest__lt=F("changed_at")))
    return _each(stale, lambda one: bool(make_backup(phone_system=one, at=at, kind=BackupKind.DAILY)))


def thin_out(*, at: datetime) -> Tally:
    """This function will let go of kept files that are too old or too many, never of a phone system's newest
    one, and of those that nobody knows of; it counts the backups that are no longer kept.
    """
    oldest = at - timedelta(days=settings.INSTALLATION.backup_days)
    kept = ~Q(backups__file="")
    crowded = PhoneSystem.objects.annotate(kept=Count("backups", filter=kept)).filter(kept__gt=1)
    thinned = _each(crowded, lambda one: _thin_out_one(one, oldest))
    with_port_ins = PortIn.objects.values("phone_system")
    stored_much = Q(id__in=crowded.values("id")) | Q(id__in=with_port_ins)
    swept = _each(PhoneSystem.objects.filter(stored_much), _sweep)
    return Tally(thinned.done, thinned.failed + swept.failed)


def _each(phone_systems: QuerySet[PhoneSystem], work: Callable[[PhoneSystem], int]) -> Tally:
    """Each in a transaction of its own; what was deleted since we looked is passed over."""
    done = failed = 0
    for id_ in list(phone_systems.order_by("id").values_list("id", flat=True)):
        phone_system = PhoneSystem.objects.filter(id=id_).first()
        if phone_system is None:
            continue
        try:
            with transaction.atomic():
                done += work(phone_system)
        except Refused:
            continue
        except Exception as problem:  # one that is broken must not keep the others from their backups
            if is_outage(problem):
                raise
            log.exception("backups.failed", phone_system=str(id_))
            failed += 1
    return Tally(done, failed)


def _kept(
    phone_system: PhoneSystem,
    configuration: Configuration,
    content: bytes,
    *,
    kind: BackupKind,
    at: datetime,
    user: User | None,
) -> Backup:
    id_, file = new_id(), sealed(content, phone_system_id=phone_system.id)
    return Backup.objects.create(
        id=id_,
        phone_system=phone_system,
        kind=kind,
        made_at=at,
        made_by=user,
        file=stored.keep(phone_system.id, id_, file),
        size=len(file),
        sha256=hashlib.sha256(file).hexdigest(),
        endpoints=len(configuration.endpoints),
        phone_numbers=len(configuration.phone_numbers),
    )


def _thin_out_one(phone_system: PhoneSystem, oldest: datetime) -> int:
    """Rows first: a file without a row is swept up, a row without a file would promise what is not there."""
    hold(phone_system)
    kept = Backup.objects.filter(phone_system=phone_system).exclude(file="")
    newest = newest_backup(phone_system)
    gone = [
        backup.id
        for place, backup in enumerate(kept.order_by("-made_at"))
        if backup != newest and (backup.made_at < oldest or place >= settings.INSTALLATION.backup_count)
    ]
    rows = Backup.objects.filter(id__in=gone)
    rows.filter(downloaded_at__isnull=True).delete()
    rows.update(file="", size=0)  # what a member has at home stays known
    return len(gone)


def _sweep(phone_system: PhoneSystem) -> int:
    hold(phone_system)
    backups = Backup.objects.filter(phone_system=phone_system).values_list("file", flat=True)
    documents = PortIn.objects.filter(phone_system=phone_system).values_list("document", flat=True)
    known = {*backups, *documents}
    unknown = [name for name in stored.names_of(phone_system.id) if name not in known]
    for name in unknown:
        stored.drop(name)
    return len(unknown)


def _tell(phone_system: PhoneSystem, backup: Backup, kind: str, *, at: datetime, user: User | None) -> None:
    facts = {"endpoints": backup.endpoints, "phone_numbers": backup.phone_numbers, "sha256": backup.sha256}
    actor = user.email if user else ""
    tell(phone_system=phone_system, kind=kind, day=clock.local_day(at), actor=actor, facts=facts)
