"""My subscriptions: the cards, the coming bills, opening an account, choosing one, starting a trial."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from switchroom.accounts.models import Account, Member, Role, User
from switchroom.accounts.opening import open_account
from switchroom.subscriptions.models import Subscription
from tests.cast import Customer, Town
from tests.doors.store import Shopper, begins, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(town: Town) -> Customer:
    """Dana on day 12 of her trial."""
    dana = town.on("2026-06-10").customer("Dana").starts_trial()
    town.on("2026-06-22")
    return dana


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik with ten licences since 1 June, four more since the 16th: rule 5.2's example."""
    erik = town.on("2026-06-01").customer("Erik").grows_to(one=10)
    town.on("2026-06-16")
    return erik.grows_to(one=14)


def colleague(customer: Customer, role: Role) -> User:
    user = User.objects.create_user(f"{role}@example.com", full_name=f"The {role} one")
    Member.objects.create(account=customer.account, user=user, role=role, joined_on=customer.town.day)
    return user


def test_a_trial_stands_with_its_days_and_one_button(dana: Customer) -> None:
    said = words(Shopper(dana.user).opens("subscriptions"))
    assert "Dana Trial, 18 days left" in said
    assert "Trunk lines up to 5 at once Endpoints 0 of 10 Phone numbers 0 of 2" in said
    assert "Free until 10 July 2026, then it is switched off unless you upgrade." in said
    assert "Upgrade" in said
    assert "Your next twelve bills" not in said


def test_the_bar_at_the_bottom_says_phones_where_the_name_would_wrap(dana: Customer) -> None:
    page = Shopper(dana.user).opens("subscriptions").content.decode()
    side, bottom = page.split('<nav class="side"')[1].split('<nav class="bottom"')
    assert "Phone systems" in side
    assert "<span>Phones</span>" in bottom
    assert "Phone systems" not in bottom.split("</nav>")[0]


def test_what_is_not_there_is_said_within_the_frame_to_whoever_is_signed_in(dana: Customer) -> None:
    answer = Shopper(dana.user).client.get("/nowhere/")
    assert answer.status_code == 404
    said = words(answer)  # type: ignore[arg-type]  # the client's response
    assert "There is nothing at this address" in said
    assert "Subscriptions Phone systems Credits Invoices Members Account" in said
    stranger = Client().get("/nowhere/")
    assert stranger.status_code == 404
    said = words(stranger)  # type: ignore[arg-type]  # the client's response
    assert "There is nothing at this address" in said
    assert "Credits" not in said


def test_the_coming_bills_use_the_credit_once(erik: Customer) -> None:
    said = words(Shopper(erik.user).opens("subscriptions"))
    assert "Erik Active" in said
    assert "210.00 € a month, net" in said
    first, later = (Decimal(180) * Decimal("1.19"), Decimal(210) * Decimal("1.19"))
    assert f"July 2026 {first:.2f} € August 2026 {later:.2f} €" in said
    assert f"June 2027 {later:.2f} €" in said
    assert "30.00 € net, used on your next monthly invoice" in said


def test_an_order_that_was_left_is_continued(erik: Customer) -> None:
    shopper, _order = begins(erik)
    assert "Continue your order" in words(shopper.opens("subscriptions"))


def test_a_cancelled_one_offers_to_withdraw_and_bills_end(erik: Customer) -> None:
    erik.cancels()
    erik.town.on("2027-05-20")
    said = words(Shopper(erik.user).opens("subscriptions"))
    assert "Erik Ends 31 May 2027" in said
    assert "Withdraw or follow up" in said
    assert "As things stand, nothing more will be billed." in said
    erik.town.on("2027-06-01")
    said = words(Shopper(erik.user).opens("subscriptions"))
    assert "What has ended (1)" in said
    assert "Deleted for good on 1 June 2027." in said
    assert "No phone system yet" in said


@pytest.mark.parametrize(
    ("role", "sees_bills", "button"),
    [
        (Role.BILLING, True, "Upgrade"),
        (Role.TECHNICAL, False, "Set up phones"),
        (Role.VIEWER, False, "See the phones"),
    ],
)
def test_each_role_sees_what_it_may(erik: Customer, role: Role, sees_bills: bool, button: str) -> None:
    said = words(Shopper(colleague(erik, role)).opens("subscriptions"))
    assert button in said
    assert ("Your next twelve bills" in said) is sees_bills
    assert ("Start a trial" in said) is sees_bills


def test_who_has_no_account_is_led_to_open_one_and_twice_is_once(town: Town) -> None:
    town.on("2026-06-01")
    shopper = Shopper(User.objects.create_user("alice@example.com", full_name="Alice"))
    assert shopper.opens("subscriptions")["Location"] == "/accounts-of-mine/open/"
    assert shopper.opens("open_account").status_code == 200
    refused = shopper.sends("open_account", name="   ")
    assert refused.status_code == 422
    assert "Please enter the name of your company." in words(refused)
    for _ in range(2):
        assert shopper.sends("open_account", name="Alpha GmbH")["Location"] == "/"
    assert Account.objects.get().name == "Alpha GmbH"
    assert "No phone system yet" in words(shopper.opens("subscriptions"))


def test_a_person_acts_for_the_account_that_was_chosen(erik: Customer) -> None:
    dana = erik.town.customer("Dana")
    other = open_account(user=erik.user, name="Zeta GmbH", day=erik.town.day)
    shopper = Shopper(erik.user)
    assert "Erik Active" in words(shopper.opens("subscriptions"))
    assert shopper.sends("choose_account", account=str(other.id)).status_code == 302
    assert "No phone system yet" in words(shopper.opens("subscriptions"))
    for foreign in (dana.account.id, "nonsense"):
        assert shopper.sends("choose_account", account=str(foreign)).status_code == 404


def test_a_trial_starts_by_a_name_and_what_was_typed_stays(dana: Customer) -> None:
    shopper = Shopper(dana.user)
    assert "30 days" in words(shopper.opens("start_trial"))
    refused = shopper.sends("start_trial", name="Dana")
    assert refused.status_code == 422
    assert "The name “Dana” is already taken. “Dana 2” is free." in words(refused)
    assert 'value="Dana"' in refused.content.decode()
    answer = shopper.sends("start_trial", name="Dana 2")
    started = Subscription.objects.get(name="Dana 2")
    assert answer["Location"] == f"/subscriptions/{started.id}/"


def test_thirty_subscriptions_ask_no_more_than_one(erik: Customer) -> None:
    for number in range(30):
        erik.starts_trial(f"Place {number}")
    page = Shopper(erik.user).opens("subscriptions")
    assert page.content.decode().count('id="subscription-') == 31
