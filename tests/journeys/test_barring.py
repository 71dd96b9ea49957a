"""A customer does not pay: what an operator bars and when, what is told and written, and how it ends (rule
9.1).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from switchroom.accounts.models import Role
from switchroom.journeys import barring
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing import outbox
from switchroom.rules.barring import Overdue
from switchroom.rules.money import Money
from switchroom.rules.refusals import Refused
from tests.cast import Customer, Town
from tests.journeys.bringing import act
from tests.journeys.test_letters import colleague, readers, text


def owes(amount_minor: int = 119_00, *, warned_on: str = "2026-06-01") -> Overdue:
    return Overdue(Money(amount_minor, "EUR"), date.fromisoformat(warned_on))


def does(step: Callable[..., bool], customer: Customer, **more: Any) -> bool:
    phone_system = customer.phone_system
    assert phone_system is not None
    changed = step(act(), phone_system_id=phone_system.id, **more)
    outbox.drain()
    return changed


def at_the_edge(customer: Customer) -> str:
    """What the edge bars."""
    phone_system = customer.phone_system
    assert phone_system is not None
    known = edge().known(phone_system.sip_label)
    assert known is not None
    return known.barring


@pytest.fixture
def dana(town: Town) -> Customer:
    """Dana, who has bought on 1 June 2026 and was warned on the day."""
    return town.customer("Dana").starts_trial().grows_to(one=4)


def test_outgoing_calls_first_then_all_and_none_once_it_is_paid(town: Town, dana: Customer) -> None:
    town.on("2026-06-15")
    assert does(barring.bar_outgoing, dana, overdue=owes())
    assert at_the_edge(dana) == "outgoing"
    town.on("2026-06-22")
    assert does(barring.bar_all, dana, overdue=owes())
    assert at_the_edge(dana) == "all"
    town.on("2026-06-25")
    assert does(barring.lift, dana)
    assert at_the_edge(dana) == ""
    assert dana.story[-3:] == [
        "2026-06-15 outgoing calls barred, 119.00 overdue",
        "2026-06-22 all calls barred, 119.00 overdue",
        "2026-06-25 calls no longer barred",
    ]
    assert dana.mails[-3:] == [
        "2026-06-15 Outgoing calls of Dana are barred",
        "2026-06-22 Calls of Dana are barred",
        "2026-06-25 Calls of Dana go through again",
    ]
    town.closes_its_books()


def test_too_soon_or_for_too_little_nothing_is_barred(town: Town, dana: Customer) -> None:
    town.on("2026-06-14")
    with pytest.raises(Refused, match="from 15 June 2026 on"):
        does(barring.bar_outgoing, dana, overdue=owes())
    town.on("2026-06-15")
    with pytest.raises(Refused, match=r"99\.99 EUR is less"):
        does(barring.bar_outgoing, dana, overdue=owes(99_99))
    with pytest.raises(Refused, match="Calls to the outside are barred first"):
        does(barring.bar_all, dana, overdue=owes())
    assert does(barring.bar_outgoing, dana, overdue=owes(100_00))
    town.on("2026-06-21")
    with pytest.raises(Refused, match="from 22 June 2026 on"):
        does(barring.bar_all, dana, overdue=owes())
    assert at_the_edge(dana) == "outgoing"
    town.closes_its_books()


def test_twice_is_once_and_all_can_be_eased_to_outgoing(town: Town, dana: Customer) -> None:
    assert not does(barring.lift, dana)
    town.on("2026-06-15")
    assert does(barring.bar_outgoing, dana, overdue=owes())
    assert not does(barring.bar_outgoing, dana, overdue=owes())
    town.on("2026-06-22")
    assert does(barring.bar_all, dana, overdue=owes())
    assert does(barring.bar_outgoing, dana, overdue=owes(100_00))
    phone_system = dana.phone_system
    assert phone_system is not None
    assert phone_system.barred_on == date(2026, 6, 15)
    assert does(barring.bar_all, dana, overdue=owes())
    assert [mail for mail in dana.mails if "barred" in mail] == [
        "2026-06-15 Outgoing calls of Dana are barred",
        "2026-06-22 Calls of Dana are barred",
        "2026-06-22 Outgoing calls of Dana are barred",
        "2026-06-22 Calls of Dana are barred",
    ]
    town.closes_its_books()


def test_the_letter_says_what_works_and_how_it_ends(town: Town, dana: Customer) -> None:
    for name, role in (("Bob", Role.BILLING), ("Tess", Role.TECHNICAL), ("Vera", Role.VIEWER)):
        colleague(dana, name, role)
    town.on("2026-06-15")
    does(barring.bar_outgoing, dana, overdue=owes())
    assert readers("Outgoing calls of Dana") == ["bob", "dana", "tess"]
    letter = " ".join(text_of_dana("Outgoing calls of Dana").split())
    assert "of your bills 119.00 € is overdue" in letter
    assert "we may bar all calls from 22 June 2026 on." in letter
    assert "Emergency calls (110, 112) always go through." in letter
    assert "http://localhost:8000/invoices/" in letter
    does(barring.lift, dana)
    assert "nothing is barred any longer" in text_of_dana("Calls of Dana go through again")
    town.closes_its_books()


def text_of_dana(subject: str) -> str:
    from tests.journeys.test_letters import sent, text_of

    (letter,) = [one for one in sent(subject) if one["To"] == "dana@example.com"]
    return text_of(letter)


def test_a_german_reads_german(town: Town) -> None:
    gustav = town.customer("Gustav", language="de").starts_trial().grows_to(one=4)
    town.on("2026-06-15")
    does(barring.bar_outgoing, gustav, overdue=owes())
    letter = text("Abgehende Anrufe von Gustav sind gesperrt")
    assert "119,00 €" in letter
    assert "22. Juni 2026" in letter
    town.closes_its_books()


def test_a_follow_up_does_not_lift_it(town: Town, dana: Customer) -> None:
    town.on("2027-06-01")
    dana.cancels()
    dana.follows_up_with(one=1)
    does(barring.bar_outgoing, dana, overdue=owes())
    town.on("2027-07-01")
    dana.turns_to("Dana", follow_up=True)
    assert at_the_edge(dana) == "outgoing"
    assert does(barring.lift, dana)
    assert at_the_edge(dana) == ""
    town.closes_its_books()


def test_what_was_deleted_is_not_barred(town: Town, dana: Customer) -> None:
    phone_system = dana.phone_system
    assert phone_system is not None
    dana.cancels()
    town.on("2027-06-01")
    with pytest.raises(PhoneSystem.DoesNotExist):
        barring.bar_outgoing(act(), phone_system_id=phone_system.id, overdue=owes())
    town.closes_its_books()
