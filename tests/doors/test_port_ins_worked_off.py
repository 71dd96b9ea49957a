"""Operators work port-ins off: the list, the signed order, each step with what it needs, and who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from switchroom.accounts.models import User
from switchroom.phonesystems import stored
from switchroom.phonesystems.models import PhoneNumber, PhoneSystem
from switchroom.phonesystems.port_ins import PortIn, PortInState
from switchroom.plumbing import outbox
from tests.cast import Customer, Town
from tests.journeys.bringing import brings
from tests.phonesystems.papers import PDF

PAGE = "/admin/phonesystems/portin/"


@pytest.fixture
def dana(db: None) -> Customer:
    """Dana in her trial, on 1 June 2026."""
    return Town().on("2026-06-01").customer("Dana").starts_trial()


@pytest.fixture
def port_in(dana: Customer) -> PortIn:
    return brings(dana)


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", "a long pass phrase"))
    return client


def does(client: Client, action: str, *port_ins: PortIn, **typed: str) -> str:
    """What the page says after a step."""
    chosen = {"action": action, "_selected_action": [str(one.pk) for one in port_ins], **typed}
    answer = client.post(PAGE, chosen, follow=True)
    outbox.drain()
    return text_of(answer)


def text_of(answer: Any) -> str:
    return " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())


def state_of(port_in: PortIn) -> str:
    port_in.refresh_from_db()
    return port_in.state


def test_one_is_worked_off_from_the_list(dana: Customer, operator: Client, port_in: PortIn) -> None:
    page = text_of(operator.get(PAGE))
    assert "+49 40 98765001" in page
    assert "Dana GmbH" in page
    assert "PDF, 1 kB" in page
    assert "Dana GmbH, +49 40 98765001: handed in." in does(operator, "hand_in", port_in)
    assert "This port-in is handed in, and no day is confirmed yet." in does(operator, "finish", port_in)
    said = does(operator, "confirm", port_in, confirmed_on="2026-06-10")
    assert "Dana GmbH, +49 40 98765001: confirmed." in said
    said = does(operator, "finish", port_in)
    assert "It is confirmed for 10 June 2026, which has not come yet." in said
    dana.town.on("2026-06-10")
    assert "Dana GmbH, +49 40 98765001: done." in does(operator, "finish", port_in)
    assert state_of(port_in) == PortInState.DONE
    assert PhoneNumber.objects.get(phone_system=dana.phone_system).e164 == "+494098765001"
    assert "erased" in text_of(operator.get(PAGE))
    dana.town.closes_its_books()


@pytest.mark.parametrize("day", ["", "10.06.2026", "soon"])
def test_a_confirmation_needs_a_day(operator: Client, port_in: PortIn, day: str) -> None:
    does(operator, "hand_in", port_in)
    said = does(operator, "confirm", port_in, confirmed_on=day)
    assert "Please give the confirmed day beside the action." in said
    assert state_of(port_in) == PortInState.HANDED_IN
    assert "31 May 2026 has passed." in does(operator, "confirm", port_in, confirmed_on="2026-05-31")


def test_a_refusal_needs_a_reason_which_the_member_reads(operator: Client, port_in: PortIn) -> None:
    assert "Please give the reason beside the action." in does(operator, "refuse", port_in, reason=" ")
    assert state_of(port_in) == PortInState.ASKED
    said = does(operator, "refuse", port_in, reason="The signature is missing.")
    assert "Dana GmbH, +49 40 98765001: refused." in said
    assert (state_of(port_in), port_in.reason) == (PortInState.REFUSED, "The signature is missing.")


def test_several_are_handed_in_together_and_one_that_fails_stops_no_other(
    dana: Customer, operator: Client, port_in: PortIn
) -> None:
    other = brings(dana, "040 98765002")
    does(operator, "hand_in", port_in)
    said = does(operator, "hand_in", port_in, other)
    assert "+49 40 98765001: This port-in is handed in, and no day is confirmed yet." in said
    assert "+49 40 98765002: handed in." in said
    assert state_of(other) == PortInState.HANDED_IN


def test_no_room_is_said_with_the_reason(operator: Client, dana: Customer, port_in: PortIn) -> None:
    does(operator, "hand_in", port_in)
    does(operator, "confirm", port_in, confirmed_on="2026-06-01")
    PhoneSystem.objects.update(number_limit=0)
    assert "do not allow another phone number: 0 taken, 0 included." in does(operator, "finish", port_in)
    assert state_of(port_in) == PortInState.CONFIRMED


def test_they_are_found_by_state_and_number(dana: Customer, operator: Client, port_in: PortIn) -> None:
    brings(dana, "040 98765002")
    does(operator, "refuse", port_in, reason="No.")
    for asked, shown in (
        ({}, 2),
        ({"standing": "open"}, 1),
        ({"standing": "refused"}, 1),
        ({"standing": "done"}, 0),
        ({"q": "98765002"}, 1),
        ({"q": "Altnetz"}, 2),
    ):
        assert operator.get(PAGE, asked).context["cl"].result_count == shown, asked


def test_the_signed_order_is_downloaded_as_what_it_is(operator: Client, port_in: PortIn) -> None:
    address = reverse("admin:phonesystems_portin_document", args=[port_in.id])
    assert address in operator.get(PAGE).content.decode()
    shown = operator.get(reverse("admin:phonesystems_portin_change", args=[port_in.id])).content.decode()
    assert address in shown
    assert port_in.document not in shown
    answer = operator.get(address)
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="port-in-{port_in.id}.pdf"'
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    stored.drop(port_in.document)
    for _ in range(2):
        said = text_of(operator.get(address, follow=True))
        assert "The document of this port-in is no longer kept here." in said
        does(operator, "refuse", port_in, reason="No.")
    of_nothing = reverse("admin:phonesystems_portin_document", args=[port_in.phone_system_id])
    assert operator.get(of_nothing).status_code == 404


@pytest.mark.parametrize(("rights", "may"), [(["view"], False), (["view", "change"], True)])
def test_who_may_only_look_takes_no_step_and_no_document(
    port_in: PortIn, rights: list[str], may: bool
) -> None:
    colleague = User.objects.create_user("colleague@example.com", is_staff=True)
    names = [f"{right}_portin" for right in rights]
    colleague.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(colleague)
    assert ("Handed in to the present provider" in client.get(PAGE).content.decode()) is may
    address = reverse("admin:phonesystems_portin_document", args=[port_in.id])
    assert client.get(address).status_code == (200 if may else 403)
    does(client, "hand_in", port_in)
    assert state_of(port_in) == (PortInState.HANDED_IN if may else PortInState.ASKED)


def test_a_customer_is_sent_away(dana: Customer, port_in: PortIn) -> None:
    client = Client()
    client.force_login(dana.user)
    address = reverse("admin:phonesystems_portin_document", args=[port_in.id])
    assert client.get(address).status_code in (302, 403)
    assert client.post(PAGE, {"action": "hand_in"}).status_code in (302, 403)
    assert state_of(port_in) == PortInState.ASKED
