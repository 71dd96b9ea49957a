"""Details of a subscription: the story with its reasons, the facts, what each role may do, the deletion."""

from __future__ import annotations

import pytest

from switchroom.accounts.models import Member, Role, User
from switchroom.phonesystems.models import DeletionRecord
from switchroom.plumbing.models import AuditEvent
from switchroom.portal import details as portal_details
from switchroom.portal.timeline import TELLINGS
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words
from tests.ledgers import _EVENTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik with ten licences since 1 June, four more since the 16th: rule 5.2's example."""
    erik = town.on("2026-06-01").customer("Erik").grows_to(one=10).sets_up(endpoints=3, numbers=1)
    town.on("2026-06-16")
    return erik.grows_to(one=14)


def details(customer: Customer, user: User | None = None) -> str:
    return words(Shopper(user or customer.user).opens("subscription", customer.subscription_id))


def test_every_event_is_told_with_day_person_and_money(erik: Customer) -> None:
    said = details(erik)
    assert "Ordered: 4 × ONE licence 16 June 2026 · erik@example.com" in said
    assert "credit +30.00 € net" in said
    assert "3 endpoints set up 1 June 2026" in said
    assert "Number +49 30 23125000 takes calls" in said
    assert "Trial started, free until 1 July 2026" in said


def test_what_an_order_changed_is_told_with_the_order(erik: Customer) -> None:
    said = details(erik)
    assert "What the phone system may use has changed" not in said
    order = said.partition("Ordered: 4 × ONE licence")[2].partition("Invoice R-2026-000001")[0]
    assert "Trunk lines 20 → 28 Endpoints 30 → 42 Phone numbers 10 → 14" in order


def test_what_a_reduction_changed_is_told_with_the_reduction(erik: Customer) -> None:
    erik.town.on("2027-06-10")
    erik.reduces_to(one=12)
    erik.town.on("2027-07-02")
    said = details(erik)
    assert "What the phone system may use has changed" not in said
    assert "From then on 12 × ONE licence Trunk lines 28 → 24 Endpoints 42 → 36" in said


def test_every_amount_says_why(erik: Customer) -> None:
    said = details(erik)
    assert "Invoice R-2026-000002 for the order" in said
    assert "4 × 15.00 € = 60.00 € Days June 2026, all of it: 30 of 30 days." in said
    assert "Version 1 of ONE, the one you bought." in said
    assert "Ordered on 16 June 2026 by erik@example.com." in said


def test_the_next_invoice_is_the_one_that_comes(erik: Customer) -> None:
    said = details(erik)
    assert "Credit from invoice R-2026-000002 −30.00 €" in said
    assert "60.00 € × 15/30 = 30.00 € Days 1 June to 15 June 2026: 15 of 30 days had passed." in said
    assert "It comes out to the cent; nothing is rounded." in said
    assert "Net 180.00 € VAT 19 % 34.20 € To pay, with VAT 214.20 €" in said
    erik.town.on("2026-07-01")
    assert "R-2026-000003 2026-07-01 monthly 2026-07, net 180.00" in erik.statement


def test_a_pending_reduction_shows_what_it_will_cost(erik: Customer) -> None:
    erik.town.on("2027-06-10")
    erik.reduces_to(one=12)
    said = details(erik)
    assert "Reduction on 1 July 2027" in said
    assert "From 1 July 2027 on 180.00 € 12 × ONE licence" in said
    assert "2 × 15.00 € = 30.00 €" in said
    assert "What remains once the planned reduction has taken effect" in said


@pytest.mark.parametrize(
    ("role", "orders", "bills", "backs_up"),
    [
        (Role.OWNER, True, True, True),
        (Role.BILLING, True, True, True),
        (Role.TECHNICAL, False, False, True),
        (Role.VIEWER, False, False, False),
    ],
)
def test_each_role_sees_what_it_may(
    erik: Customer, role: Role, orders: bool, bills: bool, backs_up: bool
) -> None:
    user = User.objects.create_user(f"{role}@example.com")
    Member.objects.create(account=erik.account, user=user, role=role, joined_on=erik.town.day)
    said = details(erik, user)
    assert ("Upgrade Reduce" in said) is orders
    assert ("To pay" in said) is bills
    assert ("Why this amount?" in said) is bills
    assert (" Backup " in said) is backs_up


def test_a_foreign_subscription_is_not_there(erik: Customer, town: Town) -> None:
    dana = town.customer("Dana").starts_trial()
    page = Shopper(dana.user).opens("subscription", erik.subscription_id)
    assert page.status_code == 404


def test_a_deleted_one_shows_its_record(erik: Customer) -> None:
    erik.cancels()
    erik.town.on("2027-06-01")
    said = details(erik)
    assert "Erik Deleted" in said
    assert "Open the signed deletion record" in said
    assert "Phone system deleted for good" in said
    record = DeletionRecord.objects.get()
    said = words(Shopper(erik.user).opens("deletion_record", record.id))
    assert "Endpoints 3 Phone numbers given back 1 Backups 0" in said
    assert "checked just now: it fits this record" in said


def test_a_long_story_is_paged_and_asks_no_more(erik: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_details, "ON_A_PAGE", 20)
    for number in range(30):
        erik.starts_trial(f"Place {number}")
    erik.turns_to("Erik")
    erik.town.on("2027-10-01")
    shopper = Shopper(erik.user)
    first = words(shopper.opens("subscription", erik.subscription_id))
    assert "Page 1 of 2" in first
    assert "Invoice" in first
    second = shopper.client.get(f"/subscriptions/{erik.subscription_id}/?page=2")
    assert "Trial started" in words(second)  # type: ignore[arg-type]  # the client's response


def test_every_kind_of_event_is_told(erik: Customer) -> None:
    kinds = set(AuditEvent.objects.filter(subscription_id__isnull=False).values_list("kind", flat=True))
    assert (kinds | set(_EVENTS)) <= set(TELLINGS)
