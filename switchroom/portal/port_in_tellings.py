"""How the steps of a port-in are told in the story of a subscription: which numbers, from whom, when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from switchroom.plumbing.wording import long_day, phone_number, quantity
from switchroom.portal.telling import Details, Names, Telling, day_in

SHOWN = 10  # numbers that are named one by one


def _numbers(numbers: list[str]) -> str:
    """Numbers (E.164) in a sentence: a single one, or how many they are."""
    if len(numbers) == 1:
        return phone_number(numbers[0])
    return ngettext("{n} phone number", "{n} phone numbers", len(numbers)).format(n=quantity(len(numbers)))


def _title(sentence: str, facts: Mapping[str, Any], **more: str) -> str:
    numbers = _numbers(facts["numbers"])
    return sentence.format(numbers=numbers, provider=facts["present_provider"], **more)


def _which(facts: Mapping[str, Any], _names: Names) -> Details:
    named = [phone_number(number) for number in facts["numbers"][:SHOWN]]
    if left := len(facts["numbers"]) - len(named):
        named.append(_("and {n} more").format(n=quantity(left)))
    return ((_("Present provider"), facts["present_provider"]), (_("Phone numbers"), ", ".join(named)))


def _asked(facts: Mapping[str, Any], names: Names) -> Details:
    wished = long_day(day_in(facts["wished_on"]))
    return ((_("Wished day"), wished), *_which(facts, names))


def _confirmed(facts: Mapping[str, Any], _names: Names) -> str:
    day = long_day(day_in(facts["confirmed_on"]))
    return _title(_("{provider} has confirmed: {numbers} on {day}"), facts, day=day)


def _refused(facts: Mapping[str, Any], names: Names) -> Details:
    return ((_("Reason"), facts["reason"]), *_which(facts, names))


PORT_IN_TELLINGS: dict[str, Telling] = {
    "port_in_asked": Telling(
        title=lambda facts, names: _title(_("Asked to bring {numbers} from {provider}"), facts),
        icon="phone-incoming",
        details=_asked,
    ),
    "port_in_handed_in": Telling(
        title=lambda facts, names: _title(_("Order for {numbers} handed in to {provider}"), facts),
        icon="file-text",
        details=_which,
    ),
    "port_in_confirmed": Telling(title=_confirmed, icon="calendar-clock", tone="good", details=_which),
    "port_in_done": Telling(
        title=lambda facts, names: _title(_("Brought from {provider}: {numbers}"), facts),
        icon="hash",
        tone="good",
        details=_which,
    ),
    "port_in_refused": Telling(
        title=lambda facts, names: _title(_("Not brought from {provider}: {numbers}"), facts),
        icon="x",
        tone="bad",
        details=_refused,
    ),
    "port_in_withdrawn": Telling(
        title=lambda facts, names: _title(_("Withdrawn: {numbers} stay with {provider}"), facts),
        icon="undo-2",
        details=_which,
    ),
    "port_in_dropped": Telling(
        title=lambda facts, names: _title(
            _("{numbers} no longer come from {provider}: the phone system is deleted"), facts
        ),
        icon="x",
        tone="bad",
        details=_which,
    ),
}
"""How each kind of event is told."""
