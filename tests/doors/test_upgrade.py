"""The store wizard at its door: every step, and what is refused in it (rules 4.1 to 4.4)."""

from __future__ import annotations

import pytest

from switchroom.accounts.models import BillingAddress, Member, Role, User
from switchroom.billing.models import Invoice
from switchroom.orders.models import Order, OrderKind
from switchroom.orders.wizard import open_draft
from tests.cast import Customer
from tests.doors.store import ADDRESS, Shopper, begins, field, quote_in, words

pytestmark = pytest.mark.django_db


def test_the_first_purchase_goes_through_all_steps(dana: Customer) -> None:
    shopper, order = begins(dana)
    for step, typed, following in (
        ("quantities", {"one": "4", "next": "1"}, "service-level"),
        ("service-level", {"service_level": "business", "next": "1"}, "billing-address"),
        ("billing-address", ADDRESS, "payment-method"),
        ("payment-method", {}, "overview"),
    ):
        assert shopper.opens("order_step", order.id, step).status_code == 200
        answer = shopper.steps(order, step, **typed)
        assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.id}/{following}/")
    page = shopper.opens("order_step", order.id, "overview")
    said = words(page)
    assert "Order with obligation to pay" in said
    assert "You pay 105.91 € with VAT now, and 89.00 € net every month." in said
    assert "Term until 31 May 2027" in said
    assert "We react" not in said
    assert "Business : we react within 4 hours, around the clock." in said
    answer = shopper.sends("purchase", order.id, quote=quote_in(page))
    assert answer["Location"] == f"/orders/{order.id}/confirmation/"
    assert Invoice.objects.get().gross_minor == 105_91


def test_adding_later_leaves_the_service_level_out_and_counts_as_rule_5_2_does(erik: Customer) -> None:
    shopper, order = begins(erik)
    said = words(shopper.opens("order_step", order.id, "quantities"))
    assert "10 booked" in said
    assert "Service level" not in said
    assert shopper.opens("order_step", order.id, "service-level").status_code == 302
    assert shopper.steps(order, "quantities", one="14", next="1").status_code == 302
    said = words(shopper.opens("order_step", order.id, "quantities"))
    for figure in (
        "10 booked + 4 new =",
        "Due now, net 60.00 €",
        "VAT 19 % 11.40 €",
        "Due now 71.40 €",
        "Credit you get back −30.00 €",
        "July 2026, net 180.00 €",
        "Every month, net 210.00 €",
        "Trunk lines 20 28",
        "Endpoints 30 42",
        "Phone numbers 10 14",
    ):
        assert figure in said


def test_why_says_days_denominator_price_version_and_event(erik: Customer) -> None:
    shopper, order = begins(erik)
    shopper.steps(order, "quantities", one="14")
    said = words(shopper.opens("order_step", order.id, "quantities"))
    assert "4 × ONE licence × 15.00 € = 60.00 €" in said
    assert "60.00 € × 15 / 30 = 30.00 € (ONE licence)" in said
    assert "You order on 16 June 2026: the first 15 of 30 days of June 2026 were not yours." in said
    assert "Prices of version 1, in which you first bought on 1 June 2026." in said
    assert "Licences 210.00 € less credits 30.00 € = 180.00 €." in said


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("3,5", "Please enter a whole number, for example 4."),
        ("", "Please enter a whole number, for example 4."),
        ("-1", "A quantity cannot be negative."),
        ("9", "You have 10 booked. To hold fewer, use “Reduce” on the details page."),
        ("501", "At most 500 can be booked here."),
        ("<b>", "Please enter a whole number, for example 4."),
    ],
)
def test_a_wrong_quantity_is_refused_at_its_field_and_stays(
    erik: Customer, typed: str, sentence: str
) -> None:
    shopper, order = begins(erik)
    page = shopper.steps(order, "quantities", one=typed, **{"extra-endpoint": "2"}, next="1")
    assert page.status_code == 422
    assert sentence in words(page)
    assert field(page, "one") == typed
    assert field(page, "extra-endpoint") == "2"
    assert 'id="one-error"' in page.content.decode()
    order.refresh_from_db()
    assert order.wanted == {"one": 10, "extra-endpoint": 2}, "what was right is kept"


def test_what_a_wrong_quantity_leaves_open_is_not_shown_as_its_price(erik: Customer) -> None:
    shopper, order = begins(erik)
    said = words(shopper.steps(order, "quantities", one="four"))
    assert "– not known yet Please enter a whole number, for example 4." in said, "a dash for the line"
    assert "Due now, with VAT – not known yet Summary" in said, "and for the line at the bottom of a phone"
    assert "Still the figures of the last quantities that were right." in said
    said = words(shopper.opens("order_step", order.id, "quantities"))
    assert "not known yet" not in said
    assert "Still the figures" not in said


def test_minus_and_plus_stay_within_what_may_be_chosen(erik: Customer) -> None:
    shopper, order = begins(erik)
    for step, became in (("one:-1", 10), ("one:+1", 11), ("one:+1", 12), ("one:-1", 11)):
        order.refresh_from_db()
        shopper.steps(order, "quantities", one=str(order.wanted["one"]), step=step)
        order.refresh_from_db()
        assert order.wanted["one"] == became
    shopper.steps(order, "quantities", one="500", step="one:+1")
    order.refresh_from_db()
    assert order.wanted["one"] == 500


def test_a_step_without_a_script_comes_back_by_a_redirect_and_with_one_as_the_page(erik: Customer) -> None:
    shopper, order = begins(erik)
    answer = shopper.steps(order, "quantities", one="10", step="one:+1")
    assert answer["Location"] == f"/orders/{order.id}/quantities/"
    page = shopper.sends("order_step", order.id, "quantities", live=True, one="14")
    assert page.status_code == 200
    assert "Due now, net 60.00 €" in words(page)
    onwards = shopper.sends("order_step", order.id, "quantities", live=True, one="14", next="1")
    assert onwards["HX-Redirect"] == f"/orders/{order.id}/billing-address/"


def test_an_order_that_adds_nothing_goes_nowhere(erik: Customer) -> None:
    shopper, order = begins(erik)
    page = shopper.steps(order, "quantities", one="10", next="1")
    assert page.status_code == 422
    assert "Nothing is added yet. Please choose at least one licence." in words(page)


def test_less_than_is_in_use_is_warned_of_and_possible(dana: Customer) -> None:
    dana.sets_up(endpoints=5, numbers=2)
    shopper, order = begins(dana)
    assert order.wanted == {"one": 2}, "the wizard starts at what covers the use"
    assert "less than you use now" not in words(shopper.opens("order_step", order.id, "quantities"))
    shopper.steps(order, "quantities", one="1")
    said = words(shopper.opens("order_step", order.id, "quantities"))
    assert "5 endpoints are set up, 3 would be covered." in said
    assert "2 phone numbers are in use, 1 would be covered." in said
    assert shopper.steps(order, "quantities", one="1", next="1").status_code == 302


def test_a_service_level_must_be_one_of_the_product(dana: Customer) -> None:
    shopper, order = begins(dana)
    shopper.steps(order, "quantities", one="1", next="1")
    page = shopper.steps(order, "service-level", service_level="gold", next="1")
    assert page.status_code == 422
    assert "Please choose one of the service levels." in words(page)
    live = shopper.sends("order_step", order.id, "service-level", live=True, service_level="business")
    assert "Every month, net 44.00 €" in words(live)


def test_a_wrong_address_is_said_field_by_field_and_stays(dana: Customer) -> None:
    shopper, order = begins(dana)
    shopper.walks_to_overview(order, one="1")
    wrong = {**ADDRESS, "company": " ", "postal_code": "123", "vat_id": "DE1"}
    page = shopper.steps(order, "billing-address", **wrong)
    said = words(page)
    assert page.status_code == 422
    assert "3 fields need another look." in said
    assert "A postal code in Germany has 5 digits." in said
    assert field(page, "postal_code") == "123"
    assert BillingAddress.objects.get().company == "Dana GmbH"


def test_who_may_order_but_not_manage_billing_sees_the_address_and_cannot_change_it(
    dana: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from switchroom.accounts import policy

    only_orders = frozenset({policy.Capability.SEE_SUBSCRIPTIONS, policy.Capability.ORDER})
    monkeypatch.setitem(policy.CAPABILITIES, Role.VIEWER, only_orders)
    colleague = User.objects.create_user("viewer@example.com")
    Member.objects.create(account=dana.account, user=colleague, role=Role.VIEWER, joined_on=dana.town.day)
    _shopper, order = begins(dana)
    shopper = Shopper(colleague)
    shopper.steps(order, "quantities", one="1", next="1")
    shopper.steps(order, "service-level", service_level="basic", next="1")
    page = shopper.opens("order_step", order.id, "billing-address")
    assert "Your role may not change this address." in words(page)
    assert 'name="company"' not in page.content.decode()
    answer = shopper.steps(order, "billing-address", **{**ADDRESS, "company": "Mine"})
    assert answer["Location"].endswith("/payment-method/")
    assert BillingAddress.objects.get().company == "Dana GmbH"
    BillingAddress.objects.all().delete()
    assert shopper.steps(order, "billing-address").status_code == 200
    assert "The billing address is missing" in words(shopper.opens("order_step", order.id, "billing-address"))


def test_a_step_out_of_reach_leads_to_the_first_that_is_missing(dana: Customer) -> None:
    shopper, order = begins(dana)
    for step in ("service-level", "billing-address", "payment-method", "overview"):
        answer = shopper.opens("order_step", order.id, step)
        assert answer["Location"] == f"/orders/{order.id}/quantities/"
    assert shopper.opens("order_step", order.id, "no-step").status_code == 404


def test_a_change_on_the_overview_comes_back_to_it(dana: Customer) -> None:
    shopper, order = begins(dana)
    shopper.walks_to_overview(order, one="1")
    assert shopper.steps(order, "quantities", one="2", next="1")["Location"].endswith("/overview/")


def test_a_draft_is_gone_on_with_from_any_device(dana: Customer) -> None:
    shopper, order = begins(dana)
    shopper.steps(order, "quantities", one="7", next="1")
    elsewhere = Shopper(dana.user)
    for answer in (
        elsewhere.opens("upgrade", dana.subscription_id),
        elsewhere.sends("upgrade", dana.subscription_id),
    ):
        assert answer["Location"] == f"/orders/{order.id}/service-level/"
    left = open_draft(dana.subscription.id, OrderKind.UPGRADE)
    assert left == order
    assert field(elsewhere.opens("order_step", order.id, "quantities"), "one") == "7"


def test_a_look_begins_nothing(dana: Customer) -> None:
    page = Shopper(dana.user).opens("upgrade", dana.subscription_id)
    assert "Choose quantities" in words(page)
    assert not Order.objects.exists()


def test_what_is_over_cannot_be_upgraded(dana: Customer) -> None:
    dana.cancels(at_once=True)
    shopper = Shopper(dana.user)
    for answer in (
        shopper.opens("upgrade", dana.subscription_id),
        shopper.sends("upgrade", dana.subscription_id),
    ):
        assert answer["Location"] == f"/subscriptions/{dana.subscription_id}/"
    assert not Order.objects.exists()


def test_a_cancelled_trial_is_told_that_the_purchase_withdraws(dana: Customer) -> None:
    dana.cancels()
    shopper, order = begins(dana)
    assert "The purchase withdraws the cancellation" in words(
        shopper.opens("order_step", order.id, "quantities")
    )


def test_a_cancelled_subscription_is_told_that_its_end_stays(erik: Customer) -> None:
    erik.cancels()
    shopper, order = begins(erik)
    said = words(shopper.opens("order_step", order.id, "quantities"))
    assert "What you add works until 31 May 2027 too; the end does not move." in said


def test_in_the_last_month_only_the_days_that_remain_are_charged(erik: Customer) -> None:
    erik.cancels()
    erik.town.sleeps_until("2027-05-17").run_day()
    shopper, order = begins(erik)
    shopper.steps(order, "quantities", one="14")
    said = words(shopper.opens("order_step", order.id, "quantities"))
    assert "4 × ONE licence × 15.00 € × 15 / 31 = 29.03 €" in said
    assert "Credit you get back 0.00 €" in said


def test_a_pending_reduction_is_told_beside_what_every_month_costs(erik: Customer) -> None:
    erik.town.sleeps_until("2027-06-03").run_day()
    erik.reduces_to(one=4)
    shopper, order = begins(erik)
    shopper.steps(order, "quantities", one="12", **{"extra-endpoint": "2"})
    said = words(shopper.opens("order_step", order.id, "quantities"))
    assert "A reduction is pending for 1 July 2027." in said
    assert "Every month, net 185.00 € from 1 July 2027 on 65.00 €, by the pending reduction" in said


def test_a_foreign_order_is_not_there(dana: Customer) -> None:
    _shopper, order = begins(dana)
    stranger = Shopper(dana.town.customer("Bob").user)
    for route, more in (("order_step", ["quantities"]), ("order_confirmation", []), ("contract_summary", [])):
        assert stranger.opens(route, order.id, *more).status_code == 404
    assert stranger.sends("purchase", order.id, quote="x").status_code == 404
    assert stranger.sends("discard_order", order.id).status_code == 404
    assert stranger.sends("upgrade", dana.subscription_id).status_code == 404


def test_a_role_without_ordering_is_told_so(dana: Customer) -> None:
    _shopper, order = begins(dana)
    colleague = User.objects.create_user("tech@example.com")
    Member.objects.create(account=dana.account, user=colleague, role=Role.TECHNICAL, joined_on=dana.town.day)
    shopper = Shopper(colleague)
    assert shopper.opens("order_step", order.id, "quantities").status_code == 403
    assert shopper.sends("upgrade", dana.subscription_id).status_code == 403


def test_twelve_queries_are_enough_also_with_many_subscriptions(dana: Customer) -> None:
    first = dana.subscription_id
    for number in range(6):
        dana.starts_trial(f"Branch {number}").grows_to(one=2)
    dana.subscription_id = first
    dana.sets_up(endpoints=5)
    shopper, order = begins(dana)
    shopper.walks_to_overview(order, one="3")
    for step in ("quantities", "service-level", "billing-address", "payment-method", "overview"):
        assert shopper.opens("order_step", order.id, step).status_code == 200
