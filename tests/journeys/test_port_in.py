"""A member brings numbers from another provider, from the wish to their coming; what the letters say, and
what an end, a follow-up or a smaller order on the way does to it (rules 7.5, 7.6, 7.8 and 8.3).
"""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from switchroom.accounts.models import Member, Role, User
from switchroom.journeys import port_in as porting_in
from switchroom.journeys.audit import run_audit
from switchroom.phonesystems import documents, stored
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.models import DeletionRecord
from switchroom.phonesystems.port_ins import PortIn, PortInState
from switchroom.plumbing import clock, outbox
from switchroom.rules.refusals import Refused
from tests.cast import Customer, Town
from tests.journeys.bringing import act, brings, come, confirmed_for_today, wish_of
from tests.journeys.test_letters import colleague, readers, text
from tests.phonesystems.papers import PDF

LINK = "http://localhost:8000/phone-systems/{}/"


def numbers_of(customer: Customer) -> list[str]:
    assert customer.phone_system is not None
    return [number.e164 for number in customer.phone_system.numbers.all()]


def test_erik_brings_his_numbers(town: Town) -> None:
    erik = town.customer("Erik").grows_to(one=4).sets_up(numbers=1)
    port_in = brings(erik, "040 98765001 – 02")
    town.on("2026-06-03")
    porting_in.hand_in(act(), port_in_id=port_in.id)
    porting_in.confirm(act(), port_in_id=port_in.id, on=date(2026, 6, 4))
    town.on("2026-06-04")
    come(port_in)
    assert numbers_of(erik) == ["+493023125000", "+494098765001", "+494098765002"]
    assert erik.story[-4:] == [
        "2026-06-01 +494098765001, +494098765002 asked for from Altnetz AG",
        "2026-06-03 +494098765001, +494098765002 handed in",
        "2026-06-03 +494098765001, +494098765002 confirmed for 2026-06-04",
        "2026-06-04 +494098765001, +494098765002 have come",
    ]
    assert [mail for mail in erik.mails if "number" in mail or "handed" in mail] == [
        "2026-06-01 We have your order to bring numbers from Altnetz AG",
        "2026-06-03 Your order is handed in to Altnetz AG",
        "2026-06-03 Your numbers come on 4 June 2026",
        "2026-06-04 Your numbers have come to Erik",
    ]
    town.closes_its_books()


def test_operators_who_see_to_it_hear_of_what_members_ask(town: Town, client: Client) -> None:
    """Each in the own language; who may only look, or works here no more, gets no letter."""
    otto, petra, paul, vera = (
        User.objects.create_user(
            f"{name}@example.com", full_name=name.title(), is_staff=True, language=language
        )
        for name, language in (("otto", "en"), ("petra", "de"), ("paul", "en"), ("vera", "en"))
    )
    rights = Permission.objects.filter(content_type__app_label="phonesystems", content_type__model="portin")
    for one in (otto, petra, paul):
        one.user_permissions.add(*rights.filter(codename__in=["view_portin", "change_portin"]))
    vera.user_permissions.add(rights.get(codename="view_portin"))
    User.objects.filter(pk=paul.pk).update(is_active=False)
    erik = town.customer("Erik").grows_to(one=4)
    port_in = brings(erik, "040 98765001 – 02")
    assert readers("Erik GmbH wants to bring numbers from Altnetz AG") == ["otto"]
    assert readers("Erik GmbH möchte Rufnummern von Altnetz AG mitbringen") == ["petra"]
    said = text("Erik GmbH wants to bring numbers from Altnetz AG")
    assert f"{erik.account} wants to bring these numbers from Altnetz AG to Erik, if possible on" in said
    assert "- +49 40 98765001\n- +49 40 98765002\n" in said
    page = f"{reverse('admin:phonesystems_portin_changelist')}?id__exact={port_in.id}"
    assert f"http://localhost:8000{page}\n" in said
    client.force_login(otto)  # the steps stand above the list, and in it the order to download
    row = client.get(page).content.decode()
    assert row.count('name="_selected_action"') == 1
    assert reverse("admin:phonesystems_portin_document", args=[port_in.id]) in row
    porting_in.withdraw(wish_of(erik), port_in_id=port_in.id)
    outbox.drain()
    assert readers("Erik GmbH leaves its numbers with Altnetz AG") == ["otto"]
    assert "If it is handed in already, tell Altnetz AG:" in text("Erik GmbH leaves its numbers")
    assert readers("Erik GmbH lässt seine Rufnummern bei Altnetz AG") == ["petra"]


def test_the_letters_go_to_those_who_look_after_the_phones(town: Town) -> None:
    dana = town.customer("Dana")
    colleague(dana, "Olaf", Role.OWNER)
    colleague(dana, "Tess", Role.TECHNICAL)
    colleague(dana, "Bob", Role.BILLING)
    colleague(dana, "Vera", Role.VIEWER)
    dana.starts_trial()
    port_in = brings(dana)
    assert readers("We have your order") == ["dana", "olaf", "tess"]
    Member.objects.filter(user__email="dana@example.com").update(role=Role.BILLING)
    confirmed_for_today(port_in)
    assert readers("Your numbers come on 1 June 2026") == ["olaf", "tess"]


def test_each_letter_says_what_comes_next(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    link = LINK.format(dana.subscription_id)
    port_in = brings(dana)
    asked = text("We have your order to bring numbers from Altnetz AG")
    assert "from Altnetz AG to Dana, if possible on 15 June 2026." in asked
    assert "- +49 40 98765001\n" in asked
    assert link in asked
    confirmed_for_today(port_in)
    assert "As soon as it confirms a day we write to you again." in text("Your order is handed in")
    confirmed = text("Your numbers come on 1 June 2026")
    assert "on 1 June 2026 these numbers move to Dana. Until then calls arrive as before." in confirmed
    come(port_in)
    done = text("Your numbers have come to Dana")
    assert "say for each where help is to come when somebody calls 110 or 112" in done
    assert "The signed order is erased." in done
    assert link in done


def test_a_refusal_is_told_with_its_reason_and_a_withdrawal_confirmed(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    refused, withdrawn = brings(dana), brings(dana, "040 98765002")
    porting_in.refuse(act(), port_in_id=refused.id, reason="The signature is missing & the date.")
    porting_in.withdraw(wish_of(dana), port_in_id=withdrawn.id)
    dana.town.run_day()
    letter = text("Your numbers cannot be brought from Altnetz AG yet")
    assert "The reason: The signature is missing & the date." in letter
    assert "Once that is put right, you can ask again:" in letter
    assert "so they stay with Altnetz AG." in text("Your numbers stay with Altnetz AG")
    assert dana.story[-2:] == [
        "2026-06-01 +494098765001 refused: The signature is missing & the date.",
        "2026-06-01 +494098765002 withdrawn",
    ]
    town.closes_its_books()


def test_a_german_reads_german(town: Town) -> None:
    gustav = town.customer("Gustav", language="de").starts_trial()
    confirmed_for_today(brings(gustav))
    letter = text("Ihre Rufnummern kommen am 1. Juni 2026")
    assert "Altnetz AG hat bestätigt: Am 1. Juni 2026 wechseln diese Rufnummern zu Gustav." in letter


def test_with_the_end_nothing_half_done_is_left(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    phone_system = dana.phone_system
    assert phone_system is not None
    confirmed_for_today(brings(dana))
    town.on("2026-07-05")
    assert PortIn.objects.get().is_open, "an upgrade in the grace brings it back with all else"
    with pytest.raises(Refused, match="switched off"):
        come(PortIn.objects.get())
    town.on("2026-07-16")
    assert not PortIn.objects.exists()
    assert stored.names_of(phone_system.id) == []
    record = DeletionRecord.objects.get()
    assert record.verified_at is not None
    assert dana.story[-2:] == [
        "2026-07-16 +494098765001 dropped, which was confirmed",
        "2026-07-16 phone system deleted by rule 3.3: 0 endpoints, 0 numbers, 0 backups",
    ]
    town.closes_its_books()


def test_a_follow_up_goes_on_with_it(town: Town) -> None:
    erik = town.customer("Erik").grows_to(one=2).cancels()
    erik.follows_up_with(one=1)
    town.on("2027-05-25")
    port_in = brings(erik)
    town.on("2027-06-01")
    erik.turns_to("Erik", follow_up=True)
    port_in.refresh_from_db()
    assert port_in.phone_system == erik.phone_system
    assert documents.opened(port_in) == PDF
    come(confirmed_for_today(port_in))
    assert numbers_of(erik) == ["+494098765001"]
    town.closes_its_books()


def test_what_the_day_asks_for_comes_before_the_step(town: Town) -> None:
    """Nobody has lived the day on which the follow-up began: the step does, and finds the port-in there."""
    erik = town.customer("Erik").grows_to(one=2).cancels()
    erik.follows_up_with(one=1)
    town.on("2027-05-25")
    port_in = brings(erik)
    town.sleeps_until("2027-06-01")
    porting_in.hand_in(act(), port_in_id=port_in.id)
    erik.turns_to("Erik", follow_up=True)
    port_in.refresh_from_db()
    assert (port_in.phone_system, port_in.state) == (erik.phone_system, PortInState.HANDED_IN)
    town.run_day()
    town.closes_its_books()


def test_who_buys_less_than_is_on_its_way_finds_no_room(town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    port_in = confirmed_for_today(brings(dana, "040 98765001 – 02"))
    dana.grows_to(one=1)
    with pytest.raises(NoRoom, match="allow 2 more phone numbers: 0 taken, 1 included"):
        come(port_in)
    port_in.refresh_from_db()
    assert (port_in.state, documents.opened(port_in)) == (PortInState.CONFIRMED, PDF)
    dana.adds(one=1)
    come(port_in)
    assert numbers_of(dana) == ["+494098765001", "+494098765002"]
    town.closes_its_books()


def test_only_one_s_own_is_withdrawn(town: Town) -> None:
    dana, erik = town.customer("Dana").starts_trial(), town.customer("Erik").starts_trial()
    port_in = brings(dana)
    with pytest.raises(PortIn.DoesNotExist):
        porting_in.withdraw(wish_of(erik), port_in_id=port_in.id)
    assert User.objects.count() == 2
    port_in.refresh_from_db()
    assert port_in.is_open
    assert run_audit(day=clock.today()) == []
