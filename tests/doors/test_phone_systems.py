"""Phone systems as pages: endpoints with secrets shown once, numbers, limits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from switchroom.accounts.models import Member, Role, User
from switchroom.phonesystems.endpoints import ha1_of
from switchroom.phonesystems.models import Backup, Endpoint, PhoneNumber, PhoneSystem
from switchroom.phonesystems.provisioning import ticket_for
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words

pytestmark = pytest.mark.django_db
SECRET = re.compile(r'id="secret">([a-z0-9]{4}(?:-[a-z0-9]{4}){3})<')
ADDRESS: dict[str, Any] = {"street": "Lindenallee 1", "postal_code": "10115", "city": "Berlin"}


@pytest.fixture
def dana(town: Town) -> Customer:
    """Dana in her trial: ten endpoints and two numbers are included."""
    return town.on("2026-06-10").customer("Dana").starts_trial()


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik with two licences: six endpoints and two numbers are included."""
    return town.on("2026-06-01").customer("Erik").grows_to(one=2)


def phone_system(customer: Customer) -> PhoneSystem:
    found = customer.phone_system
    assert found is not None
    return found


def test_a_secret_is_shown_once_and_never_again(dana: Customer) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    answer = shopper.sends("add_endpoint", subscription, name="Reception", extension="21")
    shown = SECRET.search(answer.content.decode())
    assert shown is not None
    assert "This secret is shown only now" in words(answer)
    assert answer["Cache-Control"] == "no-store"
    endpoint = Endpoint.objects.get()
    realm = phone_system(dana).realm
    assert endpoint.ha1 == ha1_of(sip_user=endpoint.sip_user, realm=realm, secret=shown[1])
    assert answer.content.decode().count('class="qr__code"') == 2
    for page in ("phone_system", "subscription"):
        assert shown[1] not in words(shopper.opens(page, subscription))
    renewed = SECRET.search(shopper.sends("endpoint_secret", subscription, endpoint.id).content.decode())
    assert renewed is not None
    assert renewed[1] != shown[1]
    endpoint.refresh_from_db()
    assert endpoint.ha1 == ha1_of(sip_user=endpoint.sip_user, realm=realm, secret=renewed[1])


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": "Office", "extension": "21"}, "extension", "Extension 21 is already in use."),
        ({"name": "Office", "extension": "110"}, "extension", "110 is an emergency number"),
        ({"name": "Office", "extension": "x"}, "extension", "An extension has two to six digits"),
        ({"name": " ", "extension": "22"}, "name", "Please fill this in."),
    ],
)
def test_a_refused_endpoint_says_why_at_its_field(
    dana: Customer, typed: dict[str, Any], field: str, sentence: str
) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    shopper.sends("add_endpoint", subscription, name="Reception", extension="21")
    answer = shopper.sends("add_endpoint", subscription, **typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html.split(f'id="endpoint-{field}-error"', 1)[1][:900]
    assert f'value="{typed["extension"]}"' in html
    assert Endpoint.objects.count() == 1


def test_one_more_than_entitled_is_refused_with_the_cheapest_offer(erik: Customer) -> None:
    erik.sets_up(endpoints=6, numbers=2)
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    said = words(shopper.opens("phone_system", subscription))
    assert "All endpoints that are included are set up One more: Extra endpoint, 2.50 € a month, net." in said
    assert "All phone numbers that are included are taken One more: 10 phone numbers, 5.00 € a month" in said
    answer = shopper.sends("add_endpoint", subscription, name="Gate", extension="99")
    assert answer.status_code == 422
    assert "Your licences do not allow another endpoint: 6 set up, 6 included." in words(answer)
    answer = shopper.sends("take_number", subscription, area="Berlin")
    assert answer.status_code == 422
    assert "10 phone numbers, 5.00 € a month" in words(answer)
    assert PhoneNumber.objects.filter(phone_system=phone_system(erik)).count() == 2


def test_a_full_trial_is_offered_what_covers_it_all(dana: Customer) -> None:
    dana.sets_up(endpoints=10)
    said = words(Shopper(dana.user).opens("phone_system", dana.subscription_id))
    assert "4 × ONE licence cover all that is set up and one more: 60.00 € a month, net." in said


def test_the_way_to_one_more_endpoint_stands_above_the_list(dana: Customer) -> None:
    dana.sets_up(endpoints=9)
    subscription = dana.subscription_id
    page = Shopper(dana.user).opens("phone_system", subscription)
    assert "Endpoints 9 of 10 Set up an endpoint" in words(page)
    assert 'href="#set-up"' in page.content.decode()
    assert 'id="set-up"' in page.content.decode()
    dana.sets_up(endpoints=1)
    assert "#set-up" not in Shopper(dana.user).opens("phone_system", subscription).content.decode()


def test_an_endpoint_is_renamed_moved_and_removed(erik: Customer) -> None:
    erik.sets_up(endpoints=3)
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    first, second, third = Endpoint.objects.order_by("position")
    assert shopper.opens("rename_endpoint", subscription, first.id).status_code == 200
    refused = shopper.sends("rename_endpoint", subscription, first.id, name="")
    assert refused.status_code == 422
    assert "Please fill this in." in words(refused)
    shopper.sends("rename_endpoint", subscription, first.id, name="Front desk")
    shopper.sends("move_endpoint", subscription, third.id, to="up")
    assert list(Endpoint.objects.order_by("position").values_list("id", flat=True)) == [
        first.id,
        third.id,
        second.id,
    ]
    shopper.sends("move_endpoint", subscription, first.id, to="up")
    assert Endpoint.objects.order_by("position").first() == first
    assert "Remove Front desk?" in words(shopper.opens("remove_endpoint", subscription, first.id))
    assert Endpoint.objects.count() == 3
    shopper.sends("remove_endpoint", subscription, first.id)
    assert Endpoint.objects.count() == 2
    assert "Endpoint 10 (Front desk) is removed." in words(shopper.opens("phone_system", subscription))


def test_a_number_is_taken_and_goes_live_with_an_address(dana: Customer) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    said = words(shopper.opens("take_number", subscription))
    assert "Berlin 20" in said
    page = shopper.client.get(f"/phone-systems/{subscription}/numbers/take/?area=Berlin")
    assert "+49 30 23125000" in words(page)  # type: ignore[arg-type]  # the client's response
    wanted = PhoneNumber.objects.get(e164="+493023125003")
    answer = shopper.sends("take_number", subscription, area="Berlin", number=str(wanted.id))
    assert answer["Location"] == f"/phone-systems/{subscription}/numbers/{wanted.id}/"
    refused = shopper.sends("number_address", subscription, wanted.id, **{**ADDRESS, "city": ""})
    assert refused.status_code == 422
    assert 'id="city-error"' in refused.content.decode()
    assert 'value="Lindenallee 1"' in refused.content.decode()
    assert not PhoneNumber.objects.filter(is_live=True).exists()
    shopper.sends("number_address", subscription, wanted.id, **ADDRESS)
    assert PhoneNumber.objects.get(is_live=True) == wanted
    assert "Help comes to Lindenallee 1, 10115 Berlin" in words(shopper.opens("phone_system", subscription))
    assert "It rests for 90 days" in words(shopper.opens("release_number", subscription, wanted.id))
    shopper.sends("release_number", subscription, wanted.id)
    wanted.refresh_from_db()
    assert wanted.phone_system is None
    assert wanted.quarantine_until is not None


def test_over_the_limit_the_first_in_the_own_order_work(erik: Customer) -> None:
    erik.grows_to(one=3).sets_up(endpoints=9, numbers=3)
    erik.town.on("2027-06-10")
    erik.reduces_to(one=2)
    erik.town.on("2027-07-01")
    said = words(Shopper(erik.user).opens("phone_system", erik.subscription_id))
    assert "3 endpoints are over the limit The first 6 in your own order work." in said
    assert said.count("Emergency calls only") == 3
    assert "1 number is over the limit" in said
    assert said.count("Silent") == 1


def test_a_block_of_ten_is_taken_and_goes_live_at_once(dana: Customer) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    page = shopper.client.get(f"/phone-systems/{subscription}/numbers/take/?area=Berlin")
    assert "+49 30 23125000 – +49 30 23125009" in words(page)  # type: ignore[arg-type]  # the client's response
    full = shopper.sends("take_number", subscription, area="Berlin", block="+49302312500")
    assert full.status_code == 422
    assert "do not allow 10 more phone numbers: 0 taken, 2 included." in words(full)
    PhoneSystem.objects.update(number_limit=12)
    answer = shopper.sends("take_number", subscription, area="Berlin", block="+49302312500")
    first = PhoneNumber.objects.get(e164="+493023125000")
    assert answer["Location"] == f"/phone-systems/{subscription}/numbers/{first.id}/"
    said = words(shopper.opens("number_address", subscription, first.id))
    assert "Ten numbers from +49 30 23125000 on are yours." in said
    assert "The same for 9 other numbers that take no calls yet" in said
    shopper.sends("number_address", subscription, first.id, **ADDRESS, others_too="on")
    assert PhoneNumber.objects.filter(is_live=True, emergency_city="Berlin").count() == 10
    assert "10 phone numbers take calls." in words(shopper.opens("phone_system", subscription))


def test_a_soft_phone_fetches_its_settings_without_signing_in(
    dana: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets: list[str] = []

    def kept(endpoint: Endpoint, *, secret: str) -> str:
        tickets.append(ticket_for(endpoint, secret=secret))
        return tickets[-1]

    monkeypatch.setattr("switchroom.portal.phone_provisioning.ticket_for", kept)
    answer = Shopper(dana.user).sends("add_endpoint", dana.subscription_id, name="Reception", extension="21")
    shown = SECRET.search(answer.content.decode())
    assert shown is not None
    fetched = Client().get(f"/provisioning/{tickets[0]}/")
    assert (fetched.status_code, fetched["Content-Type"]) == (200, "application/xml; charset=utf-8")
    assert fetched["Cache-Control"] == "no-store"
    assert f">{shown[1]}<" in fetched.content.decode()
    assert Client().get("/provisioning/made-up/").status_code == 404


def test_a_switched_off_one_sets_nothing_up(dana: Customer) -> None:
    dana.sets_up(endpoints=1)
    dana.town.on("2026-07-12")
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    said = words(shopper.opens("phone_system", subscription))
    assert "It is switched off" in said
    assert "Set up" not in said
    assert shopper.sends("add_endpoint", subscription, name="Gate", extension="30").status_code == 422
    assert shopper.sends("backups", subscription).status_code == 302
    assert Backup.objects.count() == 1


def test_a_deleted_one_leads_back_to_the_subscription(dana: Customer) -> None:
    dana.cancels(at_once=True)
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    for answer in (shopper.opens("phone_system", subscription), shopper.sends("backups", subscription)):
        assert answer["Location"] == f"/subscriptions/{subscription}/"


def test_a_viewer_looks_on(erik: Customer) -> None:
    erik.sets_up(endpoints=1, numbers=1)
    viewer = User.objects.create_user("viewer@example.com")
    Member.objects.create(account=erik.account, user=viewer, role=Role.VIEWER, joined_on=erik.town.day)
    shopper = Shopper(viewer)
    said = words(shopper.opens("phone_system", erik.subscription_id))
    assert "Desk 10" in said
    assert "Change" not in said
    assert "Backup" not in said
    assert shopper.sends("add_endpoint", erik.subscription_id, name="A", extension="44").status_code == 403
    assert shopper.sends("backups", erik.subscription_id).status_code == 403


def test_what_belongs_to_another_phone_system_is_not_there(erik: Customer) -> None:
    erik.sets_up(endpoints=1)
    endpoint = Endpoint.objects.get()
    dana = erik.town.customer("Dana").starts_trial()
    shopper = Shopper(dana.user)
    assert shopper.opens("phone_system", erik.subscription_id).status_code == 404
    assert shopper.sends("remove_endpoint", dana.subscription_id, endpoint.id).status_code == 404
    assert shopper.sends("remove_endpoint", erik.subscription_id, endpoint.id).status_code == 404
    assert Endpoint.objects.count() == 1


def test_many_endpoints_are_paged_and_ask_no_more(erik: Customer) -> None:
    erik.grows_to(one=20).sets_up(endpoints=60, numbers=3)
    shopper = Shopper(erik.user)
    said = words(shopper.opens("phone_system", erik.subscription_id))
    assert "Page 1 of 2" in said
    assert "60 of 60" in said
    for number in range(30):
        erik.starts_trial(f"Place {number}")
    assert words(shopper.opens("phone_systems")).count("No backup of the last change.") == 31
