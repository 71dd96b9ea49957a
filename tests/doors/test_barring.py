"""Operators bar calls from the list of phone systems, and members read on their pages what is barred."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from switchroom.accounts.models import Role, User
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing import outbox
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words
from tests.journeys.test_letters import colleague

PAGE = "/admin/phonesystems/phonesystem/"
OWES = {"overdue": "119.00", "warned_on": "2026-06-01"}


@pytest.fixture
def dana(db: None) -> Customer:
    """Dana, who has bought, on 15 June 2026."""
    town = Town().on("2026-06-01")
    dana = town.customer("Dana").starts_trial().grows_to(one=4)
    town.on("2026-06-15")
    return dana


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", "a long pass phrase"))
    return client


def does(client: Client, action: str, **typed: str) -> str:
    """What the page says after a step for all phone systems."""
    chosen = [str(one.pk) for one in PhoneSystem.objects.all()]
    answer: Any = client.post(PAGE, {"action": action, "_selected_action": chosen, **typed}, follow=True)
    outbox.drain()
    return " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())


def barred(customer: Customer) -> str:
    phone_system = customer.phone_system
    assert phone_system is not None
    return phone_system.barring


def test_calls_are_barred_and_let_through_from_the_list(dana: Customer, operator: Client) -> None:
    assert "Dana GmbH: outgoing calls are barred from now on." in does(operator, "bar_outgoing", **OWES)
    assert "outgoing calls are barred already." in does(operator, "bar_outgoing", **OWES)
    assert "All calls may be barred a week after those to the outside: from 22 June 2026 on." in does(
        operator, "bar_all", **OWES
    )
    assert barred(dana) == "outgoing"
    dana.town.on("2026-06-22")
    assert "Dana GmbH: all calls are barred from now on." in does(operator, "bar_all", **OWES)
    assert "Dana GmbH: nothing is barred from now on." in does(operator, "lift")
    assert barred(dana) == ""
    dana.town.closes_its_books()


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"overdue": "119.00"},
        {"overdue": "119,00", "warned_on": "2026-06-01"},
        {"overdue": "-119.00", "warned_on": "2026-06-01"},
        {"overdue": "119.00", "warned_on": "1.6.2026"},
    ],
)
def test_what_is_overdue_and_when_the_warning_went_out_is_needed(
    dana: Customer, operator: Client, typed: dict[str, str]
) -> None:
    said = does(operator, "bar_outgoing", **typed)
    assert (
        "Please give beside the action what is overdue, such as 123.45, and the day of the warning." in said
    )
    assert barred(dana) == ""


def test_one_that_cannot_be_barred_keeps_no_other_from_it(dana: Customer, operator: Client) -> None:
    does(operator, "bar_outgoing", **OWES)
    dana.town.customer("Erik").starts_trial()
    dana.town.on("2026-06-22")
    said = does(operator, "bar_all", **OWES)
    assert "Dana GmbH: all calls are barred from now on." in said
    assert "Erik GmbH: Calls to the outside are barred first, and all calls a week later." in said


def test_looking_is_not_enough(dana: Customer) -> None:
    user = User.objects.create_user("looks@example.com", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_phonesystem"))
    client = Client()
    client.force_login(user)
    assert "Bar outgoing calls" not in client.get(PAGE).content.decode()
    does(client, "bar_outgoing", **OWES)
    assert barred(dana) == ""
    user.user_permissions.add(Permission.objects.get(codename="change_phonesystem"))
    does(client, "bar_outgoing", **OWES)
    assert barred(dana) == "outgoing"


def test_members_read_what_is_barred(dana: Customer, operator: Client) -> None:
    shopper = Shopper(dana.user)
    assert "barred" not in words(shopper.opens("phone_system", dana.subscription_id))
    does(operator, "bar_outgoing", **OWES)
    page = words(shopper.opens("phone_system", dana.subscription_id))
    assert "Outgoing calls are barred" in page
    assert "nobody outside can be called since 15 June 2026" in page
    assert "Invoices" in page.partition("This is lifted at once")[2].partition("Endpoints")[0]
    assert "Barred" in words(shopper.opens("phone_systems"))
    assert "Overdue 119.00 € Warned on 1 June 2026" in words(
        shopper.opens("subscription", dana.subscription_id)
    )
    dana.town.on("2026-06-22")
    does(operator, "bar_all", **OWES)
    assert "All calls are barred" in words(shopper.opens("phone_system", dana.subscription_id))


def test_who_may_not_see_bills_is_not_sent_there(dana: Customer, operator: Client) -> None:
    does(operator, "bar_outgoing", **OWES)
    tess = Shopper(colleague(dana, "Tess", Role.TECHNICAL))
    page = words(tess.opens("phone_system", dana.subscription_id))
    assert "Outgoing calls are barred" in page
    assert "Invoices" not in page.partition("This is lifted at once")[2].partition("Endpoints")[0]
