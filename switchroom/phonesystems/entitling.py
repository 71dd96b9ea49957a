"""What a phone system may use, what it does use, and what is over the limit (rules 6.3 and 8).

Entitlements come from the promise; here they become limits of the phone system, and the edge learns of
them. When more is in use than entitled, nothing is removed by itself: the first in the member's own
order go on working.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from switchroom.phonesystems.changing import hold, tell
from switchroom.phonesystems.models import Endpoint, PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import count_on_their_way
from switchroom.phonesystems.operations import ask_edge
from switchroom.rules.barring import Barring
from switchroom.rules.promise import Grants


@dataclass(frozen=True)
class OverLimit:
    """What lies beyond the limits, in the member's order: kept, but good for emergency calls only."""

    endpoints: list[Endpoint]
    numbers: list[PhoneNumber]

    @property
    def any(self) -> bool:
        """Whether anything at all is over."""
        return bool(self.endpoints or self.numbers)


def entitled_to(phone_system: PhoneSystem) -> Grants:
    """This function will return the entitlements that a phone system works by."""
    return Grants(phone_system.trunk_lines, phone_system.endpoint_limit, phone_system.number_limit)


def entitle(*, phone_system: PhoneSystem, entitled: Grants, day: date, at: datetime) -> bool:
    """This function will make a phone system work by these entitlements; False when it already does."""
    hold(phone_system)
    before = entitled_to(phone_system)
    if entitled == before:
        return False
    phone_system.trunk_lines = entitled.trunk_lines
    phone_system.endpoint_limit = entitled.endpoints
    phone_system.number_limit = entitled.phone_numbers
    phone_system.save(update_fields=["trunk_lines", "endpoint_limit", "number_limit"])
    ask_edge(phone_system=phone_system, at=at)
    facts = {"before": _as_facts(before), "after": _as_facts(entitled)}
    tell(phone_system=phone_system, kind="entitlements_changed", day=day, facts=facts)
    return True


def switch_on(*, phone_system: PhoneSystem, day: date, at: datetime) -> bool:
    """This function will switch a phone system on; False when it is on already."""
    return _switch(phone_system, is_on=True, day=day, at=at)


def switch_off(*, phone_system: PhoneSystem, day: date, at: datetime) -> bool:
    """This function will switch a phone system off; False when it is off already.

    Everything set up is kept, and emergency calls still pass (rule 8.1).
    """
    return _switch(phone_system, is_on=False, day=day, at=at)


_BARRED = {
    Barring.NONE: "calls_unbarred",
    Barring.OUTGOING: "outgoing_calls_barred",
    Barring.ALL: "all_calls_barred",
}


def _switch(phone_system: PhoneSystem, *, is_on: bool, day: date, at: datetime) -> bool:
    hold(phone_system)
    if phone_system.is_on is is_on:
        return False
    phone_system.is_on = is_on
    phone_system.save(update_fields=["is_on"])
    ask_edge(phone_system=phone_system, at=at)
    word = "on" if is_on else "off"
    tell(phone_system=phone_system, kind=f"phone_system_switched_{word}", day=day, facts={})
    return True


def bar(
    *,
    phone_system: PhoneSystem,
    barring: Barring,
    day: date,
    at: datetime,
    actor: str,
    facts: dict[str, Any],
) -> bool:
    """This function will bar calls while bills are overdue, or no longer (rule 9.1); False when it is so
    already.

    ``facts`` are told with it. Emergency calls always pass.
    """
    hold(phone_system)
    if phone_system.barring == barring:
        return False
    phone_system.barring = barring
    phone_system.barred_on = None if barring == Barring.NONE else phone_system.barred_on or day
    phone_system.save(update_fields=["barring", "barred_on"])
    ask_edge(phone_system=phone_system, at=at)
    tell(phone_system=phone_system, kind=_BARRED[barring], day=day, actor=actor, facts=facts)
    return True


def usage(phone_system: PhoneSystem) -> Grants:
    """This function will count what is set up: endpoints and numbers, those that are on their way among them.

    Trunk lines in use are those of calls that run right now, which the recording edge has none of.
    """
    return Grants(
        trunk_lines=0,
        endpoints=phone_system.endpoints.count(),
        phone_numbers=phone_system.numbers.count() + count_on_their_way(phone_system),
    )


def over_limit(phone_system: PhoneSystem) -> OverLimit:
    """This function will list the endpoints and numbers beyond the first that are entitled (rule 6.3)."""
    return OverLimit(
        endpoints=list(phone_system.endpoints.order_by("position")[phone_system.endpoint_limit :]),
        numbers=list(phone_system.numbers.order_by("position", "e164")[phone_system.number_limit :]),
    )


def _as_facts(grants: Grants) -> dict[str, int]:
    return {
        "trunk_lines": grants.trunk_lines,
        "endpoints": grants.endpoints,
        "phone_numbers": grants.phone_numbers,
    }
