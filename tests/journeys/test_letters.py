"""Who is written to when something happens, in which language, and what the letter says. Each letter once."""

from __future__ import annotations

import re
from email.message import EmailMessage

from django.db import transaction

from switchroom.accounts.models import BillingAddress, Member, Role, User
from switchroom.billing.models import Invoice
from switchroom.catalog.file import shipped_catalogue
from switchroom.journeys import letters
from switchroom.phonesystems.backups import make_backup, note_download
from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.numbers import add_stock, take_number
from switchroom.plumbing import clock, outbox
from switchroom.subscriptions.models import Cancellation
from tests.cast import Customer, Town, letters_sent

ONE_MONTH_TERM = ("term_months = 12 ", "term_months = 1 ")
BASE = "http://localhost:8000"


def colleague(customer: Customer, name: str, role: Role, *, language: str = "en") -> User:
    """A member of the customer's account with a role."""
    user = User.objects.create_user(f"{name.lower()}@example.com", full_name=name, language=language)
    Member.objects.create(account=customer.account, user=user, role=role, joined_on=customer.town.day)
    return user


def sent(subject: str) -> list[EmailMessage]:
    """The letters so far whose subject begins so; a long one may be folded before its first word."""
    return [letter for letter in letters_sent() if letter["Subject"].lstrip().startswith(subject)]


def readers(subject: str) -> list[str]:
    """Whom they went to, by the first name in the address."""
    return sorted(str(letter["To"]).partition("@")[0] for letter in sent(subject))


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\u00a0", " ")


def text(subject: str) -> str:
    """The words of the one letter whose subject begins so."""
    (letter,) = sent(subject)
    return text_of(letter)


def short_term(town: Town) -> Town:
    """The catalogue with a term of one month, so that a life is short."""
    return town.sells(shipped_catalogue().replace(*ONE_MONTH_TERM))


def test_it_welcomes_the_member_who_starts_a_trial_and_nobody_else(town: Town) -> None:
    dana = town.customer("Dana")
    colleague(dana, "Bob", Role.OWNER)
    dana.starts_trial("Praxis")
    assert readers("Your phone system Praxis is ready") == ["dana"]
    welcome = text("Your phone system Praxis is ready")
    assert "yours to try until the end of 1 July 2026" in welcome
    assert "Its SIP domain is praxis.phones.example.com." in welcome
    assert "- 5 trunk lines: so many external calls can run at once" in welcome
    assert "on 2 July 2026 the phone system is switched off, and on 16 July 2026 it is deleted" in welcome
    assert f"{BASE}/subscriptions/{dana.subscription.id}/" in welcome
    assert f"{BASE}/phone-systems/{dana.subscription.id}/" in welcome


def test_it_acknowledges_an_order_with_all_that_the_law_asks(town: Town) -> None:
    dana = town.customer("Dana")
    colleague(dana, "Bob", Role.BILLING)
    colleague(dana, "Tess", Role.TECHNICAL)
    colleague(dana, "Vera", Role.VIEWER)
    town.on("2026-06-16")
    dana.grows_to(one=4, business=True)
    assert readers("Your order for Dana") == ["bob", "dana"]
    receipt = text_of(sent("Your order for Dana")[0])
    assert "we have received your order of 16 June 2026 at 12:00 for the phone system Dana" in receipt
    assert "- 4 × ONE licence at 15.00 € = 60.00 €" in receipt
    assert "- 1 × Business at 29.00 € = 29.00 €" in receipt
    assert "- 89.00 € net, and 19 % VAT: 16.91 €" in receipt
    assert "- in all 105.91 €" in receipt
    assert "you get a credit of 44.50 € net" in receipt
    assert "Every full month the subscription then costs 89.00 € net" in receipt
    assert "The minimum term lasts until the end of 30 June 2027. You can cancel at any time" in receipt


def test_an_order_on_a_cancelled_subscription_says_that_the_end_stays(town: Town) -> None:
    dana = short_term(town).customer("Dana").grows_to(one=1)
    town.on("2026-06-10")
    dana.cancels().adds(one=2)
    first, second = (text_of(letter) for letter in sent("Your order for Dana"))
    assert "You can cancel at any time" in first
    assert "This order does not change that: the last day is 30 June 2026." in second
    assert "credit" not in second


def test_a_follow_up_is_acknowledged_as_one_that_begins_later(town: Town) -> None:
    dana = short_term(town).customer("Dana").grows_to(one=4)
    town.on("2026-06-10")
    dana.cancels().follows_up_with(one=2)
    receipt = text_of(sent("Your order for Dana")[-1])
    assert "It takes over the phone system name Dana on 1 July 2026" in receipt
    assert "Nothing is due now. The first invoice is issued on 1 July 2026:" in receipt
    assert "until the end of 31 July 2026" in receipt


def test_an_invoice_goes_to_all_who_pay_and_to_the_invoice_address_once(town: Town) -> None:
    dana = town.customer("Dana")
    colleague(dana, "Bob", Role.BILLING)
    colleague(dana, "Tess", Role.TECHNICAL)
    BillingAddress.objects.filter(account=dana.account).update(invoice_email="Books@example.com")
    dana.grows_to(one=1)
    assert readers("Invoice R-2026-000001") == ["Books", "bob", "dana"]
    BillingAddress.objects.filter(account=dana.account).update(invoice_email="Bob@example.com")
    town.on("2026-07-01")
    assert readers("Invoice R-2026-000002") == ["bob", "dana"]


def test_an_invoice_is_told_with_its_sums_and_credits(town: Town) -> None:
    town.on("2026-06-16")
    dana = town.customer("Dana").grows_to(one=4)
    assert "the invoice R-2026-000001 for your order of 16 June 2026 is ready" in text(
        "Invoice R-2026-000001: 71.40"
    )
    town.on("2026-07-01")
    monthly = text("Invoice R-2026-000002: 35.70")
    assert "your invoice R-2026-000002 for July 2026 is ready" in monthly
    assert "- credits used: 30.00 € net, already taken off below" in monthly
    assert "- 30.00 € net, and 19 % VAT: 5.70 €" in monthly
    assert "Please transfer 35.70 € by 15 July 2026 and name R-2026-000002." in monthly
    invoice = Invoice.objects.get(account=dana.account, reference="R-2026-000002")
    assert f"{BASE}/invoices/{invoice.id}/" in monthly


def test_an_invoice_that_credits_cover_asks_for_no_money(town: Town) -> None:
    dana = short_term(town).customer("Dana").starts_trial("Office").grows_to(one=1)
    dana.starts_trial("Shop").grows_to(one=1).cancels()
    town.on("2026-06-30")
    dana.adds(one=10)  # the shop ends today; its credit is used by the office
    town.on("2026-07-01")
    covered = text("Invoice R-2026-000004: 0.00")
    assert "- credits used: 15.00 € net" in covered
    assert "There is nothing to pay: your credits cover this invoice." in covered
    assert "Please transfer" not in covered


def test_everybody_is_written_to_in_their_own_language(town: Town) -> None:
    dana = town.customer("Dana", language="de")
    colleague(dana, "Bob", Role.BILLING)
    town.on("2026-06-16")
    dana.grows_to(one=100)
    by_reader = {
        str(letter["To"]): text_of(letter) for letter in letters_sent() if "R-2026" in letter["Subject"]
    }
    assert "1.785,00 €" in by_reader["dana@example.com"]
    assert "30. Juni 2026" in by_reader["dana@example.com"]
    assert "1,785.00 €" in by_reader["bob@example.com"]
    assert "30 June 2026" in by_reader["bob@example.com"]


def test_it_confirms_a_cancellation_with_day_and_time(town: Town) -> None:
    dana = town.customer("Dana").grows_to(one=1)
    colleague(dana, "Bob", Role.BILLING)
    colleague(dana, "Tess", Role.TECHNICAL)
    dana.cancels()
    assert readers("Your cancellation of Dana") == ["dana", "tess"]
    confirmed = text_of(sent("Your cancellation of Dana: the last day is 31 May 2027")[0])
    assert "We received it on 1 June 2026 at 12:00." in confirmed
    assert "It takes effect on 1 June 2027: the last day of your subscription is 31 May 2027." in confirmed
    assert "Until the end of 31 May 2027 everything works as before" in confirmed
    assert "On 1 June 2027 the phone system is irrevocably deleted" in confirmed
    assert "Please make a backup before" in confirmed


def test_the_member_who_cancels_hears_of_it_whatever_the_role(town: Town) -> None:
    dana = town.customer("Dana").grows_to(one=1)
    bob = colleague(dana, "Bob", Role.BILLING)
    owner, dana.user = dana.user, bob
    dana.cancels()
    assert owner != bob
    assert readers("Your cancellation of Dana") == ["bob", "dana"]


def test_a_trial_that_is_cancelled_at_once_is_over_at_once(town: Town) -> None:
    town.customer("Dana").starts_trial().cancels(at_once=True)
    confirmed = text("Your cancellation of Dana")
    assert "It takes effect at once. The phone system is switched off and, on 1 June 2026" in confirmed
    assert "withdraw" not in confirmed
    assert "because its subscription was cancelled and is over" in text("The phone system Dana is deleted")


def test_it_confirms_that_a_cancellation_is_withdrawn(town: Town) -> None:
    erik = town.customer("Erik").starts_trial()
    dana = town.customer("Dana").grows_to(one=1)
    for customer in (erik, dana):
        customer.cancels().withdraws()
    assert "Your trial goes on until the end of 1 July 2026." in text("Erik goes on")
    assert "at the same price and with the same term" in text("Dana goes on")


def test_it_confirms_a_reduction_and_tells_when_it_bites(town: Town) -> None:
    dana = short_term(town).customer("Dana").grows_to(one=3, extra_endpoint=2)
    colleague(dana, "Bob", Role.BILLING)
    colleague(dana, "Tess", Role.TECHNICAL)
    town.on("2026-07-10")
    dana.reduces_to(one=1)
    assert readers("Reduction of Dana on 1 August 2026") == ["bob", "dana"]
    entered = text_of(sent("Reduction of Dana")[0])
    assert "- ONE licence: from 3 to 1" in entered
    assert "extra endpoint" not in entered.lower()
    assert "From 1 August 2026 on a month costs 20.00 € net." in entered
    assert "Until the end of 31 July 2026 nothing changes" in entered
    town.on("2026-08-01")
    assert readers("The reduction of Dana is in effect") == ["bob", "dana", "tess"]
    done = text_of(sent("The reduction of Dana is in effect")[0])
    assert "took effect on 1 August 2026" in done
    assert "- 1 × ONE licence\n- 2 × Extra endpoint\n" in done
    assert "A month now costs 20.00 € net." in done
    assert "All your devices and numbers go on working." in done


def test_a_reduction_that_leaves_too_much_set_up_says_what_waits(town: Town) -> None:
    dana = short_term(town).customer("Dana").grows_to(one=2)
    phone_system = dana.phone_system
    assert phone_system is not None
    for number in range(5):
        add_endpoint(phone_system=phone_system, name=f"Desk {number}", extension=f"1{number}", at=clock.now())
    town.on("2026-07-10")
    dana.reduces_to(one=1)
    town.on("2026-08-01")
    done = text("The reduction of Dana is in effect")
    assert "Nothing was removed" in done
    assert "- 2 endpoints, which can make emergency calls only" in done
    assert f"{BASE}/phone-systems/{dana.subscription.id}/" in done


def test_a_trial_that_runs_out_is_announced_twice_switched_off_and_deleted(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    town.on("2026-07-20")
    assert dana.mails == [
        "2026-06-01 Your phone system Dana is ready",
        "2026-06-25 Dana: the last day of the trial is 1 July 2026",
        "2026-07-01 Dana: the last day of the trial is 1 July 2026",
        "2026-07-02 The trial of Dana is over",
        "2026-07-09 Dana will be deleted on 16 July 2026",
        "2026-07-15 Dana will be deleted on 16 July 2026",
        "2026-07-16 The phone system Dana is deleted",
    ]
    week, day = (text_of(letter) for letter in sent("Dana: the last day of the trial"))
    assert "You have 7 days left, today included. On 2 July 2026" in week
    assert "That is today. On 2 July 2026" in day
    assert "We keep all its settings until 16 July 2026" in text("The trial of Dana is over")
    assert "because its trial was over and it had not been upgraded" in text(
        "The phone system Dana is deleted"
    )


def test_reminders_say_whether_there_is_a_backup_newer_than_the_last_change(town: Town) -> None:
    dana = short_term(town).customer("Dana").grows_to(one=1)
    dana.cancels()
    phone_system = dana.phone_system
    assert phone_system is not None
    town.on("2026-06-23")
    backup = make_backup(phone_system=phone_system, user=dana.user, at=clock.now())
    note_download(backup=backup, user=dana.user, at=clock.now())
    town.on("2026-06-24")
    add_endpoint(phone_system=phone_system, name="Desk", extension="10", at=clock.now())
    town.on("2026-06-30")
    week, day = (text_of(letter) for letter in sent("Dana: the last day is 30 June 2026"))
    assert "You have a backup that is newer than your last change." in week
    assert "You have no backup that is newer than your last change." in day
    assert "you can withdraw the cancellation until the end of 30 June 2026" in day
    assert "smaller subscription" in day


def test_it_reminds_of_an_end_thirty_seven_and_one_day_before(town: Town) -> None:
    short_term(town).on("2026-06-02")
    dana = town.customer("Dana").grows_to(one=1).cancels()
    town.on("2026-08-02")
    reminder = "Dana: the last day is 31 July 2026"
    reminders = [mail for mail in dana.mails if mail.partition(" ")[2] == reminder]
    assert reminders == [f"2026-07-02 {reminder}", f"2026-07-25 {reminder}", f"2026-07-31 {reminder}"]


def test_a_reminder_does_not_offer_what_an_ordered_follow_up_rules_out(town: Town) -> None:
    dana = short_term(town).customer("Dana").grows_to(one=3)
    dana.cancels().follows_up_with(one=1)
    town.on("2026-07-01")
    reminder = text_of(sent("Dana: the last day is 30 June 2026")[0])
    assert "takes over on 1 July 2026, with the same name and phone numbers" in reminder
    assert "withdraw" not in reminder
    assert "has taken over its name and its phone numbers" in text("The phone system Dana is deleted")


def test_a_deletion_is_told_with_all_that_is_gone(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    phone_system = dana.phone_system
    assert phone_system is not None
    add_stock(numbers=["030 23125001"], area="Berlin")
    add_endpoint(phone_system=phone_system, name="Desk", extension="10", at=clock.now())
    take_number(phone_system=phone_system, at=clock.now())
    make_backup(phone_system=phone_system, user=dana.user, at=clock.now())
    make_backup(phone_system=phone_system, user=dana.user, at=clock.now())
    dana.cancels(at_once=True)
    deleted = text("The phone system Dana is deleted")
    assert "- 1 endpoint and its password\n" in deleted
    assert "- the assignment of 1 phone number\n" in deleted
    assert "- 2 backups\n" in deleted
    assert "The phone numbers rest until 30 August 2026." in deleted


def test_an_account_without_suitable_members_stops_nothing(town: Town) -> None:
    dana = short_term(town).customer("Dana").grows_to(one=1)
    dana.cancels()
    User.objects.filter(id=dana.user.id).update(is_active=False)
    before = len(letters_sent())
    town.on("2026-07-05")
    assert len(letters_sent()) == before
    assert dana.phone_system is None


def test_an_invoice_address_gets_its_letter_when_nobody_else_can(town: Town) -> None:
    dana = town.customer("Dana").grows_to(one=1)
    User.objects.filter(id=dana.user.id).update(is_active=False)
    BillingAddress.objects.filter(account=dana.account).update(invoice_email="books@example.com")
    town.on("2026-07-01")
    assert readers("Invoice R-2026-000002") == ["books"]


def test_the_same_letter_is_never_sent_twice(town: Town) -> None:
    dana = town.customer("Dana").grows_to(one=1)
    dana.cancels()
    before = len(letters_sent())
    cancellation = Cancellation.objects.get(subscription=dana.subscription)
    with transaction.atomic():
        letters.cancellation_confirmed(dana.subscription, cancellation, user=dana.user)
        letters.invoice_issued(Invoice.objects.get(account=dana.account))
        letters.trial_started(dana.subscription, user=dana.user)
    outbox.drain()
    assert len(letters_sent()) == before


def test_no_letter_shows_its_own_making(town: Town) -> None:
    """A whole life in both languages: no empty place, no sign of a template, no gap in the text."""
    short_term(town)
    lives = [town.customer("Dana", language="de"), town.customer("Erik")]
    town.customer("Otto").starts_trial()
    for life in lives:
        life.grows_to(one=3)
    town.on("2026-07-10")
    for life in lives:
        life.reduces_to(one=2).cancels().withdraws().cancels().follows_up_with(one=1)
    town.on("2026-08-02")
    sent_letters = letters_sent()
    assert len(sent_letters) > 30
    for letter in sent_letters:
        words = text_of(letter)
        assert not re.search(r"\{\{|\{%|None|&amp;|&#", f"{letter['Subject']}\n{words}")
        assert "\n\n\n" not in words
        assert not re.search(r"[ \t]\n|  ", words)
        assert words.startswith("Hello ") or letter["To"] == "dana@example.com"
        assert words.rstrip().endswith("Switchroom Demo Telecom GmbH")
        page = letter.get_body(("html",))
        assert page is not None
        assert "{{" not in page.get_content()
