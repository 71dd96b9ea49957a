"""What the database forbids about subscriptions: facts are added, not rewritten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from switchroom.catalog.models import Licence
from switchroom.plumbing import clock
from switchroom.subscriptions.models import Cancellation, Item, Reduction, Subscription, Trial
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.laws import copied, forbidden

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dana(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Customer]:
    """Dana in August 2026, past her term of a month: a reduction bit on 1 July and another is pending; she
    cancelled and withdrew in July and has cancelled again.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        town = Town().on("2026-05-01").sells(catalogue(term_months=1))
        dana = town.customer("Dana").grows_to(one=5)
        town.on("2026-06-10")
        dana.reduces_to(one=4)
        town.on("2026-07-10")
        dana.cancels().withdraws()
        town.on("2026-08-10")
        dana.reduces_to(one=3).cancels()
        yield dana
        transaction.set_rollback(True)


@pytest.fixture
def mine(dana: Customer) -> Subscription:
    """Dana's subscription."""
    return dana.subscription


def test_a_subscription_keeps_its_account_its_first_day_and_its_purchase(mine: Subscription) -> None:
    rows = Subscription.objects.filter(id=mine.id)
    with forbidden("account_id, created_on, follows_id never change"):
        rows.update(created_on=date(2026, 1, 1))
    with forbidden("account_id, created_on, follows_id never change"):
        rows.update(follows=mine)
    with forbidden("bought_on, product_version_id never change"):
        rows.update(bought_on=date(2026, 5, 2))
    with forbidden("bought_on, product_version_id never change"):
        rows.update(bought_on=None)
    with forbidden("rows are never deleted"):
        rows._raw_delete(using="default")
    with forbidden("subscription_bought_not_before_created"):
        copied(mine, bought_on=date(2026, 4, 30))
    follow_up = copied(mine, follows_id=mine.id)
    with forbidden("follows_once"):
        copied(follow_up, follows_id=mine.id)


def test_a_trial_keeps_its_days_and_grants(mine: Subscription) -> None:
    with forbidden("never change"):
        Trial.objects.update(until_on=date(2030, 1, 1))
    with forbidden("never change"):
        Trial.objects.update(trunk_lines=99)
    with forbidden("trial_ends_after_start"):
        Trial.objects.create(
            subscription=Subscription.objects.get(id=copied(mine).pk),
            from_on=date(2026, 5, 2),
            until_on=date(2026, 5, 1),
            trunk_lines=1,
            endpoints=1,
            phone_numbers=1,
        )


def test_an_item_keeps_what_was_bought_and_ends_once(mine: Subscription) -> None:
    ended, left = mine.items.order_by("sequence")
    assert (ended.quantity, ended.until_on, left.quantity, left.from_on) == (
        5, date(2026, 7, 1), 4, date(2026, 7, 1),
    )  # fmt: skip
    for change in (
        {"quantity": 1},
        {"unit_price_minor": 1},
        {"from_on": date(2026, 5, 2)},
        {"sequence": 9},
        {"first_month": "direct"},
        {"order_id": None},
        {"licence": Licence.objects.get(version=mine.product_version, key="extra-endpoint")},
    ):
        with forbidden("never change"):
            Item.objects.filter(id=ended.id).update(**change)
    for day in (None, date(2026, 8, 1)):
        with forbidden("until_on never change"):
            Item.objects.filter(id=ended.id).update(until_on=day)
    with forbidden("rows are never deleted"):
        Item.objects.all()._raw_delete(using="default")
    with forbidden("item_ends_after_start"):
        Item.objects.filter(id=left.id).update(until_on=date(2026, 6, 30))
    with forbidden("item_sequence_once"):
        copied(left)
    with forbidden("item_quantity_positive"):
        copied(left, sequence=9, quantity=0)
    with forbidden("item_price_not_negative"):
        copied(left, sequence=9, unit_price_minor=-1)
    with forbidden("item_first_month_known"):
        copied(left, sequence=9, first_month="free")


def test_a_subscription_has_one_cancellation_at_a_time_and_what_was_said_stays(mine: Subscription) -> None:
    withdrawn, counting = mine.cancellations.model.objects.filter(subscription=mine).order_by("entered_on")
    with forbidden("cancellation_one_at_a_time_once"):
        copied(counting)
    for change in (
        {"ends_on": date(2030, 1, 1)},
        {"entered_on": date(2026, 8, 1)},
        {"entered_at": clock.now()},
    ):
        with forbidden("never change"):
            Cancellation.objects.filter(id=counting.id).update(**change)
    with forbidden("withdrawn_on never change"):
        Cancellation.objects.filter(id=withdrawn.id).update(withdrawn_on=None)
    with forbidden("cancellation_withdrawn_before_end"):
        Cancellation.objects.filter(id=counting.id).update(withdrawn_on=counting.ends_on)
    with forbidden("cancellation_ends_not_before_entered"):
        copied(withdrawn, ends_on=date(2026, 7, 9), withdrawn_on=None)
    with forbidden("rows are never deleted"):
        Cancellation.objects.all()._raw_delete(using="default")


def test_a_subscription_has_one_pending_reduction_and_what_was_said_stays(mine: Subscription) -> None:
    done, pending = Reduction.objects.filter(subscription=mine).order_by("entered_on")
    assert (done.done_on, pending.done_on) == (date(2026, 7, 1), None)
    with forbidden("reduction_one_pending_once"):
        copied(pending)
    for change in (
        {"targets": {"one": 1}},
        {"bites_on": date(2026, 8, 11)},
        {"entered_on": date(2026, 8, 1)},
    ):
        with forbidden("never change"):
            Reduction.objects.filter(id=pending.id).update(**change)
    with forbidden("withdrawn_on, done_on never change"):
        Reduction.objects.filter(id=done.id).update(done_on=None)
    with forbidden("reduction_ends_one_way"):
        Reduction.objects.filter(id=pending.id).update(
            done_on=date(2026, 9, 1), withdrawn_on=date(2026, 8, 20)
        )
    with forbidden("rows are never deleted"):
        Reduction.objects.all()._raw_delete(using="default")
