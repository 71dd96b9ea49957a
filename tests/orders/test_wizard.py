"""The store wizard: what is typed, what is kept, which steps there are (rules 3.2, 4.1 and 4.2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from switchroom.journeys.upgrade import open_upgrade
from switchroom.orders import wizard
from switchroom.orders.models import Order
from switchroom.orders.wizard import Step
from switchroom.plumbing import clock
from switchroom.rules.refusals import Refused
from tests.cast import Customer, Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(db: None) -> Customer:
    """Dana on the first day of her trial."""
    return Town().on("2026-06-01").customer("Dana").starts_trial()


@pytest.fixture
def opens(dana: Customer) -> Callable[[], Order]:
    """What Dana does to go on with her order, on whichever device."""

    def open_it() -> Order:
        return open_upgrade(
            account_id=dana.account.id,
            subscription_id=dana.subscription.id,
            user=dana.user,
            day=dana.town.day,
            at=clock.now(),
        )

    return open_it


def types(dana: Customer, order: Order, **typed: str) -> dict[str, str]:
    """Types quantities and says what was refused, by field."""
    version = wizard.version_for(order=order, subscription=dana.subscription, day=dana.town.day)
    refusals = wizard.choose_quantities(order=order, typed=typed, version=version, booked=dana.booked(order))
    return {licence: f"{refused.rule} {refused}" for licence, refused in refusals.items()}


def test_a_first_order_starts_at_what_covers_what_is_in_use(
    dana: Customer, opens: Callable[[], Order]
) -> None:
    """7 endpoints at 3 a licence need 3 licences; nothing in use would need 1."""
    dana.sets_up(endpoints=7)
    assert opens().wanted == {"one": 3}


def test_with_nothing_set_up_it_starts_at_one(opens: Callable[[], Order]) -> None:
    assert opens().wanted == {"one": 1}


def test_a_later_order_starts_at_what_is_booked(dana: Customer, opens: Callable[[], Order]) -> None:
    dana.grows_to(one=4, extra_endpoint=2)
    assert opens().wanted == {"one": 4, "extra-endpoint": 2}


def test_a_draft_is_gone_on_with(dana: Customer, opens: Callable[[], Order]) -> None:
    order = opens()
    types(dana, order, one="6")
    wizard.confirm(order=order, step=Step.QUANTITIES)
    again = opens()
    assert (again.id, again.wanted, again.steps_done) == (order.id, {"one": 6}, ["quantities"])
    assert wizard.next_step(order=again, subscription=dana.subscription) is Step.SERVICE_LEVEL


def test_the_service_level_is_asked_once(dana: Customer, opens: Callable[[], Order]) -> None:
    assert wizard.steps_of(order=opens(), subscription=dana.subscription) == list(Step)
    dana.grows_to(one=1)
    assert wizard.steps_of(order=opens(), subscription=dana.subscription) == [
        Step.QUANTITIES,
        Step.BILLING_ADDRESS,
        Step.PAYMENT_METHOD,
        Step.OVERVIEW,
    ]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "4.2 Please enter a whole number, for example 4."),
        ("four", "4.2 Please enter a whole number, for example 4."),
        ("4.5", "4.2 Please enter a whole number, for example 4."),
        ("٤", "4.2 Please enter a whole number, for example 4."),
        ("-1", "4.2 A quantity cannot be negative."),
        ("3", "4.2 You have 4 booked. To hold fewer, use “Reduce” on the details page."),
        ("501", "4.2 At most 500 can be booked here."),
        ("9" * 40, "4.2 At most 500 can be booked here."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_the_rest_is_kept(
    dana: Customer, opens: Callable[[], Order], typed: str, said: str
) -> None:
    dana.grows_to(one=4)
    order = opens()
    refused = types(dana, order, one=typed, **{"extra-endpoint": " 2 ", "unheard-of": "7"})
    assert refused == {"one": said}
    assert opens().wanted == {"one": 4, "extra-endpoint": 2}


def test_a_service_level_must_be_one_of_the_product(dana: Customer, opens: Callable[[], Order]) -> None:
    order = opens()
    version = dana.subscription.product_version
    wizard.choose_service_level(order=order, key="business", version=version)
    with pytest.raises(Refused, match="Please choose one of the service levels"):
        wizard.choose_service_level(order=order, key="one", version=version)
    assert opens().service_level == "business"


def test_nothing_added_is_no_order(dana: Customer) -> None:
    dana.grows_to(one=2)
    dana.grows_to(one=2)
    assert dana.refused == "4.2 Nothing is added yet. Please choose at least one licence."
    assert Order.objects.filter(state="purchased").count() == 1


def test_a_service_level_alone_is_no_order(dana: Customer) -> None:
    dana.grows_to(business=True)
    assert dana.refused == "4.2 Nothing is added yet. Please choose at least one licence."
    assert dana.statement == ""
