"""A member brings numbers from another provider, and an operator sees to it (rules 7.8 and 8.3).

Both settle the account first, so that what counts is what the licences grant on this day, and that a port-in
is where its phone system is. Each step is told by a letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from switchroom.journeys import letters
from switchroom.journeys.day import settled
from switchroom.journeys.operators import Act
from switchroom.journeys.phones import Wish, held
from switchroom.journeys.quote import has_follow_up
from switchroom.phonesystems import porting
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.signed_orders import SignedOrder
from switchroom.rules.periods import ONE_DAY
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import fresh, promise_of


class OverBefore(Refused):
    """Numbers would come when the subscription is over (rule 8.3)."""


def ask(wish: Wish, *, order: SignedOrder) -> PortIn:
    """This function will ask for the numbers of a signed order; a double click asks once.

    Raises ``Refused`` 8.2 for more than entitled and 8.3 for numbers that are here or on their way already,
    ``OverBefore``, and ``PhoneSystem.DoesNotExist``.
    """
    with held(wish) as phone_system:
        asked = porting.same_wish(phone_system=phone_system, order=order, user=wish.user)
        if asked is not None:
            return asked
        _check_lasts(wish.subscription_id, until=order.wished_on)
        port_in = porting.ask(phone_system=phone_system, order=order, at=wish.at, user=wish.user)
        letters.port_in_changed(port_in, at=wish.at, acting=wish.user)
    return port_in


def withdraw(wish: Wish, *, port_in_id: UUID) -> PortIn:
    """This function will end a port-in as the member wishes.

    Raises ``Refused`` 8.3 when it is over, and ``PortIn.DoesNotExist``.
    """
    with _opened(wish.account_id, port_in_id, day=wish.day, at=wish.at) as port_in:
        porting.withdraw(port_in=port_in, at=wish.at, actor=wish.user.email)
        letters.port_in_changed(port_in, at=wish.at, acting=wish.user)
    return port_in


def hand_in(act: Act, *, port_in_id: UUID) -> PortIn:
    """This function will note that the present provider was asked; raises ``Refused`` 8.3."""
    with _seen_to(act, port_in_id) as port_in:
        porting.hand_in(port_in=port_in, at=act.at, operator=act.operator)
    return port_in


def confirm(act: Act, *, port_in_id: UUID, on: date) -> PortIn:
    """This function will note the day for which the present provider has confirmed; raises ``Refused``
    8.3.
    """
    with _seen_to(act, port_in_id) as port_in:
        porting.confirm(port_in=port_in, on=on, at=act.at, operator=act.operator)
    return port_in


def finish(act: Act, *, port_in_id: UUID) -> PortIn:
    """This function will give the numbers to the phone system; raises ``Refused`` 8, 8.2 and 8.3."""
    with _seen_to(act, port_in_id) as port_in:
        porting.finish(port_in=port_in, at=act.at, operator=act.operator)
    return port_in


def refuse(act: Act, *, port_in_id: UUID, reason: str) -> PortIn:
    """This function will end a port-in for a reason that the member reads; raises ``Refused`` 8 and 8.3."""
    with _seen_to(act, port_in_id) as port_in:
        porting.refuse(port_in=port_in, reason=reason, at=act.at, operator=act.operator)
    return port_in


def _check_lasts(subscription_id: UUID, *, until: date) -> None:
    subscription: Subscription = fresh(subscription_id)
    ends_on = promise_of(subscription).ends_on
    if ends_on is not None and until >= ends_on and not has_follow_up(subscription):
        raise OverBefore(
            "8.3",
            gettext_noop("Your subscription ends on {last}, so the numbers have to come before."),
            last=ends_on - ONE_DAY,
        )


@contextmanager
def _opened(account_id: UUID, port_in_id: UUID, *, day: date, at: datetime) -> Iterator[PortIn]:
    with settled(account_id, day=day, at=at):
        rows = PortIn.objects.select_related("phone_system__subscription").filter(
            phone_system__account_id=account_id
        )
        yield rows.get(id=port_in_id)


@contextmanager
def _seen_to(act: Act, port_in_id: UUID) -> Iterator[PortIn]:
    """What an operator does is told by a letter to those who look after the phones. Raises
    ``PortIn.DoesNotExist`` when the port-in is gone with its phone system.
    """
    rows = PortIn.objects.filter(id=port_in_id)
    account_id = rows.values_list("phone_system__account_id", flat=True).get()
    with _opened(account_id, port_in_id, day=act.day, at=act.at) as port_in:
        yield port_in
        letters.port_in_changed(port_in, at=act.at)
