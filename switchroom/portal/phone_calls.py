"""The calls of a phone system: how many lines are in use now, what was refused, and the last ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumbers import NumberParseException

from switchroom.phonesystems.calls import calls_of
from switchroom.phonesystems.models import CallKind, CallRecord, PhoneSystem
from switchroom.plumbing.wording import phone_number
from switchroom.portal.access import Visit
from switchroom.portal.offers import TRUNK_LINES, Offer, offer_of_one_more
from switchroom.rules.promise import Grants

REFUSED_DAYS = 30
LAST_CALLS = 10

OUTCOMES = {
    480: gettext_lazy("Nobody was there"),
    486: gettext_lazy("Busy"),
    487: gettext_lazy("Given up"),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A call as its line says it; ``icon`` and ``way`` tell where it went, ``other`` who was called or
    calling.
    """

    icon: str
    way: str
    other: str
    began_at: datetime
    outcome: str
    is_missed: bool


@dataclass(frozen=True, kw_only=True)
class PhoneCalls:
    """What the page shows of calls. ``is_counted`` says whether anybody counts lines."""

    is_counted: bool
    refused: int
    refused_days: int
    offer: Offer | None
    last: list[Shown]


def phone_calls(phone_system: PhoneSystem, who: Visit, *, used: Grants) -> PhoneCalls:
    """This function will gather what is shown of a phone system's calls; ``used`` is what is set up."""
    found = calls_of(phone_system, since=who.at - timedelta(days=REFUSED_DAYS), last=LAST_CALLS)
    offer = None
    if found.refused and phone_system.is_on:
        offer = offer_of_one_more(TRUNK_LINES, phone_system=phone_system, used=used, who=who)
    return PhoneCalls(
        is_counted=found.is_counted,
        refused=found.refused,
        refused_days=REFUSED_DAYS,
        offer=offer,
        last=[_shown(call) for call in found.last],
    )


def _shown(call: CallRecord) -> Shown:
    icon, way, other = {
        CallKind.OUTBOUND: ("phone-outgoing", _("Call to"), call.called),
        CallKind.INBOUND: ("phone-incoming", _("Call from"), call.caller),
        CallKind.INTERNAL: ("phone", _("Inside call to"), call.called),
        CallKind.EMERGENCY: ("siren", _("Call for help to"), call.called),
    }[CallKind(call.kind)]
    return Shown(
        icon=icon,
        way=way,
        other=_readable(other),
        began_at=call.began_at,
        outcome=_outcome(call),
        is_missed=call.answered_at is None,
    )


def _outcome(call: CallRecord) -> str:
    if call.lacked_line:
        return _("No line was free")
    if call.answered_at is None:
        return str(OUTCOMES.get(call.cause, _("Not connected")))
    minutes, seconds = divmod(round((call.ended_at - call.answered_at).total_seconds()), 60)
    return _("{minutes}:{seconds:02d} min").format(minutes=minutes, seconds=seconds)


def _readable(number: str) -> str:
    """Others may write whatever they like: what is no number stays as it came."""
    try:
        return phone_number(number)
    except NumberParseException:
        return number
