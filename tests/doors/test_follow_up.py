"""Cancel and begin smaller, at its door: ordered now, the follow-up begins on the end day (rule 7.6)."""

from __future__ import annotations

import pytest

from switchroom.billing.models import Invoice
from switchroom.orders.models import Order, OrderKind
from switchroom.subscriptions.models import Subscription
from tests.cast import Customer, Town
from tests.doors.store import Shopper, begins, field, quote_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def farah(town: Town) -> Customer:
    """Farah, who has cancelled ten licences with the Business level; they end with 31 May 2027."""
    farah = town.on("2026-06-01").customer("Farah").grows_to(one=10, business=True)
    town.on("2026-06-16")
    return farah.cancels()


def test_it_is_ordered_through_the_same_steps_smaller_and_for_later(farah: Customer) -> None:
    shopper, order = begins(farah, "follow_up")
    page = shopper.opens("order_step", order.id, "quantities")
    assert field(page, "one") == "10"
    assert "10 booked" not in words(page), "nothing is kept from below"
    page = shopper.walks_to_overview(order, one="3")
    said = words(page)
    for sentence in (
        "Due now 0.00 €",
        "Begins on 1 June 2027",
        "First invoice 53.55 € with VAT",
        "Term until 31 May 2028",
        "From 1 June 2027: 45.00 € net a month until at least 31 May 2028; first invoice 53.55 € with VAT.",
    ):
        assert sentence in said, sentence
    invoices = Invoice.objects.count()
    answer = shopper.sends("purchase", order.id, quote=quote_in(page))
    assert answer["Location"] == f"/orders/{order.id}/confirmation/"
    assert Invoice.objects.count() == invoices, "nothing is charged before it begins"
    follow_up = Subscription.objects.get(follows_id=farah.subscription_id)
    assert str(follow_up.bought_on) == "2027-06-01"
    said = words(shopper.opens("order_confirmation", order.id))
    assert "The follow-up is ordered It begins on 1 June 2027." in said
    assert "On 1 June 2027 it begins, with its first invoice: 53.55 € with VAT." in said
    assert "restore" in said


def test_once_ordered_the_cancellation_stays(farah: Customer) -> None:
    shopper, order = begins(farah, "follow_up")
    shopper.sends("purchase", order.id, quote=quote_in(shopper.walks_to_overview(order, one="3")))
    said = words(shopper.opens("cancel", farah.subscription_id))
    assert "A follow-up is ordered It begins on 1 June 2027" in said
    assert "Withdraw the cancellation" not in said
    shopper.sends("withdraw_cancellation", farah.subscription_id)
    assert farah.promise.cancellation is not None
    said = words(shopper.opens("cancel", farah.subscription_id))
    assert "this cancellation can no longer be withdrawn" in said
    for answer in (
        shopper.opens("follow_up", farah.subscription_id),
        shopper.sends("follow_up", farah.subscription_id),
    ):
        assert answer["Location"] == f"/subscriptions/{farah.subscription_id}/cancel/"
    assert "A follow-up subscription was already ordered." in words(
        shopper.opens("cancel", farah.subscription_id)
    )


def test_a_look_explains_and_begins_nothing(farah: Customer) -> None:
    shopper = Shopper(farah.user)
    said = words(shopper.opens("follow_up", farah.subscription_id))
    assert "A follow-up takes over on 1 June 2027" in said
    assert "your devices then keep their passwords" in said
    assert not Order.objects.filter(kind=OrderKind.FOLLOW_UP).exists()


def test_a_draft_is_gone_on_with(farah: Customer) -> None:
    shopper, order = begins(farah, "follow_up")
    answer = shopper.opens("follow_up", farah.subscription_id)
    assert answer["Location"] == f"/orders/{order.id}/quantities/"


def test_without_a_cancellation_there_is_nothing_to_follow(farah: Customer) -> None:
    farah.withdraws()
    shopper = Shopper(farah.user)
    for answer in (
        shopper.opens("follow_up", farah.subscription_id),
        shopper.sends("follow_up", farah.subscription_id),
    ):
        assert answer["Location"] == f"/subscriptions/{farah.subscription_id}/cancel/"
    assert "Cancel this one first, then order it." in words(shopper.opens("cancel", farah.subscription_id))


def test_a_draft_whose_cancellation_was_withdrawn_is_refused_with_the_reason(farah: Customer) -> None:
    shopper, order = begins(farah, "follow_up")
    quote = quote_in(shopper.walks_to_overview(order, one="3"))
    farah.withdraws()
    answer = shopper.opens("order_step", order.id, "quantities")
    assert answer["Location"] == f"/subscriptions/{farah.subscription_id}/"
    answer = shopper.sends("purchase", order.id, quote=quote)
    assert answer["Location"] == f"/subscriptions/{farah.subscription_id}/"
    assert not Subscription.objects.filter(follows_id=farah.subscription_id).exists()


def test_a_foreign_follow_up_is_not_there(farah: Customer) -> None:
    stranger = Shopper(farah.town.customer("Bob").user)
    assert stranger.opens("follow_up", farah.subscription_id).status_code == 404
    assert stranger.sends("follow_up", farah.subscription_id).status_code == 404
