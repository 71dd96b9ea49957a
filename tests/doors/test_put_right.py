"""Whoever wishes something of an account whose facts contradict one another is told to wait, in words."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from switchroom.subscriptions.models import Cancellation
from tests.cast import Town
from tests.journeys.runs import facts_can_be_broken


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "We have to put something right in this account before anything in it can be changed."),
        ("de", "An diesem Kundenkonto müssen wir erst etwas in Ordnung bringen"),
    ],
)
def test_a_wish_has_to_wait_until_the_account_is_put_right(db: None, language: str, sentence: str) -> None:
    town = Town().on("2026-06-01")
    bea = town.customer("Bea", language=language).grows_to(one=2)
    town.sleeps_until("2026-07-01")
    facts_can_be_broken()
    bea.subscription.items.update(sequence=2)
    client = Client(headers={"accept-language": language})
    client.force_login(bea.user)
    cancel = reverse("portal:cancel", args=[bea.subscription.id])
    answer = client.post(cancel, {})
    assert answer.status_code == 503
    assert sentence in answer.content.decode()
    assert not Cancellation.objects.exists()

    bea.subscription.items.update(sequence=1)
    assert client.post(cancel, {}).status_code == 302
    assert Cancellation.objects.filter(subscription=bea.subscription.id).exists()
