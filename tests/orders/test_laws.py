"""What the database forbids about orders: a quote that changes, an order that is bought twice or undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from switchroom.journeys.upgrade import open_upgrade
from switchroom.orders.models import Order, OrderKind, OrderState, Quote
from switchroom.plumbing import clock
from tests.cast import Customer, Town
from tests.laws import copied, forbidden

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dana(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Customer]:
    """Dana, who bought 5 and has left a draft of another order."""
    with django_db_blocker.unblock(), transaction.atomic():
        dana = Town().on("2026-06-01").customer("Dana").grows_to(one=5)
        open_upgrade(
            account_id=dana.account.id,
            subscription_id=dana.subscription.id,
            user=dana.user,
            day=dana.town.day,
            at=clock.now(),
        )
        yield dana
        transaction.set_rollback(True)


@pytest.fixture
def purchased(dana: Customer) -> Order:
    """The order that was bought."""
    return Order.objects.get(account=dana.account, state=OrderState.PURCHASED)


@pytest.fixture
def draft(dana: Customer) -> Order:
    """The one that was not."""
    return Order.objects.get(account=dana.account, state=OrderState.DRAFT)


def test_a_quote_stays_as_it_was_shown(purchased: Order) -> None:
    with forbidden("rows never change"):
        Quote.objects.update(promised={})
    with forbidden("rows are never deleted"):
        Quote.objects.all()._raw_delete(using="default")
    with forbidden("quote_shown_once"):
        copied(purchased.quotes.get())


def test_a_purchase_is_final(purchased: Order, draft: Order) -> None:
    for change in (
        {"state": OrderState.DRAFT},
        {"state": OrderState.DISCARDED},
        {"wanted": {"one": 1}},
        {"service_level": "business"},
        {"accepted_quote": None},
        {"bought_subscription": None},
        {"purchased_at": clock.now()},
    ):
        with forbidden("never change"):
            Order.objects.filter(id=purchased.id).update(**change)
    with forbidden("rows are never deleted"):
        Order.objects.filter(id=draft.id)._raw_delete(using="default")


def test_an_order_keeps_to_whom_and_to_what_it_belongs(draft: Order) -> None:
    with forbidden("account_id, subscription_id, kind never change"):
        Order.objects.filter(id=draft.id).update(kind=OrderKind.FOLLOW_UP)


def test_a_quote_is_accepted_once(purchased: Order, draft: Order) -> None:
    with forbidden("accepted_quote_once"):
        Order.objects.filter(id=draft.id).update(
            state=OrderState.PURCHASED,
            accepted_quote=purchased.accepted_quote,
            bought_subscription=purchased.bought_subscription,
            purchased_on=date(2026, 6, 1),
            purchased_at=clock.now(),
        )


def test_a_purchase_is_complete_and_a_subscription_has_one_draft(draft: Order) -> None:
    with forbidden("order_purchase_is_complete"):
        Order.objects.filter(id=draft.id).update(state=OrderState.PURCHASED)
    with forbidden("order_one_draft_once"):
        copied(draft)
    with forbidden("order_state_known"):
        Order.objects.filter(id=draft.id).update(state="paid")
    with forbidden("order_kind_known"):
        copied(draft, kind="gift")
