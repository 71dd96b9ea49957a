"""From the commit of a purchase to the call that it admits.

All lines of a phone system are busy; one more is bought by the journey that the purchase click calls, in the
same steps as the store; from then on a phone calls again and again until it is put through. No worker runs,
so that nobody has the edge look at once: what is timed is how long it takes by itself.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from time import perf_counter

from bench._edge_gate import IS_REFUSED, OUTSIDE, said
from bench._edge_place import SECRET, Party
from bench._edge_running import Edge, NotMeasured
from tests.edge.phone import Phone

EXTRA_LINE = "extra-trunk-line"
LONGEST_SECONDS = 30.0
BETWEEN_CALLS_SECONDS = 0.002
LOOKS_EVERY_SECONDS = 0.2
"""As often the edge asks whether anything has changed (``following.cfg``)."""


def seconds_to_admission(edge: Edge, buyers: Sequence[Party], *, each: int) -> list[float]:
    """This function will have each of these buy one trunk line after the other, ``each`` times, and give the
    seconds from every commit until a call was admitted.
    """
    return [seconds for buyer in buyers for seconds in _of_one(edge, buyer, each)]


def _of_one(edge: Edge, buyer: Party, times: int) -> Iterator[float]:
    phone = Phone(edge.address, buyer.domain, buyer.user, SECRET)
    chance = random.Random(buyer.label)  # noqa: S311  # no secret
    calls = [phone.call(OUTSIDE) for _ in range(buyer.lines)]
    try:
        for _ in range(times):
            refused = phone.call(OUTSIDE)
            if any(call.status != 200 for call in calls) or said(refused) != IS_REFUSED:
                raise NotMeasured(f"The lines of {buyer.label} are not all busy: {said(refused)}.")
            # The last call was admitted right after the edge had looked; a purchase may come at any moment.
            time.sleep(chance.uniform(0, LOOKS_EVERY_SECONDS))
            committed = _buy_a_line(buyer)
            while said(admitted := phone.call(OUTSIDE)) == IS_REFUSED:
                if perf_counter() - committed > LONGEST_SECONDS:
                    raise NotMeasured(f"The line that {buyer.label} bought never came.")
                time.sleep(BETWEEN_CALLS_SECONDS)
            yield perf_counter() - committed
            calls.append(admitted)
        for call in calls:
            call.hang_up()
    finally:
        phone.vanish()


def _buy_a_line(buyer: Party) -> float:
    """Buys as the store does, and gives the instant at which the purchase was sent off to be committed."""
    from django.db import transaction

    from switchroom.accounts.models import User
    from switchroom.journeys.upgrade import open_upgrade, purchase, show_quote
    from switchroom.orders import wizard
    from switchroom.plumbing import clock
    from switchroom.subscriptions.promises import promise_of, subscription_in

    user, _ = User.objects.get_or_create(email=f"{buyer.label}@example.com")
    day, at = clock.today(), clock.now()
    order = open_upgrade(
        account_id=buyer.account_id, subscription_id=buyer.subscription_id, user=user, day=day, at=at
    )
    subscription = subscription_in(buyer.account_id, buyer.subscription_id)
    booked = wizard.booked_before(order=order, promise=promise_of(subscription), day=day)
    wanted = {**booked, EXTRA_LINE: booked.get(EXTRA_LINE, 0) + 1}
    version = wizard.version_for(order=order, subscription=subscription, day=day)
    typed = {key: str(quantity) for key, quantity in wanted.items()}
    for refusal in wizard.choose_quantities(
        order=order, typed=typed, version=version, booked=booked
    ).values():
        raise refusal
    for step in wizard.steps_of(order=order, subscription=subscription):
        wizard.confirm(order=order, step=step)
    shown, _ = show_quote(account_id=buyer.account_id, order_id=order.id, day=day, at=at)
    with transaction.atomic():
        purchase(account_id=buyer.account_id, order_id=order.id, quote_id=shown.id, user=user, day=day, at=at)
        return perf_counter()
