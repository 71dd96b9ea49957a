"""Customers who bring numbers from another provider, and the operator who sees to it."""

from __future__ import annotations

from datetime import timedelta

from switchroom.journeys import port_in as porting_in
from switchroom.journeys.operators import Act
from switchroom.journeys.phones import Wish
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.signed_orders import read_order
from switchroom.plumbing import clock, outbox
from tests.cast import Customer
from tests.phonesystems.papers import PDF, TYPED

OPERATOR = "operator@example.com"
IN_TWO_WEEKS = timedelta(days=14)


def wish_of(customer: Customer) -> Wish:
    """What she wishes is for the phone system that she has turned to, now."""
    at = clock.now()
    return Wish(customer.account.id, customer.subscription.id, customer.user, clock.local_day(at), at)


def brings(customer: Customer, numbers: str = "040 98765001") -> PortIn:
    """She asks for numbers, in two weeks if possible."""
    wish = wish_of(customer)
    typed = {**TYPED, "numbers": numbers, "wished_on": (wish.day + IN_TWO_WEEKS).isoformat()}
    asked = porting_in.ask(wish, order=read_order(typed, content=PDF, day=wish.day))
    outbox.drain()
    return asked


def act() -> Act:
    """The operator acts now."""
    at = clock.now()
    return Act(OPERATOR, clock.local_day(at), at)


def confirmed_for_today(port_in: PortIn) -> PortIn:
    """The operator hands it in, and the present provider is quick."""
    porting_in.hand_in(act(), port_in_id=port_in.id)
    confirmed = porting_in.confirm(act(), port_in_id=port_in.id, on=clock.today())
    outbox.drain()
    return confirmed


def come(port_in: PortIn) -> PortIn:
    """The numbers are with us, on the day for which they are confirmed."""
    done = porting_in.finish(act(), port_in_id=port_in.id)
    outbox.drain()
    return done
