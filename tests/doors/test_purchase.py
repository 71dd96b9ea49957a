"""Buying at its door: exactly what was shown, exactly once; and what can be read of it (rules 4.5 to 4.7)."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from switchroom.accounts.models import BillingAddress
from switchroom.billing.models import Invoice
from switchroom.orders.models import OrderState
from switchroom.orders.wizard import Step
from switchroom.subscriptions.models import Item
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.doors.store import begins, effects_happen, quote_in, words

pytestmark = pytest.mark.django_db


def test_the_same_order_is_bought_once_however_often_it_is_sent(dana: Customer) -> None:
    shopper, order = begins(dana)
    quote = quote_in(shopper.walks_to_overview(order, one="4"))
    for _press in range(3):
        answer = shopper.sends("purchase", order.id, quote=quote)
        assert answer["Location"] == f"/orders/{order.id}/confirmation/"
    assert Invoice.objects.count() == 1
    assert Item.objects.count() == 1


def test_the_steps_of_a_bought_order_lead_to_its_confirmation(dana: Customer) -> None:
    shopper, order = begins(dana)
    overview = shopper.walks_to_overview(order, one="4")
    assert "no-store" in overview["Cache-Control"], "the browser's back button asks again"
    shopper.sends("purchase", order.id, quote=quote_in(overview))
    for answer in (
        shopper.opens("order_step", order.id, "overview"),
        shopper.opens("order_step", order.id, "quantities"),
        shopper.steps(order, "quantities", one="9", next="1"),
        shopper.sends("discard_order", order.id),
    ):
        assert answer["Location"] == f"/orders/{order.id}/confirmation/"
    order.refresh_from_db()
    assert order.wanted == {"one": 4}


def test_a_quote_of_yesterday_is_shown_again_with_what_changed(erik: Customer) -> None:
    shopper, order = begins(erik)
    quote = quote_in(shopper.walks_to_overview(order, one="14"))
    erik.town.on("2026-06-17")
    page = shopper.sends("purchase", order.id, quote=quote)
    said = words(page)
    assert page.status_code == 422
    assert "Prices have changed since you looked. Nothing was booked; please look again." in said
    assert "Credit on your next invoice: before 30.00 € → 32.00 €" in said
    assert Invoice.objects.filter(order_id=order.id).count() == 0
    assert shopper.sends("purchase", order.id, quote=quote_in(page)).status_code == 302
    assert Invoice.objects.filter(order_id=order.id).count() == 1


def test_a_new_price_is_shown_before_it_is_bought(dana: Customer) -> None:
    shopper, order = begins(dana)
    quote = quote_in(shopper.walks_to_overview(order, one="4"))
    dana.town.sells(catalogue(prices={"one": "16.00"}))
    said = words(page := shopper.sends("purchase", order.id, quote=quote))
    assert "Due now, net: before 60.00 € → 64.00 €" in said
    assert "Every month, net: before 60.00 € → 64.00 €" in said
    shopper.sends("purchase", order.id, quote=quote_in(page))
    assert Invoice.objects.get().net_minor == 64_00


@pytest.mark.parametrize("quote", ["", "no quote", "01a20c7a-6dc3-74c7-866f-020aa949889e"])
def test_a_quote_that_was_never_shown_buys_nothing(dana: Customer, quote: str) -> None:
    shopper, order = begins(dana)
    shopper.walks_to_overview(order, one="4")
    page = shopper.sends("purchase", order.id, quote=quote)
    assert page.status_code == 422
    assert "Nothing was booked" in words(page)
    assert not Invoice.objects.exists()


def test_a_purchase_before_all_steps_leads_to_the_missing_one(dana: Customer) -> None:
    shopper, order = begins(dana)
    quote = quote_in(shopper.walks_to_overview(order, one="4"))
    BillingAddress.objects.all().delete()
    answer = shopper.sends("purchase", order.id, quote=quote)
    assert answer["Location"] == f"/orders/{order.id}/billing-address/"
    said = words(shopper.opens("order_step", order.id, "billing-address"))
    assert "Please complete the earlier steps first; nothing was booked." in said
    assert not Invoice.objects.exists()


def test_the_confirmation_says_when_it_is_in_force(dana: Customer) -> None:
    shopper, order = begins(dana)
    shopper.sends("purchase", order.id, quote=quote_in(shopper.walks_to_overview(order, one="4")))
    page = shopper.opens("order_confirmation", order.id)
    assert "Being switched on" in words(page)
    assert "Refresh this page" in words(page), "also without a script"
    assert "every 500ms" in shopper.opens("order_in_force", order.id).content.decode()
    effects_happen()
    part = shopper.opens("order_in_force", order.id)
    assert "<html" not in part.content.decode()
    assert "every 500ms" not in part.content.decode()
    assert "works with 8 trunk lines, 12 endpoints and 4 phone numbers from now on" in words(part)
    said = words(shopper.opens("order_confirmation", order.id))
    assert "In force now" in said
    assert Invoice.objects.get().reference in said
    assert "On 1 July 2026 you get the invoice for July 2026: 60.00 € net, 71.40 € with VAT" in said


def test_a_draft_has_no_confirmation(dana: Customer) -> None:
    shopper, order = begins(dana)
    for route in ("order_confirmation", "order_in_force", "contract_summary"):
        answer = shopper.opens(route, order.id)
        assert answer["Location"] == f"/subscriptions/{dana.subscription_id}/upgrade/"


def test_the_contract_summary_can_be_read_before_and_kept_after(dana: Customer) -> None:
    shopper, order = begins(dana)
    overview = shopper.walks_to_overview(order, one="4", business=True)
    assert f"/orders/{order.id}/summary/" in overview.content.decode()
    said = words(shopper.opens("contract_summary", order.id))
    assert "Nothing is ordered yet." in said
    assert "4 × 15.00 € = 60.00 € net a month" in said
    assert "until 31 May 2027" in said
    assert "Service level Business: we react within 4 hours" in said
    shopper.sends("purchase", order.id, quote=quote_in(overview))
    said = words(shopper.opens("contract_summary", order.id))
    assert "What was ordered on 1 June 2026 at 12:00." in said


def test_everybody_may_read_the_terms(town: Town) -> None:
    town.on("2026-06-01")
    page = Client().get("/terms/")
    assert page.status_code == 200
    assert "The minimum term begins with the first purchase, lasts 12 months" in words(page)  # type: ignore[arg-type]


def test_every_step_ends_with_a_way_to_give_up(dana: Customer) -> None:
    shopper, order = begins(dana)
    shopper.walks_to_overview(order, one="4")
    for step in Step:
        page = shopper.opens("order_step", order.id, step.value).content.decode()
        assert f'<form id="discard" method="post" action="/orders/{order.id}/discard/">' in page
        button = (
            r'<button class="button button--plain" type="submit" form="discard">(?:(?!</button>).)*Discard'
        )
        assert re.search(button, page, re.DOTALL), step


def test_a_discarded_order_is_over(dana: Customer) -> None:
    shopper, order = begins(dana)
    quote = quote_in(shopper.walks_to_overview(order, one="4"))
    assert shopper.sends("discard_order", order.id).status_code == 302
    order.refresh_from_db()
    assert order.state == OrderState.DISCARDED
    for answer in (
        shopper.opens("order_step", order.id, "quantities"),
        shopper.sends("purchase", order.id, quote=quote),
        shopper.sends("discard_order", order.id),
    ):
        assert answer["Location"] == f"/subscriptions/{dana.subscription_id}/"
    assert not Invoice.objects.exists()
    assert begins(dana)[1] != order, "the next upgrade begins anew"
