"""Ring groups as pages: set up, who rings in which turn, and which numbers ring them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse

from switchroom.phonesystems.models import Endpoint, PhoneNumber, PhoneSystem, RingGroup
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words

pytestmark = pytest.mark.django_db
SALES: dict[str, Any] = {"name": "Sales", "extension": "50", "manner": "in_order"}


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik with three endpoints, Desk 10 to Desk 12, and a number that takes calls."""
    return town.on("2026-06-01").customer("Erik").grows_to(one=2).sets_up(endpoints=3, numbers=1)


def phone_system(customer: Customer) -> PhoneSystem:
    found = customer.phone_system
    assert found is not None
    return found


def desk(extension: str) -> Endpoint:
    return Endpoint.objects.get(extension=extension)


def turns() -> list[tuple[str, int]]:
    members = RingGroup.objects.get().members.order_by("position").select_related("endpoint")
    return [(member.endpoint.extension, member.seconds) for member in members]


def error_at(answer: HttpResponse, field: str) -> str:
    assert answer.status_code == 422
    return answer.content.decode().split(f'id="{field}-error"', 1)[1][:900]


def test_a_group_is_set_up_filled_and_rung_by_a_number(erik: Customer) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    assert "Phones that ring together, or one after another" in words(
        shopper.opens("phone_system", subscription)
    )
    shopper.sends("add_ring_group", subscription, **SALES)
    group = RingGroup.objects.get()
    said = words(shopper.opens("ring_group", subscription, group.id))
    assert "Sales is set up. Now say who rings." in said
    assert "Nobody rings yet" in said
    for extension, seconds in (("11", "15"), ("10", "25")):
        shopper.sends("add_ring", subscription, group.id, endpoint=str(desk(extension).id), seconds=seconds)
    assert turns() == [("11", 15), ("10", 25)]
    number = PhoneNumber.objects.get(phone_system=phone_system(erik))
    shopper.sends("number_rings", subscription, number.id, rings=str(group.id))
    said = words(shopper.opens("phone_system", subscription))
    assert "50 Sales One after another 11, 10" in said
    assert "Rings 50 Sales" in said
    said = words(shopper.opens("subscription", subscription))
    assert "Ring group 50 set up: Sales" in said
    assert "rings Sales" in said
    chosen = shopper.opens("number_address", subscription, number.id).content.decode()
    assert f'<option value="{group.id}" selected>50 · Sales</option>' in chosen


def test_turns_are_moved_timed_and_taken_out(erik: Customer) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    shopper.sends("add_ring_group", subscription, **SALES)
    group = RingGroup.objects.get()
    for extension in ("10", "11", "12"):
        shopper.sends("add_ring", subscription, group.id, endpoint=str(desk(extension).id), seconds="20")
    first, second, third = group.members.order_by("position")
    shopper.sends("change_ring", subscription, group.id, third.id, to="up")
    shopper.sends("change_ring", subscription, group.id, first.id, to="down")
    shopper.sends("change_ring", subscription, group.id, second.id, to="out")
    shopper.sends("change_ring", subscription, group.id, first.id, seconds=" 35 ")
    assert turns() == [("12", 20), ("10", 35)]
    refused = shopper.sends("change_ring", subscription, group.id, first.id, seconds="many")
    assert refused.status_code == 422
    assert "A phone rings for 5 to 60 seconds." in words(refused)
    assert (
        'value="35" aria-label="Seconds that Desk 10 rings" aria-invalid="true"' in refused.content.decode()
    )
    assert turns() == [("12", 20), ("10", 35)]
    assert shopper.sends("change_ring", subscription, group.id, uuid4(), to="up").status_code == 404


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"extension": "10"}, "extension", "Extension 10 is already in use."),
        ({"extension": "112"}, "extension", "112 is an emergency number"),
        ({"name": " "}, "name", "Please fill this in."),
    ],
)
def test_a_refused_group_says_why_at_its_field_and_keeps_what_was_typed(
    erik: Customer, typed: dict[str, str], field: str, sentence: str
) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    answer = shopper.sends("add_ring_group", subscription, **{**SALES, **typed})
    assert sentence in error_at(answer, field)
    assert 'value="in_order" checked' in answer.content.decode()
    assert RingGroup.objects.count() == 0
    shopper.sends("add_ring_group", subscription, **SALES)
    answer = shopper.sends("ring_group", subscription, RingGroup.objects.get().id, **{**SALES, **typed})
    assert sentence in error_at(answer, field)
    assert RingGroup.objects.get().extension == "50"


def test_too_long_a_ringing_is_refused_where_it_was_chosen(erik: Customer) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    shopper.sends("add_ring_group", subscription, **{**SALES, "manner": "all"})
    group = RingGroup.objects.get()
    for extension in ("10", "11", "12"):
        shopper.sends("add_ring", subscription, group.id, endpoint=str(desk(extension).id), seconds="60")
    answer = shopper.sends("ring_group", subscription, group.id, **SALES)
    assert "they would ring for 180 seconds; the most is 170" in error_at(answer, "manner")
    assert shopper.sends("add_ring_group", subscription, **{**SALES, "manner": "loud"}).status_code == 404


def test_what_is_removed_says_which_numbers_ring_all_then(erik: Customer) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    shopper.sends("add_ring_group", subscription, **SALES)
    group, number = RingGroup.objects.get(), PhoneNumber.objects.get(phone_system=phone_system(erik))
    shopper.sends("number_rings", subscription, number.id, rings=str(group.id))
    said = words(shopper.opens("remove_ring_group", subscription, group.id))
    assert "This number then rings all phones: +49 30 23125000" in said
    shopper.sends("remove_ring_group", subscription, group.id)
    assert RingGroup.objects.count() == 0
    assert "Rings all phones" in words(shopper.opens("phone_system", subscription))
    shopper.sends("number_rings", subscription, number.id, rings=str(desk("10").id))
    said = words(shopper.opens("remove_endpoint", subscription, desk("10").id))
    assert "This number then rings all phones: +49 30 23125000" in said
    answer = shopper.sends("number_rings", subscription, number.id, rings=str(group.id))
    assert "Who was chosen to ring has been removed meanwhile." in error_at(answer, "rings")
    number.refresh_from_db()
    assert number.rings_endpoint == desk("10")


def test_nobody_rings_what_belongs_to_another(erik: Customer, town: Town) -> None:
    dana = town.customer("Dana").starts_trial().sets_up(endpoints=1, numbers=1)
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    shopper.sends("add_ring_group", subscription, **SALES)
    group = RingGroup.objects.get()
    theirs = phone_system(dana).endpoints.get()
    answer = shopper.sends("add_ring", subscription, group.id, endpoint=str(theirs.id), seconds="20")
    assert "Please choose an endpoint." in error_at(answer, "endpoint")
    number = PhoneNumber.objects.get(phone_system=phone_system(erik))
    answer = shopper.sends("number_rings", subscription, number.id, rings=str(theirs.id))
    assert answer.status_code == 422
    stranger = Shopper(dana.user)
    assert stranger.opens("ring_group", subscription, group.id).status_code == 404
    assert stranger.opens("ring_group", dana.subscription_id, group.id).status_code == 404
    assert group.members.count() == 0
