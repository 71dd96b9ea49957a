"""Many at the same moment, with real commits: what may happen once does so, and no number is left out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from django.db import connection

from switchroom.billing.models import Invoice, InvoiceKind, InvoiceSeries
from switchroom.journeys import day as days
from switchroom.journeys import start_trial
from switchroom.orders.models import Order, OrderState
from switchroom.orders.purchase import QuoteChanged
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing import clock, outbox
from switchroom.rules.lifecycle import State
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.models import Item, Subscription
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.journeys.test_purchasing import at_the_overview

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(transactional_db: None) -> Town:
    """A town on 1 June 2026, with terms of a month."""
    return Town().on("2026-06-01").sells(catalogue(term_months=1))


def at_once(wishes: Sequence[Callable[[], object]]) -> list[object]:
    """This function will let all wishes start together, each in its own thread and connection, and give what
    each returned or raised.
    """
    together = threading.Barrier(len(wishes))
    came_of: list[object] = [None] * len(wishes)

    def run(place: int) -> None:
        try:
            together.wait()
            came_of[place] = wishes[place]()
        except Exception as problem:  # the test looks at what was raised
            came_of[place] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(wishes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came_of


def closes(town: Town) -> None:
    """What left through the outbox happens, and then the books must close."""
    outbox.drain()
    town.closes_its_books()


def test_sixteen_presses_of_one_button_buy_once(town: Town) -> None:
    shop = at_the_overview(town.customer("Dana").starts_trial(), one=10)
    invoices = {getattr(purchase, "invoice", purchase) for purchase in at_once([shop.presses] * 16)}
    assert invoices == set(Invoice.objects.all())
    assert Order.objects.filter(state=OrderState.PURCHASED).count() == 1
    assert [item.quantity for item in Item.objects.all()] == [10]
    closes(town)


def test_an_upgrade_and_a_cancellation_at_once_are_one_after_the_other(town: Town) -> None:
    """Past the term it matters who comes first: July is charged as shown, or the purchase is refused."""
    dana = town.customer("Dana").grows_to(one=1)
    town.on("2026-07-16")
    shop = at_the_overview(dana, one=5)
    bought, cancelled = at_once([shop.presses, dana.cancels])
    assert cancelled is dana
    assert dana.state() is State.CANCELLED
    if isinstance(bought, QuoteChanged):
        assert Invoice.objects.filter(kind=InvoiceKind.ORDER).count() == 1
        assert dana.promise.items[0].quantity == len(dana.promise.items) == 1
    else:
        assert sorted(item.quantity for item in dana.promise.items) == [1, 4]
        assert Invoice.objects.filter(kind=InvoiceKind.ORDER).latest("number").net_minor == 6000
    closes(town)


def test_four_workers_bill_a_month_once(town: Town) -> None:
    customers = [town.customer(name).grows_to(one=number) for number, name in enumerate(NAMES, start=1)]
    town.on("2026-06-30").sleeps_until("2026-07-01")
    today, at = town.day, clock.now()
    reports = at_once([lambda: days.run_day(day=today, at=at)] * 4)
    assert [getattr(report, "failed", report) for report in reports] == [()] * 4
    monthly = Invoice.objects.filter(kind=InvoiceKind.MONTHLY)
    assert Counter(monthly.values_list("account__name", flat=True)) == {
        customer.account.name: 1 for customer in customers
    }
    no_number_is_left_out(len(NAMES) * 2)
    closes(town)


def test_many_accounts_at_once_get_numbers_without_a_gap(town: Town) -> None:
    """The first documents of a year: also the series itself is made by whoever comes first."""
    shops = [at_the_overview(town.customer(name).starts_trial(), one=2) for name in NAMES]
    assert not InvoiceSeries.objects.exists()
    came_of = at_once([shop.presses for shop in shops])
    assert [one for one in came_of if isinstance(one, Exception)] == []
    no_number_is_left_out(len(NAMES))
    closes(town)


def test_two_who_want_one_name_at_once_get_it_once(town: Town) -> None:
    customers = [town.customer(name) for name in NAMES[:6]]

    def wants(customer: Customer) -> Callable[[], Subscription]:
        return lambda: start_trial.start_trial(
            account_id=customer.account.id, user=customer.user, name="Acme", day=town.day, at=clock.now()
        )

    came_of = at_once([wants(customer) for customer in customers])
    refused = [one for one in came_of if isinstance(one, Refused)]
    assert [refusal.rule for refusal in refused] == ["3.1"] * 5
    assert Subscription.objects.count() == PhoneSystem.objects.count() == 1
    closes(town)


NAMES = ("Abel", "Bea", "Cem", "Dora", "Emil", "Fee", "Gerd", "Hilde")


def no_number_is_left_out(count: int) -> None:
    """The year's documents are numbered from 1 to ``count``, and the series knows it."""
    series = InvoiceSeries.objects.get()
    numbers = Invoice.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, count + 1))
    assert series.last_number == count
