"""The confirmation of a cancellation, as a member can keep it."""

from __future__ import annotations

from django.utils.translation import override

from switchroom.accounts.models import Account
from switchroom.journeys.confirmation import cancellation_confirmation
from switchroom.subscriptions.models import Cancellation
from tests.cast import Customer, Town


def cancellation_of(customer: Customer) -> Cancellation:
    return Cancellation.objects.select_related("entered_by").get(subscription=customer.subscription)


def test_the_confirmation_names_everything_that_the_law_asks(town: Town) -> None:
    dana = town.customer("Dana").grows_to(one=1)
    Account.objects.filter(id=dana.account.id).update(name="Dana & Töchter GmbH")
    dana.cancels()
    cancellation = cancellation_of(dana)
    with override("en"):
        written = cancellation_confirmation(cancellation)
    assert written.startswith("Switchroom Demo Telecom GmbH\nMusterstraße 1\n10115 Berlin\n")
    assert f"Customer: Dana & Töchter GmbH, {dana.account.number}\n" in written
    assert "Dana GmbH, Lindenallee 1, 10115 Berlin\n" in written
    assert "Subscription: Dana, ONE\n" in written
    assert "Cancellation received: 1 June 2026 at 12:00\n" in written
    assert "Entered in the portal by: Dana, dana@example.com\n" in written
    assert "Takes effect on: 1 June 2027\n" in written
    assert f"Number of the cancellation: {cancellation.id}\n" in written
    assert "The last day of the subscription is 31 May 2027." in written
    assert "The phone system is irrevocably deleted on 1 June 2027." in written
    with override("de"):
        assert "1. Juni 2026 um 12:00 Uhr" in cancellation_confirmation(cancellation)


def test_the_confirmation_of_a_withdrawn_cancellation_says_so(town: Town) -> None:
    dana = town.customer("Dana").grows_to(one=1).cancels().withdraws()
    written = cancellation_confirmation(cancellation_of(dana))
    assert "This cancellation was withdrawn on 1 June 2026; it no longer counts." in written
    assert "deleted" not in written


def test_the_confirmation_of_a_cancellation_at_once_says_that_all_is_over(town: Town) -> None:
    dana = town.customer("Dana").starts_trial().cancels(at_once=True)
    written = cancellation_confirmation(cancellation_of(dana))
    assert "The subscription ended with the cancellation." in written
    assert "Takes effect on: 1 June 2026" in written
