"""Endpoints: devices that may register, each with its own credentials (rules 6.3 and 8.2).

A secret is shown once and never stored; what is kept is the hash that digest authentication needs.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from switchroom.phonesystems.changing import (
    NoRoom,
    hold,
    hold_switched_on,
    hold_with_phone_system,
    note_change,
    tell,
)
from switchroom.phonesystems.lines import one_line
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.phonesystems.ordering import put_in_order
from switchroom.plumbing import clock
from switchroom.rules.refusals import Refused, gettext_noop

LONGEST_NAME = 60
EXTENSION = re.compile(r"[1-9][0-9]{1,5}", re.ASCII)

# Without letters and digits that are mistaken for one another. Four groups of four: 79 bits.
EASY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS = 4
GROUP_LENGTH = 4


def add_endpoint(
    *, phone_system: PhoneSystem, name: str, extension: str, at: datetime, actor: str = ""
) -> tuple[Endpoint, str]:
    """This function will set up an endpoint and return it with its secret, which nobody can read again.

    Raises NoRoom (rule 8.2) for one more than entitled, and ``Refused`` for a phone system that is off or
    deleted, an unusable name, and an extension that is in use or cannot be one (rule 8.2).
    """
    cleaned = one_line(name, longest=LONGEST_NAME)
    check_extension(extension)
    hold_switched_on(phone_system)
    used = phone_system.endpoints.count()
    if used >= phone_system.endpoint_limit:
        raise NoRoom(
            gettext_noop("Your licences do not allow another endpoint: {used} set up, {entitled} included."),
            entitled=phone_system.endpoint_limit,
            used=used,
        )
    check_extension_free(phone_system, extension)
    secret = _new_secret()
    sip_user = f"{extension}-{_group()}"
    endpoint = Endpoint.objects.create(
        phone_system=phone_system,
        name=cleaned,
        extension=extension,
        sip_user=sip_user,
        ha1=ha1_of(sip_user=sip_user, realm=phone_system.realm, secret=secret),
        position=_last_position(phone_system) + 1,
        created_at=at,
    )
    note_change(phone_system=phone_system, at=at)
    _tell(endpoint, "endpoint_added", at, actor)
    return endpoint, secret


def rename(*, endpoint: Endpoint, name: str, at: datetime) -> None:
    """This function will give an endpoint another name. Raises ``Refused`` (rule 8) for an unusable one."""
    cleaned = one_line(name, longest=LONGEST_NAME)
    _hold_with_phone_system(endpoint)
    if endpoint.name == cleaned:
        return
    endpoint.name = cleaned
    endpoint.save(update_fields=["name"])
    note_change(phone_system=endpoint.phone_system, at=at)


def new_secret(*, endpoint: Endpoint, at: datetime, actor: str = "") -> str:
    """This function will give an endpoint a new secret and return it; the old one no longer works."""
    _hold_with_phone_system(endpoint)
    secret = _new_secret()
    realm = endpoint.phone_system.realm
    endpoint.ha1 = ha1_of(sip_user=endpoint.sip_user, realm=realm, secret=secret)
    endpoint.save(update_fields=["ha1"])
    note_change(phone_system=endpoint.phone_system, at=at)
    _tell(endpoint, "endpoint_secret_renewed", at, actor)
    return secret


def remove_endpoint(*, endpoint: Endpoint, at: datetime, actor: str = "") -> None:
    """This function will remove an endpoint and its credentials; the others keep their order.

    It rings in no group any more, and a number that rang it alone rings all phones.
    """
    _hold_with_phone_system(endpoint)
    Endpoint.objects.filter(id=endpoint.id).delete()
    note_change(phone_system=endpoint.phone_system, at=at)
    _tell(endpoint, "endpoint_removed", at, actor)


def reorder(*, phone_system: PhoneSystem, ids: Sequence[UUID], at: datetime) -> None:
    """This function will put the endpoints into the member's order; the first that are entitled work (rule
    6.3).

    ``ids`` must name each endpoint once. Raises ``Refused`` (rule 6.3) when the list has changed
    meanwhile.
    """
    hold(phone_system)
    if put_in_order(phone_system.endpoints.order_by("position"), ids):
        note_change(phone_system=phone_system, at=at)


def check_extension_free(phone_system: PhoneSystem, extension: str) -> None:
    """This function will raise ``Refused`` (rule 8.2) when an endpoint or a ring group of a phone system has
    this extension.
    """
    if any(
        rows.filter(extension=extension).exists()
        for rows in (phone_system.endpoints, phone_system.ring_groups)
    ):
        raise Refused(
            "8.2",
            gettext_noop("Extension {extension} is already in use. Please choose another one."),
            extension=extension,
        )


def check_extension(extension: str) -> None:
    """This function will raise ``Refused`` (rule 8.2) unless the text can be an extension."""
    if not EXTENSION.fullmatch(extension):
        raise Refused("8.2", gettext_noop("An extension has two to six digits and does not begin with 0."))
    if extension in settings.INSTALLATION.emergency_numbers:
        raise Refused(
            "8.2",
            gettext_noop("{extension} is an emergency number and cannot be an extension."),
            extension=extension,
        )


def ha1_of(*, sip_user: str, realm: str, secret: str) -> str:
    """This function will return the hash that digest authentication (RFC 3261) compares with."""
    digest = hashlib.md5(
        f"{sip_user}:{realm}:{secret}".encode(), usedforsecurity=False
    )  # the protocol's choice
    return digest.hexdigest()


def _hold_with_phone_system(endpoint: Endpoint) -> None:
    hold_with_phone_system(endpoint, gone=gettext_noop("This endpoint has been removed meanwhile."))


def _last_position(phone_system: PhoneSystem) -> int:
    return phone_system.endpoints.aggregate(last=Max("position"))["last"] or 0


def _new_secret() -> str:
    return "-".join(_group() for _ in range(GROUPS))


def _group() -> str:
    return "".join(secrets.choice(EASY_LETTERS) for _ in range(GROUP_LENGTH))


def _tell(endpoint: Endpoint, kind: str, at: datetime, actor: str) -> None:
    facts = {"name": endpoint.name, "extension": endpoint.extension}
    tell(phone_system=endpoint.phone_system, kind=kind, day=clock.local_day(at), actor=actor, facts=facts)
