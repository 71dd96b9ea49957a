"""Bringing numbers from another provider, as pages: the form, where it stands, thinking better of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from switchroom.accounts.models import Member, Role, User
from switchroom.journeys import port_in as porting_in
from switchroom.journeys.operators import Act
from switchroom.phonesystems import documents
from switchroom.phonesystems.documents import LARGEST_BYTES
from switchroom.phonesystems.models import PhoneNumber, PhoneSystem
from switchroom.phonesystems.port_ins import PortIn, PortInState
from switchroom.plumbing import clock
from tests.cast import Customer, Town
from tests.doors.store import Shopper, effects_happen, words
from tests.phonesystems.papers import PDF, PNG, TYPED

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(town: Town) -> Customer:
    """Dana in her trial: ten endpoints and two numbers are included."""
    return town.on("2026-06-01").customer("Dana").starts_trial()


def sent(content: bytes = PDF, *, name: str = "order.pdf", **typed: Any) -> dict[str, Any]:
    """What a browser sends for a number of Altnetz AG."""
    return {**TYPED, "document": SimpleUploadedFile(name, content), **typed}


def asked(customer: Customer, **typed: Any) -> PortIn:
    answer = Shopper(customer.user).sends("bring_number", customer.subscription_id, **sent(**typed))
    assert answer.status_code == 302, words(answer)
    return PortIn.objects.latest("asked_at")


def acts() -> Act:
    return Act("operator@example.com", clock.today(), clock.now())


def error_at(html: str, field: str) -> str:
    """The sentence at a field; empty when there is none."""
    after = html.partition(f'id="{field}-error"')[2]
    return after.partition("<span>")[2].partition("</span>")[0]


def test_a_number_is_asked_for_and_stands_on_the_page(dana: Customer) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    page = shopper.opens("phone_system", subscription)
    assert "Bring a number with you" in words(page)
    form = shopper.opens("bring_number", subscription)
    assert 'value="Dana GmbH"' in form.content.decode()
    assert 'value="Lindenallee 1"' in form.content.decode()
    answer = shopper.sends("bring_number", subscription, **sent())
    port_in = PortIn.objects.get()
    assert answer["Location"] == f"/phone-systems/{subscription}/port-ins/{port_in.id}/"
    assert documents.opened(port_in) == PDF
    said = words(shopper.opens("port_in", subscription, port_in.id))
    assert "We have your order. A receipt was sent by e-mail." in said
    assert "Numbers from Altnetz AG Asked for" in said
    assert "We look at your order and hand it in to Altnetz AG." in said
    assert "+49 30 9876500" in said
    assert "Contract holder Acme GmbH Lindenallee 1, 10115 Berlin" in said
    assert f"Wished day 15 June 2026 Asked for 1 June 2026 at 12:00 {dana.user.email}" in said
    said = words(shopper.opens("phone_system", subscription))
    assert "Numbers from another provider" in said
    assert "+49 30 9876500 Altnetz AG Asked for" in said
    assert "Asked to bring +49 30 9876500 from Altnetz AG" in words(
        shopper.opens("subscription", subscription)
    )


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(dana: Customer) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    typed = sent(
        numbers="030 9876500, the fax", holder_city=" ", wished_on="2026-05-31", customer_number="K-1"
    )
    answer = shopper.sends("bring_number", subscription, **typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert error_at(html, "numbers") == "“the fax” is not a phone number."
    assert error_at(html, "holder_city") == "Please fill this in."
    assert error_at(html, "wished_on") == "31 May 2026 has passed. Please choose a later day."
    assert [error_at(html, field) for field in ("holder_name", "document", "customer_number")] == [""] * 3
    assert "030 9876500, the fax</textarea>" in html
    for kept in ("Altnetz AG", "Lindenallee 1", "K-1", "2026-05-31"):
        assert f'value="{kept}"' in html
    assert "What you typed is still there; only the file has to be chosen again." in words(answer)
    assert not PortIn.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Please choose the file of the signed order."),
        (
            b"MZ a program",
            "This file is not a PDF, JPEG or PNG, or it is cut off. Please choose another one.",
        ),
        (PDF + b"x" * LARGEST_BYTES, "This file is larger than 10 MB. Please choose a smaller one."),
    ],
)
def test_a_file_that_is_no_signed_order_is_refused(dana: Customer, content: bytes, sentence: str) -> None:
    answer = Shopper(dana.user).sends("bring_number", dana.subscription_id, **sent(content))
    assert answer.status_code == 422
    assert error_at(answer.content.decode(), "document") == sentence
    answer = Shopper(dana.user).sends("bring_number", dana.subscription_id, **dict[str, Any](TYPED))
    assert error_at(answer.content.decode(), "document") == "Please choose the file of the signed order."
    assert "has to be chosen again" not in words(answer)


def test_a_picture_is_taken_whatever_its_name(dana: Customer) -> None:
    Shopper(dana.user).sends("bring_number", dana.subscription_id, **sent(PNG, name="order.exe"))
    assert PortIn.objects.get().document_kind == "png"


def test_what_was_typed_is_escaped_exactly_once(dana: Customer) -> None:
    odd = 'Alt & "Netz" <b>'
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    fields = ("present_provider", "holder_name", "holder_street", "holder_city", "customer_number")
    typed = sent(**dict[str, Any](dict.fromkeys(fields, odd)))
    refused = shopper.sends("bring_number", subscription, **{**typed, "numbers": "</textarea><b>"})
    port_in = asked(dana, **dict.fromkeys(fields, odd))
    porting_in.refuse(acts(), port_in_id=port_in.id, reason=odd)
    pages = [
        refused,
        shopper.opens("port_in", subscription, port_in.id),
        shopper.opens("phone_system", subscription),
        shopper.opens("subscription", subscription),
    ]
    for page in pages:
        html = page.content.decode()
        assert "<b>" not in html
        assert "&amp;amp;" not in html
        assert "&amp;lt;" not in html
    assert words(pages[0]).count("</textarea><b>") == 2, "as typed, and in the sentence at the field"
    assert words(pages[1]).count(odd) >= 5


def test_more_than_entitled_is_refused_with_what_covers_it(dana: Customer) -> None:
    asked(dana)
    answer = Shopper(dana.user).sends(
        "bring_number", dana.subscription_id, **sent(numbers="030 98765010 – 030 98765019")
    )
    assert answer.status_code == 422
    assert error_at(answer.content.decode(), "numbers") == (
        "Your licences do not allow 10 more phone numbers: 1 taken or on their way, 2 included."
    )
    said = words(answer)
    assert "Your licences include 2 phone numbers 11 × ONE licence cover all of it: 165.00 € a month" in said
    dana.grows_to(one=2)
    answer = Shopper(dana.user).sends(
        "bring_number", dana.subscription_id, **sent(numbers="030 98765010 – 030 98765019")
    )
    assert "What is missing: 1 × 10 phone numbers, 5.00 € a month, net." in words(answer)
    assert PortIn.objects.count() == 1


def test_what_is_on_its_way_leaves_no_room_for_another(dana: Customer) -> None:
    asked(dana, numbers="030 9876500, 030 9876501")
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    said = words(shopper.opens("phone_system", subscription))
    assert "Phone numbers 0 of 2, 2 on the way" in said
    assert "+49 30 9876500 and 1 more Altnetz AG Asked for" in said
    assert "All phone numbers that are included are taken or on their way" in said
    answer = shopper.sends("take_number", subscription, area="Berlin")
    assert "another phone number: 2 taken or on their way, 2 included." in words(answer)
    assert not PhoneNumber.objects.filter(phone_system__isnull=False).exists()
    order = dana._opens_upgrade()
    assert order.wanted == {"one": 2}, "the wizard begins with what covers them"


def test_a_number_that_is_here_is_refused_at_its_field(dana: Customer) -> None:
    answer = Shopper(dana.user).sends("bring_number", dana.subscription_id, **sent(numbers="+493023125000"))
    assert answer.status_code == 422
    assert error_at(answer.content.decode(), "numbers") == "+493023125000 is one of our numbers already."


def test_a_double_click_asks_once(dana: Customer) -> None:
    first, second = asked(dana), asked(dana)
    assert first == second
    assert PortIn.objects.count() == 1


def test_numbers_do_not_come_after_the_end(town: Town) -> None:
    erik = town.on("2026-06-01").customer("Erik").grows_to(one=2).cancels()
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    answer = shopper.sends("bring_number", subscription, **sent(wished_on="2027-06-01"))
    assert error_at(answer.content.decode(), "wished_on") == (
        "Your subscription ends on 31 May 2027, so the numbers have to come before."
    )
    assert shopper.sends("bring_number", subscription, **sent(wished_on="2027-05-31")).status_code == 302
    erik.follows_up_with(one=1)
    late = sent(wished_on="2027-06-01", numbers="030 9876501")
    assert shopper.sends("bring_number", subscription, **late).status_code == 302


def test_whoever_cancels_reads_what_becomes_of_it(dana: Customer) -> None:
    asked(dana)
    said = words(Shopper(dana.user).opens("cancel", dana.subscription_id))
    assert "Phone numbers 0 Numbers on their way here 1 they stay with their present provider" in said


def test_it_is_withdrawn_after_a_second_look(dana: Customer) -> None:
    port_in = asked(dana)
    porting_in.hand_in(acts(), port_in_id=port_in.id)
    porting_in.confirm(acts(), port_in_id=port_in.id, on=dana.town.day)
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    said = words(shopper.opens("withdraw_port_in", subscription, port_in.id))
    assert "Leave the numbers with Altnetz AG?" in said
    assert "Altnetz AG has confirmed 1 June 2026 already; we call it off there." in said
    shopper.sends("withdraw_port_in", subscription, port_in.id)
    said = words(shopper.opens("phone_system", subscription))
    assert "Withdrawn: your numbers stay with Altnetz AG." in said
    assert "Numbers from another provider" not in said
    again = shopper.sends("withdraw_port_in", subscription, port_in.id)
    assert again["Location"] == f"/phone-systems/{subscription}/port-ins/{port_in.id}/"
    said = words(shopper.opens("port_in", subscription, port_in.id))
    assert "This port-in was withdrawn and is over." in said
    assert "You have withdrawn it: the numbers stay with Altnetz AG." in said
    assert shopper.opens("withdraw_port_in", subscription, port_in.id).status_code == 302


def test_a_refusal_is_read_with_its_reason_and_asked_again(dana: Customer) -> None:
    port_in = asked(dana, numbers="030 9876500, 030 9876501")
    porting_in.refuse(acts(), port_in_id=port_in.id, reason="The name is spelt otherwise there.")
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    said = words(shopper.opens("phone_system", subscription))
    assert "Altnetz AG Refused The name is spelt otherwise there." in said
    said = words(shopper.opens("port_in", subscription, port_in.id))
    assert "It was refused The name is spelt otherwise there." in said
    assert "PDF, 77 bytes, erased" in said
    assert "Not brought from Altnetz AG: 2 phone numbers" in words(
        shopper.opens("subscription", subscription)
    )
    form = shopper.client.get(
        f"/phone-systems/{subscription}/port-ins/ask/?again={port_in.id}"
    ).content.decode()
    assert "+49 30 9876500\n+49 30 9876501</textarea>" in form
    assert 'value="Acme GmbH"' in form
    for wrong, status in (("nothing", 404), ("", 200), (str(dana.subscription_id), 200)):
        page = shopper.client.get(f"/phone-systems/{subscription}/port-ins/ask/?again={wrong}")
        assert page.status_code == status


def test_what_has_come_waits_for_an_emergency_address(dana: Customer) -> None:
    port_in = asked(dana)
    porting_in.hand_in(acts(), port_in_id=port_in.id)
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    assert "Altnetz AG has your order." in words(shopper.opens("port_in", subscription, port_in.id))
    porting_in.confirm(acts(), port_in_id=port_in.id, on=dana.town.day)
    assert "1 June 2026 On this day the numbers come" in words(
        shopper.opens("port_in", subscription, port_in.id)
    )
    porting_in.finish(acts(), port_in_id=port_in.id)
    effects_happen()
    assert "They are with us" in words(shopper.opens("port_in", subscription, port_in.id))
    said = words(shopper.opens("phone_system", subscription))
    assert "+49 30 9876500 Berlin Not live yet" in said
    assert "Numbers from another provider" not in said
    number = PhoneNumber.objects.get(phone_system__isnull=False)
    address: dict[str, Any] = {"street": "Lindenallee 1", "postal_code": "10115", "city": "Berlin"}
    shopper.sends("number_address", subscription, number.id, **address)
    assert "+49 30 9876500 Berlin Takes calls" in words(shopper.opens("phone_system", subscription))
    assert "Brought from Altnetz AG: +49 30 9876500" in words(shopper.opens("subscription", subscription))


def test_where_the_service_is_off_nothing_is_asked_for(dana: Customer) -> None:
    dana.town.on("2026-07-12")
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    assert "Bring a number" not in words(shopper.opens("phone_system", subscription))
    answer = shopper.sends("bring_number", subscription, **sent(wished_on="2026-07-20"))
    assert answer.status_code == 422
    assert "This phone system is switched off" in words(answer)


def test_what_is_of_another_is_not_there(dana: Customer) -> None:
    port_in = asked(dana)
    erik = dana.town.customer("Erik").starts_trial()
    shopper = Shopper(erik.user)
    for route in ("port_in", "withdraw_port_in"):
        for subscription in (dana.subscription_id, erik.subscription_id):
            assert shopper.opens(route, subscription, port_in.id).status_code == 404
    for subscription in (dana.subscription_id, erik.subscription_id):
        assert shopper.sends("withdraw_port_in", subscription, port_in.id).status_code == 404
    port_in.refresh_from_db()
    assert port_in.state == PortInState.ASKED
    form = shopper.client.get(f"/phone-systems/{erik.subscription_id}/port-ins/ask/?again={port_in.id}")
    assert "9876500" not in form.content.decode()


def test_a_viewer_sees_that_it_comes_and_no_more(dana: Customer) -> None:
    port_in = asked(dana)
    viewer = User.objects.create_user("viewer@example.com")
    Member.objects.create(account=dana.account, user=viewer, role=Role.VIEWER, joined_on=dana.town.day)
    shopper = Shopper(viewer)
    page = shopper.opens("phone_system", dana.subscription_id)
    assert "+49 30 9876500 Altnetz AG Asked for" in words(page)
    assert str(port_in.id) not in page.content.decode()
    assert shopper.opens("port_in", dana.subscription_id, port_in.id).status_code == 403


def test_after_the_deletion_nothing_of_it_is_there(dana: Customer) -> None:
    port_in = asked(dana)
    dana.cancels(at_once=True)
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    assert not PhoneSystem.objects.exists()
    for answer in (
        shopper.opens("bring_number", subscription),
        shopper.sends("bring_number", subscription, **sent()),
        shopper.opens("port_in", subscription, port_in.id),
    ):
        assert answer.status_code == 404
    assert "+49 30 9876500 no longer come from Altnetz AG" in words(
        shopper.opens("subscription", subscription)
    )
