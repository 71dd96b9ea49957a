"""What a phone system may use: the sum of what the licences in force grant (rules 1 and 8).

Services are trunk lines (external calls at once, in and out together), endpoints (devices set up) and phone
numbers. In a trial the trial's own grants count; a pending order, a reduction that has not yet bitten or an
end that has not yet come changes nothing.
"""

from __future__ import annotations

from datetime import date

import msgspec

from switchroom.rules.lifecycle import State, state_on
from switchroom.rules.promise import Grants, Item, Promise, items_in_force


class Shortfall(msgspec.Struct, frozen=True):
    """How many of each service are in use beyond a set of entitlements; zero where enough is there (rule 3.2,
    6.3).
    """

    trunk_lines: int
    endpoints: int
    phone_numbers: int

    @property
    def any(self) -> bool:
        """Whether anything at all is over."""
        return bool(self.trunk_lines or self.endpoints or self.phone_numbers)


def granted_by(items: tuple[Item, ...]) -> Grants:
    """This function will add up what items grant: each item's grants times its quantity."""
    total = Grants()
    for item in items:
        total += item.grants * item.quantity
    return total


def entitlements_on(promise: Promise, day: date) -> Grants:
    """This function will give a subscription's entitlements on a day; none when the phone system is off."""
    state = state_on(promise, day)
    if state is State.TRIAL:
        return promise.trial.grants
    if state in (State.ACTIVE, State.CANCELLED):
        return granted_by(items_in_force(promise, day))
    return Grants()


def shortfall(entitled: Grants, used: Grants) -> Shortfall:
    """This function will say how much is in use beyond what is entitled (rules 3.2 and 6.3)."""
    return Shortfall(
        trunk_lines=max(0, used.trunk_lines - entitled.trunk_lines),
        endpoints=max(0, used.endpoints - entitled.endpoints),
        phone_numbers=max(0, used.phone_numbers - entitled.phone_numbers),
    )
