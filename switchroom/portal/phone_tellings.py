"""How what happens to phone systems is told: what is set up, backed up, barred and deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from switchroom.plumbing.wording import long_day, money, quantity
from switchroom.portal.telling import Details, Names, Telling, day_in, number_in


def _deleted(facts: Mapping[str, Any], _names: Names) -> Details:
    return (
        (_("Endpoints"), quantity(facts["endpoints"])),
        (_("Phone numbers given back"), quantity(facts["phone_numbers"])),
        (_("Backups"), quantity(facts["backups"])),
    )


def _checksum(facts: Mapping[str, Any], _names: Names) -> Details:
    return (
        (_("Endpoints"), quantity(facts["endpoints"])),
        (_("Checksum"), str(facts["sha256"])),
    )


def _overdue(facts: Mapping[str, Any], _names: Names) -> Details:
    return (
        (_("Overdue"), money(facts["overdue_minor"], facts["currency"])),
        (_("Warned on"), long_day(day_in(facts["warned_on"]))),
    )


def _rings(facts: Mapping[str, Any], _names: Names) -> str:
    if facts["rings"]:
        return _("Number {number} rings {name}").format(number=number_in(facts), name=facts["rings"])
    return _("Number {number} rings all phones").format(number=number_in(facts))


def _moved(facts: Mapping[str, Any], _names: Names) -> str:
    if facts["home"]:
        return _("Moved to edge {edge} of the telephone network").format(edge=facts["home"])
    return _("Served everywhere in the telephone network")


MANY: dict[str, tuple[Callable[[int], str], str, str]] = {
    "endpoint_added": (
        lambda n: ngettext("{n} endpoint set up", "{n} endpoints set up", n).format(n=n),
        "phone",
        "neutral",
    ),
    "endpoint_removed": (
        lambda n: ngettext("{n} endpoint removed", "{n} endpoints removed", n).format(n=n),
        "trash-2",
        "neutral",
    ),
    "number_taken": (
        lambda n: ngettext("{n} phone number taken", "{n} phone numbers taken", n).format(n=n),
        "hash",
        "neutral",
    ),
    "number_live": (
        lambda n: ngettext("{n} phone number takes calls", "{n} phone numbers take calls", n).format(n=n),
        "phone-call",
        "good",
    ),
    "number_released": (
        lambda n: ngettext("{n} phone number given back", "{n} phone numbers given back", n).format(n=n),
        "hash",
        "neutral",
    ),
}
"""Kinds of which several on one day are told in one sentence: sentence, icon, tone."""

PHONE_TELLINGS: dict[str, Telling] = {
    "endpoint_added": Telling(
        title=lambda facts, names: _("Endpoint {extension} set up: {name}").format(**facts), icon="phone"
    ),
    "endpoint_removed": Telling(
        title=lambda facts, names: _("Endpoint {extension} removed: {name}").format(**facts), icon="trash-2"
    ),
    "endpoint_secret_renewed": Telling(
        title=lambda facts, names: _("New secret for endpoint {extension}: {name}").format(**facts),
        icon="key-round",
    ),
    "number_taken": Telling(
        title=lambda facts, names: _("Number {number} taken").format(number=number_in(facts)), icon="hash"
    ),
    "number_live": Telling(
        title=lambda facts, names: _("Number {number} takes calls").format(number=number_in(facts)),
        icon="phone-call",
        tone="good",
    ),
    "number_rings": Telling(title=_rings, icon="phone-incoming"),
    "ring_group_added": Telling(
        title=lambda facts, names: _("Ring group {extension} set up: {name}").format(**facts), icon="users"
    ),
    "ring_group_removed": Telling(
        title=lambda facts, names: _("Ring group {extension} removed: {name}").format(**facts), icon="trash-2"
    ),
    "number_released": Telling(
        title=lambda facts, names: _("Number {number} given back").format(number=number_in(facts)),
        icon="hash",
        details=lambda facts, names: ((_("Rests until"), long_day(day_in(facts["quarantine_until"]))),),
    ),
    "backup_made": Telling(title=lambda facts, names: _("Backup made"), icon="archive", details=_checksum),
    "backup_downloaded": Telling(
        title=lambda facts, names: _("Backup downloaded"), icon="download", details=_checksum
    ),
    "restored": Telling(
        title=lambda facts, names: _("Backup restored"),
        icon="archive",
        details=lambda facts, names: ((_("Endpoints"), quantity(facts["endpoints"])),),
    ),
    "phone_system_switched_on": Telling(
        title=lambda facts, names: _("Phone system switched on"), icon="phone", tone="good"
    ),
    "phone_system_switched_off": Telling(
        title=lambda facts, names: _("Phone system switched off"), icon="phone-off", tone="bad"
    ),
    "outgoing_calls_barred": Telling(
        title=lambda facts, names: _("Outgoing calls barred"), icon="phone-off", tone="bad", details=_overdue
    ),
    "all_calls_barred": Telling(
        title=lambda facts, names: _("All calls barred"), icon="phone-off", tone="bad", details=_overdue
    ),
    "calls_unbarred": Telling(
        title=lambda facts, names: _("Calls no longer barred"), icon="phone", tone="good"
    ),
    "edge_moved": Telling(title=_moved, icon="phone"),
    "phone_system_deleted": Telling(
        title=lambda facts, names: _("Phone system deleted for good"),
        icon="trash-2",
        tone="bad",
        details=_deleted,
    ),
}
