"""What a page asks of the database: at most twelve times, however much an account has."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from switchroom.accounts.models import Account
from switchroom.billing.models import Invoice
from switchroom.phonesystems.models import Endpoint
from switchroom.subscriptions.models import Subscription
from tests.cast import Town
from tests.doors.addresses import addresses
from tests.doors.household import Household, household

MOST_QUERIES = 12


@pytest.fixture
def large(db: None) -> Household:
    """Anna's household, grown to 30 subscriptions, 60 invoices and 40 endpoints in her office."""
    town = Town().on("2026-06-10")
    home = household(town, "Anna")
    anna = home.customer.turns_to("Anna office")
    anna.grows_to(one=14).sets_up(endpoints=38)
    while Invoice.objects.count() < 34:
        anna.adds(one=1)
    while Subscription.objects.count() < 30:
        anna.subscription_id = None
        anna.starts_trial(f"Place {Subscription.objects.count()}").grows_to(one=1)
    assert Subscription.objects.filter(account=anna.account).count() == 30
    assert Invoice.objects.filter(account=anna.account).count() == 60
    assert Endpoint.objects.filter(phone_system__account=anna.account).count() == 40
    assert Account.objects.count() == 1
    return home


def test_a_page_asks_at_most_twelve_times_however_much_there_is(large: Household) -> None:
    client = Client()
    client.force_login(large.customer.user)
    asked = {}
    for address in addresses(large):
        client.get(address.url)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address.url)
        if answer.status_code == 200:
            asked[address.label] = len(queries)
    assert len(asked) > 30
    assert {label: count for label, count in asked.items() if count > MOST_QUERIES} == {}
