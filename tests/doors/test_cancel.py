"""Leaving, at its door: what the page says before the click, and what can be done after it (rule 7)."""

from __future__ import annotations

import pytest

from switchroom.accounts.models import Member, Role, User
from switchroom.phonesystems.backups import note_download
from switchroom.phonesystems.models import Backup, PhoneSystem
from switchroom.plumbing import clock
from switchroom.subscriptions.models import Cancellation
from tests.cast import Customer, Town
from tests.doors.store import Shopper, effects_happen, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def farah(town: Town) -> Customer:
    """Farah in her term, since 1 June 2026, with a credit of 30.00 from 16 June 2026, which is today."""
    farah = town.on("2026-06-01").customer("Farah").grows_to(one=10)
    town.on("2026-06-16")
    return farah.grows_to(one=14).sets_up(endpoints=2, numbers=1)


def test_before_the_click_it_says_the_day_the_money_and_what_is_deleted(farah: Customer) -> None:
    page = Shopper(farah.user).opens("cancel", farah.subscription_id)
    said = words(page)
    for sentence in (
        "Until when everything works 31 May 2027",
        "11 months left, net 2,310.00 €",
        "July 2026: 210.00 €",
        "May 2027: 210.00 €",
        "Credits that will be used −30.00 €",
        "Still to pay, with VAT 2,713.20 €",
        "No credit is lost.",
        "On 1 June 2027 the phone system is deleted for good",
        "Endpoints 2",
        "10 Desk 10",
        "Phone numbers 1",
        "Backups 0",
        "You have no backup yet",
        "Cancel as of 31 May 2027",
    ):
        assert sentence in said, sentence
    assert f'href="/phone-systems/{farah.subscription_id}/backups/download/"' in page.content.decode()


def test_the_credits_that_will_be_lost_are_named_with_their_sum(farah: Customer) -> None:
    farah.town.sleeps_until("2027-05-10").run_day()
    farah.grows_to(one=20)
    said = words(Shopper(farah.user).opens("cancel", farah.subscription_id))
    assert "Nothing more: this month is charged already, and it is the last one." in said
    assert "26.13 € of your credits can no longer be used" in said


def test_another_subscription_that_goes_on_saves_the_credits(farah: Customer) -> None:
    first = farah.subscription_id
    farah.starts_trial("Branch").grows_to(one=1)
    farah.subscription_id = first
    said = words(Shopper(farah.user).opens("cancel", farah.subscription_id))
    assert "No credit is lost." in said
    assert "11 months left, net 2,310.00 €" in said, "of this subscription alone"
    assert "Still to pay" not in said, "the invoices hold both"


def test_the_click_cancels_and_the_page_says_what_can_be_done(farah: Customer) -> None:
    shopper = Shopper(farah.user)
    answer = shopper.sends("cancel", farah.subscription_id)
    assert answer["Location"] == f"/subscriptions/{farah.subscription_id}/cancel/"
    page = shopper.opens("cancel", farah.subscription_id)
    said = words(page)
    assert "Farah is cancelled" in said
    assert "Everything works until 31 May 2027" in said
    assert "Cancelled on 16 June 2026 at 12:00." in said
    for button in (
        "Withdraw the cancellation",
        "Take out a follow-up subscription",
        "Download the confirmation",
        "Download a backup",
    ):
        assert button in said


def test_the_confirmation_can_be_downloaded_with_day_and_time(farah: Customer) -> None:
    shopper = Shopper(farah.user)
    assert shopper.opens("cancellation_confirmation", farah.subscription_id).status_code == 404
    shopper.sends("cancel", farah.subscription_id)
    answer = shopper.opens("cancellation_confirmation", farah.subscription_id)
    assert answer["Content-Disposition"] == 'attachment; filename="cancellation-2026-06-16.txt"'
    assert "Cancellation received: 16 June 2026 at 12:00" in answer.content.decode()


def test_a_second_cancellation_is_refused_with_its_day(farah: Customer) -> None:
    shopper = Shopper(farah.user)
    shopper.sends("cancel", farah.subscription_id)
    page = shopper.sends("cancel", farah.subscription_id)
    assert page.status_code == 422
    assert "This subscription is already cancelled; it ends before 1 June 2027." in words(page)
    assert Cancellation.objects.count() == 1


def test_it_can_be_withdrawn_until_it_takes_effect(farah: Customer) -> None:
    shopper = Shopper(farah.user)
    shopper.sends("cancel", farah.subscription_id)
    answer = shopper.sends("withdraw_cancellation", farah.subscription_id)
    assert answer["Location"] == f"/subscriptions/{farah.subscription_id}/"
    assert farah.promise.cancellation is None
    shopper.sends("withdraw_cancellation", farah.subscription_id)
    said = words(shopper.opens("cancel", farah.subscription_id))
    assert "This subscription is not cancelled, so there is nothing to withdraw." in said


def test_the_state_of_the_backup_is_told(farah: Customer) -> None:
    shopper = Shopper(farah.user)
    shopper.sends("backups", farah.subscription_id)
    assert "You have no backup yet" in words(shopper.opens("cancel", farah.subscription_id)), "ours end too"
    note_download(backup=Backup.objects.get(), at=clock.now(), user=farah.user)
    assert "holds the latest change" in words(shopper.opens("cancel", farah.subscription_id))
    farah.town.on("2026-06-17")
    farah.sets_up(endpoints=1)
    assert "Your backup is out of date" in words(shopper.opens("cancel", farah.subscription_id))


def test_a_trial_ends_at_its_end_unless_at_once_is_chosen(town: Town) -> None:
    dana = town.on("2026-06-01").customer("Dana").starts_trial()
    shopper = Shopper(dana.user)
    said = words(shopper.opens("cancel", dana.subscription_id))
    assert "Nothing. A trial costs nothing." in said
    assert "At the end of the trial, on 1 July 2026" in said
    assert "Switched off and deleted now, this very moment." in said
    shopper.sends("cancel", dana.subscription_id, when="at_end")
    assert str(dana.promise.ends_on) == "2026-07-02"
    assert "follow-up" not in words(shopper.opens("cancel", dana.subscription_id))


def test_a_trial_cancelled_at_once_is_gone(town: Town) -> None:
    dana = town.on("2026-06-01").customer("Dana").starts_trial()
    shopper = Shopper(dana.user)
    shopper.sends("cancel", dana.subscription_id, when="at_once")
    effects_happen()
    assert not PhoneSystem.objects.exists()
    page = shopper.opens("cancel", dana.subscription_id)
    said = words(page)
    assert "deleted for good on 1 June 2026" in said
    assert "/deletions/" in page.content.decode()
    assert "Withdraw" not in said
    assert shopper.sends("cancel", dana.subscription_id).status_code == 422


def test_an_expired_trial_can_be_deleted_before_its_grace_is_over(town: Town) -> None:
    dana = town.on("2026-06-01").customer("Dana").starts_trial()
    town.sleeps_until("2026-07-04").run_day()
    shopper = Shopper(dana.user)
    assert "Delete now" in words(shopper.opens("cancel", dana.subscription_id))
    shopper.sends("cancel", dana.subscription_id)
    assert not PhoneSystem.objects.exists()


def test_after_the_term_it_ends_with_the_month(farah: Customer) -> None:
    farah.town.sleeps_until("2027-06-10").run_day()
    said = words(Shopper(farah.user).opens("cancel", farah.subscription_id))
    assert "Cancel as of 30 June 2027" in said


def test_only_who_may_order_cancels_and_only_her_own(farah: Customer) -> None:
    colleague = User.objects.create_user("tech@example.com")
    Member.objects.create(
        account=farah.account, user=colleague, role=Role.TECHNICAL, joined_on=farah.town.day
    )
    assert Shopper(colleague).opens("cancel", farah.subscription_id).status_code == 403
    assert Shopper(colleague).sends("cancel", farah.subscription_id).status_code == 403
    stranger = Shopper(farah.town.customer("Bob").user)
    assert stranger.opens("cancel", farah.subscription_id).status_code == 404
    assert stranger.sends("cancel", farah.subscription_id).status_code == 404
    assert stranger.sends("withdraw_cancellation", farah.subscription_id).status_code == 404
    assert stranger.opens("cancellation_confirmation", farah.subscription_id).status_code == 404
    assert not Cancellation.objects.exists()
