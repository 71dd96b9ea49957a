"""The purchase: exactly the quote that was shown, once, or nothing at all (rules 4.1 to 4.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from switchroom.accounts.models import Account, BillingAddress
from switchroom.billing.models import Invoice
from switchroom.journeys import cancel, follow_up, reduce, start_trial, upgrade
from switchroom.orders import wizard
from switchroom.orders.models import Order, OrderState, Quote
from switchroom.orders.purchase import QuoteChanged
from switchroom.phonesystems.operations import in_force
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.models import AuditEvent
from switchroom.rules.periods import ONE_DAY
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.models import Item, Subscription
from tests.cast import Customer, Town
from tests.catalogues import catalogue

pytestmark = pytest.mark.django_db


@dataclass
class Shop:
    """Dana before the overview of an order of 10 licences, with the purchase button under her finger."""

    dana: Customer
    order: Order
    shown: Quote

    def presses(self, quote_id: UUID | None = None) -> upgrade.Purchase:
        """Presses it, today."""
        return upgrade.purchase(
            account_id=self.dana.account.id,
            order_id=self.order.id,
            quote_id=quote_id or self.shown.id,
            user=self.dana.user,
            day=self.dana.town.day,
            at=clock.now(),
        )

    def looks(self) -> Quote:
        """Looks at the overview once more."""
        shown, _ = upgrade.show_quote(
            account_id=self.dana.account.id, order_id=self.order.id, day=self.dana.town.day, at=clock.now()
        )
        return shown


def at_the_overview(dana: Customer, **wanted: int) -> Shop:
    """Walks through the wizard up to the overview."""
    order = upgrade.open_upgrade(
        account_id=dana.account.id,
        subscription_id=dana.subscription.id,
        user=dana.user,
        day=dana.town.day,
        at=clock.now(),
    )
    dana.fills_in(order, wanted)
    shop = Shop(dana, order, order)  # type: ignore[arg-type]  # the quote comes with the next line
    shop.shown = shop.looks()
    return shop


@pytest.fixture
def shop(town: Town) -> Shop:
    return at_the_overview(town.customer("Dana").starts_trial(), one=10)


def nothing_is_booked(shop: Shop) -> bool:
    """Whether neither an item nor an invoice nor a purchase came of it."""
    return not (
        Item.objects.exists()
        or Invoice.objects.exists()
        or Order.objects.filter(state=OrderState.PURCHASED).exists()
        or AuditEvent.objects.filter(kind="ordered").exists()
    )


def test_pressed_twice_it_buys_once(shop: Shop) -> None:
    first = shop.presses()
    events = AuditEvent.objects.count()
    second = shop.presses()
    assert first.invoice is not None
    assert second.invoice is not None
    assert (second.order.id, second.invoice.id) == (first.order.id, first.invoice.id)
    assert second.subscription.id == first.subscription.id
    assert Invoice.objects.count() == Item.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_pressed_again_beside_another_quote_of_the_same_order_it_buys_once(shop: Shop) -> None:
    """Two tabs, the quantities changed in between: the second press confirms what the first bought."""
    shop.dana.fills_in(shop.order, {"one": 12})
    other = shop.looks()
    assert other.id != shop.shown.id
    first = shop.presses(other.id)
    assert shop.presses().order.id == first.order.id
    assert [item.quantity for item in Item.objects.all()] == [12]


def test_looking_twice_shows_the_same_quote(shop: Shop) -> None:
    assert shop.looks().id == shop.shown.id
    assert nothing_is_booked(shop)


def test_a_quote_of_yesterday_is_refused_and_one_of_today_is_not(shop: Shop) -> None:
    shop.dana.town.on("2026-06-02")
    with pytest.raises(QuoteChanged) as caught:
        shop.presses()
    assert caught.value.rule == "4.5"
    assert str(caught.value) == (
        "Prices have changed since you looked. Nothing was booked; please look again."
    )
    assert nothing_is_booked(shop)
    assert shop.presses(shop.looks().id).invoice is not None


def test_a_quote_is_good_until_midnight_in_the_providers_zone(shop: Shop) -> None:
    """Midnight in Berlin is 22:00 UTC in summer."""
    assert shop.shown.valid_until.isoformat() == "2026-06-01T22:00:00+00:00"
    at_midnight = shop.shown.valid_until
    buy = {
        "account_id": shop.dana.account.id,
        "order_id": shop.order.id,
        "quote_id": shop.shown.id,
        "user": shop.dana.user,
        "day": shop.dana.town.day,
    }
    with pytest.raises(QuoteChanged):
        upgrade.purchase(**buy, at=at_midnight)  # type: ignore[arg-type]  # one dictionary for both calls
    assert upgrade.purchase(**buy, at=at_midnight - timedelta(microseconds=1)).invoice  # type: ignore[arg-type]


def test_a_price_that_changed_in_between_is_refused(shop: Shop) -> None:
    shop.dana.town.sells(catalogue(prices={"one": "16.00"}))
    with pytest.raises(QuoteChanged):
        shop.presses()
    assert nothing_is_booked(shop)
    invoice = shop.presses(shop.looks().id).invoice
    assert invoice is not None
    assert invoice.net_minor == 16000


def test_quantities_that_changed_in_between_are_refused(shop: Shop) -> None:
    shop.dana.fills_in(shop.order, {"one": 11})
    with pytest.raises(QuoteChanged):
        shop.presses()
    assert nothing_is_booked(shop)


def test_a_cancellation_in_between_changes_how_the_month_is_charged(town: Town) -> None:
    """Past the term she sees 60.00 and a credit of 30.00; once cancelled it would be 30.00 and none."""
    dana = town.sells(catalogue(term_months=1)).customer("Dana").grows_to(one=1)
    town.on("2026-07-16")
    shop = at_the_overview(dana, one=5)
    dana.cancels()
    with pytest.raises(QuoteChanged):
        shop.presses()
    invoice = shop.presses(shop.looks().id).invoice
    assert invoice is not None
    assert invoice.net_minor == 6000 - 2903  # 15 of 31 days gone: 60.00 × 15/31 = 29.03


@pytest.mark.parametrize("step", [step.value for step in wizard.Step if step is not wizard.Step.OVERVIEW])
def test_a_step_left_out_is_named(shop: Shop, step: str) -> None:
    shop.order.refresh_from_db()
    shop.order.steps_done = [done for done in shop.order.steps_done if done != step]
    shop.order.save()
    with pytest.raises(upgrade.StepMissing) as caught:
        shop.presses()
    assert caught.value.step == step
    assert str(caught.value) == "Please complete the earlier steps first; nothing was booked."
    assert nothing_is_booked(shop)


def test_without_a_billing_address_nothing_is_bought(shop: Shop) -> None:
    BillingAddress.objects.all().delete()
    with pytest.raises(upgrade.StepMissing) as caught:
        shop.presses()
    assert caught.value.step is wizard.Step.BILLING_ADDRESS
    assert nothing_is_booked(shop)


def test_an_order_of_a_subscription_that_has_ended_meanwhile_is_refused(shop: Shop) -> None:
    shop.dana.town.until("2026-07-16")  # trial over on 2 July, deleted 14 days later
    with pytest.raises(Refused) as caught:
        shop.presses()
    assert caught.value.rule == "4.3"
    shop.order.refresh_from_db()
    assert shop.order.state == OrderState.DISCARDED
    assert nothing_is_booked(shop)


def test_another_accounts_order_and_another_orders_quote_do_not_exist(shop: Shop) -> None:
    erik = at_the_overview(shop.dana.town.customer("Erik").starts_trial(), one=2)
    with pytest.raises(Order.DoesNotExist):
        Shop(erik.dana, shop.order, shop.shown).presses()
    with pytest.raises(Order.DoesNotExist):
        Shop(erik.dana, shop.order, shop.shown).looks()
    with pytest.raises(Quote.DoesNotExist):
        shop.presses(erik.shown.id)
    assert nothing_is_booked(shop)


Wishes = Callable[[Customer, UUID, UUID], object]
WISHES: dict[str, Wishes] = {
    "open_upgrade": lambda by, account, subscription: upgrade.open_upgrade(
        account_id=account, subscription_id=subscription, user=by.user, day=by.town.day, at=clock.now()
    ),
    "open_follow_up": lambda by, account, subscription: follow_up.open_follow_up(
        account_id=account, subscription_id=subscription, user=by.user, day=by.town.day, at=clock.now()
    ),
    "reduce": lambda by, account, subscription: reduce.reduce(
        account_id=account,
        subscription_id=subscription,
        targets={"one": 1},
        user=by.user,
        day=by.town.day,
        at=clock.now(),
    ),
    "withdraw_reduction": lambda by, account, subscription: reduce.withdraw_reduction(
        account_id=account, subscription_id=subscription, user=by.user, day=by.town.day, at=clock.now()
    ),
    "cancel": lambda by, account, subscription: cancel.cancel(
        account_id=account, subscription_id=subscription, user=by.user, day=by.town.day, at=clock.now()
    ),
    "withdraw_cancellation": lambda by, account, subscription: cancel.withdraw_cancellation(
        account_id=account, subscription_id=subscription, user=by.user, day=by.town.day, at=clock.now()
    ),
}


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_what_belongs_to_another_account_does_not_exist(town: Town, wish: Wishes) -> None:
    """Not even whether it was cancelled and followed up can be learnt from the answer."""
    dana, erik = (town.customer(name).grows_to(one=2) for name in ("Dana", "Erik"))
    dana.cancels().follows_up_with(one=1)
    events = AuditEvent.objects.count()
    with pytest.raises(Subscription.DoesNotExist):
        wish(erik, erik.account.id, dana.subscription.id)
    with pytest.raises(Account.DoesNotExist):
        wish(erik, new_id(), dana.subscription.id)
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(
    ("name", "rule"), [("Dana", "3.1"), ("dana", "3.1"), ("", "8"), ("   ", "8"), ("!?", "8"), ("admin", "8")]
)
def test_a_trial_needs_a_name_that_is_free_and_usable(town: Town, name: str, rule: str) -> None:
    dana = town.customer("Dana").starts_trial()
    town.on(town.day + ONE_DAY)
    with pytest.raises(Refused) as caught:
        start_trial.start_trial(
            account_id=dana.account.id, user=dana.user, name=name, day=town.day, at=clock.now()
        )
    assert caught.value.rule == rule
    assert Subscription.objects.count() == 1


def test_a_double_click_starts_one_trial(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    events = AuditEvent.objects.count()
    again = start_trial.start_trial(
        account_id=dana.account.id, user=dana.user, name=" Dana ", day=town.day, at=clock.now()
    )
    assert again.id == dana.subscription.id
    assert AuditEvent.objects.count() == events


def test_a_trial_that_was_given_up_is_not_given_back(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    given_up = dana.subscription.id
    dana.cancels(at_once=True)
    dana.starts_trial()
    assert dana.subscription.id != given_up


def test_what_was_bought_is_in_force_at_the_edge_once_the_outbox_is_empty(shop: Shop) -> None:
    shop.presses()
    phone_system = shop.dana.phone_system
    assert phone_system is not None
    assert not in_force(phone_system)
    outbox.drain()
    assert in_force(phone_system)
