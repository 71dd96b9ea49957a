"""The telephone in the browser as a page: who may be which endpoint, what the page may connect to."""

from __future__ import annotations

import hashlib
import json

import pytest

from switchroom.phonesystems.entitling import switch_off
from switchroom.phonesystems.models import Endpoint
from switchroom.plumbing import clock
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words
from tests.installations import settings_with

pytestmark = pytest.mark.django_db
URL = "wss://sip.example.com:8443"


@pytest.fixture
def dana(town: Town) -> Customer:
    return town.on("2026-06-10").customer("Dana").starts_trial().sets_up(endpoints=2)


def test_the_page_may_connect_to_the_edge_and_other_pages_may_not(dana: Customer) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    with settings_with(softphone_url=URL, softphone_echo="+493023125999"):
        page = shopper.opens("softphone", subscription)
        other = shopper.opens("phone_system", subscription)
    assert f"connect-src 'self' {URL}" in page["Content-Security-Policy"]
    assert "connect-src" not in other["Content-Security-Policy"]
    assert "At +49 30 23125999 an echo answers: you hear yourself." in words(page)
    assert "Try a call" in words(other)


def test_where_nothing_is_set_up_the_page_says_so_and_nothing_leads_there(dana: Customer) -> None:
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    assert "Browsers cannot call here" in words(shopper.opens("softphone", subscription))
    assert "Try a call" not in words(shopper.opens("phone_system", subscription))


def test_a_login_proves_one_endpoint_for_ten_minutes(dana: Customer) -> None:
    endpoint = Endpoint.objects.earliest("position")
    before = clock.real_now()
    answer = Shopper(dana.user).sends("softphone_login", dana.subscription_id, endpoint.id)
    said = json.loads(answer.content)
    assert answer["Cache-Control"] == "no-store"
    second, _, user = said["login"].partition(":")
    assert (user, said["user"]) == (endpoint.sip_user, endpoint.sip_user)
    assert 598 <= int(second) - before.timestamp() <= 610
    assert said["secret"] == hashlib.sha256(f"{endpoint.ha1}:{second}".encode()).hexdigest()
    assert endpoint.ha1 not in answer.content.decode()


def test_what_makes_emergency_calls_only_gets_none(dana: Customer) -> None:
    phone_system = dana.phone_system
    assert phone_system is not None
    shopper, subscription = Shopper(dana.user), dana.subscription_id
    first, second = Endpoint.objects.order_by("position")
    type(phone_system).objects.filter(id=phone_system.id).update(endpoint_limit=1)
    assert shopper.sends("softphone_login", subscription, first.id).status_code == 200
    refused = shopper.sends("softphone_login", subscription, second.id)
    assert (refused.status_code, json.loads(refused.content)) == (
        422,
        {"refusal": "This endpoint makes emergency calls only."},
    )
    switch_off(phone_system=phone_system, day=clock.today(), at=clock.now())
    assert shopper.sends("softphone_login", subscription, first.id).status_code == 422
