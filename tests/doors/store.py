"""A customer in front of the portal's store: what she opens and presses, and what the page then says."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from switchroom.accounts.models import User
from switchroom.orders.models import Order
from switchroom.plumbing import outbox
from tests.cast import Customer

MOST_QUERIES = 12
ADDRESS = {
    "company": "Dana GmbH",
    "street": "Lindenallee 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "vat_id": "",
    "invoice_email": "bills@example.com",
}


class Shopper:
    """A browser of one person, signed in. ``live`` asks as a script does that wants a part of the page."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)

    def opens(self, route: str, *which: object, live: bool = False) -> HttpResponse:
        """This function will open a page, without following where it leads; 12 queries are enough for it."""
        with CaptureQueriesContext(connection) as asked:
            answer = self.client.get(_url(route, *which), headers=_headers(live))
        reading = [one["sql"] for one in asked.captured_queries if one["sql"].startswith("SELECT")]
        assert len(reading) <= MOST_QUERIES, "\n".join(sql[:120] for sql in reading)
        return answer  # type: ignore[return-value]  # Django's client monkey-patches its responses

    def sends(self, route: str, *which: object, live: bool = False, **typed: object) -> HttpResponse:
        """This function will send a form, without following where it leads."""
        return self.client.post(_url(route, *which), typed, headers=_headers(live))  # type: ignore[return-value]

    def walks_to_overview(self, order: Order, *, business: bool = False, **wanted: object) -> HttpResponse:
        """This function will go through all steps of an order and show its overview."""
        self.steps(order, "quantities", next="1", **wanted)
        self.steps(order, "service-level", service_level="business" if business else "basic", next="1")
        self.steps(order, "billing-address", **ADDRESS)
        self.steps(order, "payment-method")
        return self.opens("order_step", order.id, "overview")

    def steps(self, order: Order, place: str, /, **typed: object) -> HttpResponse:
        """This function will send the form of a step."""
        return self.client.post(_url("order_step", order.id, place), typed)  # type: ignore[return-value]


def begins(customer: Customer, route: str = "upgrade") -> tuple[Shopper, Order]:
    """This function will have a customer begin (or go on with) an order in the portal."""
    shopper = Shopper(customer.user)
    answer = shopper.sends(route, customer.subscription_id)
    assert answer.status_code == 302
    return shopper, Order.objects.get(id=answer["Location"].split("/")[2])


def quote_in(page: HttpResponse) -> str:
    """This function will find the quote that the purchase button of an overview names."""
    found = re.search(r'name="quote" value="([^"]+)"', page.content.decode())
    assert found is not None
    return found[1]


def words(page: HttpResponse) -> str:
    """This function will give what a page says, without its marks, in one line."""
    text = re.sub(r"<(script|style|svg)[^>]*>.*?</\1>|<[^>]+>", " ", page.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(text).replace("\xa0", " ").split())


def effects_happen() -> None:
    """This function will carry out what left through the outbox, as the worker does."""
    outbox.drain()


def field(page: HttpResponse, name: str) -> str:
    """This function will read what stands in a field."""
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*value="([^"]*)"', page.content.decode())
    assert found is not None
    return unescape(found[1])


def _url(route: str, *which: object) -> str:
    return reverse(f"portal:{route}", args=which)


def _headers(live: bool) -> dict[str, Any]:
    return {"HX-Request": "true"} if live else {}
