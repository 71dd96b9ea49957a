"""Many at once: nobody gets what another got, and nobody gets more than entitled."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from switchroom.accounts.models import User
from switchroom.phonesystems import porting, stored
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.deletion import delete, nothing_left
from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.entitling import switch_off
from switchroom.phonesystems.models import Endpoint, PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import add_stock, take_number
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.setting_up import set_up
from switchroom.plumbing import outbox
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import AT, DAY, ENTITLED, Subscribes
from tests.phonesystems.papers import signed_order

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def at_once(*attempts: Callable[[], object]) -> list[str]:
    """What became of attempts made at the same moment, each in a transaction of its own: ``done`` or the
    refusal.
    """
    outcomes: list[str] = []
    together = threading.Barrier(len(attempts))

    def make(attempt: Callable[[], object]) -> None:
        together.wait()
        try:
            with transaction.atomic():
                attempt()
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(type(refused).__name__ + " " + refused.rule)
        except Exception as error:
            outcomes.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def committed(subscribes: Subscribes) -> Callable[[str, Grants], PhoneSystem]:
    """A function that sets up a phone system whose row other threads see."""

    def make(name: str, entitled: Grants) -> PhoneSystem:
        subscription = subscribes(name)
        with transaction.atomic():
            return set_up(subscription=subscription, name=name, entitled=entitled, day=DAY, at=AT)

    return make


def test_no_two_get_the_same_number(committed: Callable[[str, Grants], PhoneSystem]) -> None:
    phone_systems = [committed(f"Company {number}", ENTITLED) for number in range(THREADS)]
    add_stock(numbers=[f"030 23125{number:03}" for number in range(THREADS)], area="Berlin")
    outcomes = at_once(
        *(lambda one=one: take_number(phone_system=one, area="Berlin", at=AT) for one in phone_systems)
    )
    assert outcomes == ["done"] * THREADS
    holders = list(PhoneNumber.objects.values_list("phone_system_id", flat=True))
    assert sorted(holders, key=str) == sorted((one.id for one in phone_systems), key=str)


def test_one_gets_the_last_number(committed: Callable[[str, Grants], PhoneSystem]) -> None:
    phone_systems = [committed(f"Company {number}", ENTITLED) for number in range(THREADS)]
    add_stock(numbers=["030 23125000"], area="Berlin")
    last = PhoneNumber.objects.get()
    outcomes = at_once(
        *(lambda one=one: take_number(phone_system=one, number_id=last.id, at=AT) for one in phone_systems)
    )
    assert Counter(outcomes) == {"done": 1, "Refused 8.3": THREADS - 1}


def test_one_phone_system_gets_no_more_than_entitled(committed: Callable[[str, Grants], PhoneSystem]) -> None:
    acme = committed("Acme", Grants(trunk_lines=2, endpoints=3, phone_numbers=2))
    add_stock(numbers=[f"030 23125{number:03}" for number in range(THREADS)], area="Berlin")

    def fresh() -> PhoneSystem:
        return PhoneSystem.objects.get(id=acme.id)

    outcomes = at_once(*[lambda: take_number(phone_system=fresh(), at=AT)] * THREADS)
    assert Counter(outcomes) == {"done": 2, "NoRoom 8.2": THREADS - 2}
    outcomes = at_once(
        *(
            lambda number=number: add_endpoint(
                phone_system=fresh(), name="Desk", extension=f"2{number}", at=AT
            )
            for number in range(THREADS)
        )
    )
    assert Counter(outcomes) == {"done": 3, "NoRoom 8.2": THREADS - 3}
    assert list(Endpoint.objects.values_list("position", flat=True)) == [1, 2, 3]
    assert issubclass(NoRoom, Refused)


def test_one_brings_a_number(committed: Callable[[str, Grants], PhoneSystem]) -> None:
    phone_systems = [committed(f"Company {number}", ENTITLED) for number in range(THREADS)]
    user = User.objects.create_user("alice@example.com")
    outcomes = at_once(
        *(
            lambda one=one: porting.ask(phone_system=one, order=signed_order(), at=AT, user=user)
            for one in phone_systems
        )
    )
    assert Counter(outcomes) == {"done": 1, "NotFree 8.3": THREADS - 1}
    holder = PortIn.objects.get().phone_system
    assert [one for one in phone_systems if stored.names_of(one.id)] == [holder]


def test_one_gets_a_name(subscribes: Subscribes) -> None:
    subscriptions = [subscribes(f"Company {number}") for number in range(THREADS)]
    outcomes = at_once(
        *(
            lambda one=one: set_up(subscription=one, name="Acme", entitled=ENTITLED, day=DAY, at=AT)
            for one in subscriptions
        )
    )
    assert Counter(outcomes) == {"done": 1, "Refused 3.1": THREADS - 1}
    assert PhoneSystem.objects.get().name == "Acme"


def test_it_is_deleted_once_and_nothing_slips_in(committed: Callable[[str, Grants], PhoneSystem]) -> None:
    acme = committed("Acme", ENTITLED)
    with transaction.atomic():
        switch_off(phone_system=acme, day=DAY, at=AT)
    stale = [PhoneSystem.objects.get(id=acme.id) for _ in range(THREADS)]
    outcomes = at_once(
        *(
            lambda one=one: delete(phone_system=one, rule="7.5", day=DAY, at=AT, quarantine_days=90)
            for one in stale
        )
    )
    assert Counter(outcomes) == {"done": 1, "Refused 7.5": THREADS - 1}
    outbox.drain()
    assert nothing_left(acme.id) == []
