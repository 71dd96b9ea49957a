"""Our side follows the promise: the phone system gets what the subscription grants on a day, and is on or
off.

It compares what should be with what is and does the difference, so it may be called at any time.
"""

from __future__ import annotations

from datetime import date, datetime

from switchroom.phonesystems import entitling
from switchroom.phonesystems.queries import phone_system_of
from switchroom.rules.entitlements import entitlements_on
from switchroom.rules.lifecycle import USABLE, state_on
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def provision(*, subscription: Subscription, day: date, at: datetime) -> None:
    """This function will bring the phone system of a subscription to what is promised for ``day``.

    A phone system that is off keeps its last entitlements written down: it is the switch that counts.
    """
    phone_system = phone_system_of(subscription.id)
    if phone_system is None:
        return
    promise = promise_of(subscription)
    if state_on(promise, day) in USABLE:
        entitling.entitle(phone_system=phone_system, entitled=entitlements_on(promise, day), day=day, at=at)
        entitling.switch_on(phone_system=phone_system, day=day, at=at)
    else:
        entitling.switch_off(phone_system=phone_system, day=day, at=at)
