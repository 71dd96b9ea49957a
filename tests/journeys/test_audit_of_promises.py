"""The laws of orders, promises and phone systems bite: one fact is broken, and just its laws say so.

The world is lived once for all tests here; each breaks it within a transaction that is rolled back.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db.models import F

from switchroom.billing.models import Invoice
from switchroom.journeys.audit import run_audit
from switchroom.orders.models import Order, OrderState, Quote
from switchroom.phonesystems.models import (
    DeletionRecord,
    Operation,
    OperationKind,
    PhoneNumber,
    PhoneSystem,
    RecordedTenant,
)
from switchroom.phonesystems.port_ins import PortIn, PortInNumber, PortInState
from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id
from switchroom.subscriptions.models import Cancellation, Item, Reduction, Subscription, Trial
from tests.cast import Customer
from tests.journeys.bringing import brings, come, confirmed_for_today
from tests.journeys.world import TODAY, World, broken, sentences

pytestmark = pytest.mark.django_db


# --- Orders -------------------------------------------------------------------------------------------------


def test_it_finds_an_order_that_was_booked_otherwise(world: World) -> None:
    quote = Quote.objects.get(order=world.order_of(world.dana))
    quote.promised["items"][0]["quantity"] += 1
    Quote.objects.filter(id=quote.id).update(promised=quote.promised)
    assert broken() == {"what is ordered is booked"}


def test_it_finds_an_order_that_was_billed_otherwise(world: World) -> None:
    quote = Quote.objects.get(order=world.order_of(world.dana))
    quote.promised["due_now"]["net_minor"] -= 1
    Quote.objects.filter(id=quote.id).update(promised=quote.promised)
    assert broken() == {"orders are billed as shown"}


def test_it_finds_what_was_booked_and_billed_without_a_purchase(world: World) -> None:
    order = Order.objects.filter(id=world.order_of(world.dana).id)
    order.update(state=OrderState.DISCARDED)
    assert broken() == {"what is booked is ordered"}
    assert sentences().count("which was not purchased.") == 2


def test_it_finds_an_invoice_that_bills_an_unknown_order(world: World) -> None:
    Invoice.objects.filter(id=world.monthly(world.dana, "2026-08").id).update(order_id=new_id())
    assert broken() == {"what is booked is ordered"}


# --- The promise --------------------------------------------------------------------------------------------


def test_it_finds_an_item_that_no_reduction_ended(world: World) -> None:
    Reduction.objects.update(done_on=None, withdrawn_on=date(2026, 7, 11))
    assert broken() == {"no item overlaps itself"}
    assert "it ended on 2026-08-01, but no reduction ended it." in sentences()


def test_it_finds_an_item_that_nothing_was_left_of(world: World) -> None:
    Item.objects.filter(subscription=world.gustav.subscription).update(order_id=None)
    assert broken() == {"what is ordered is booked", "no item overlaps itself"}
    assert "no greater item ended on 2026-08-10 of which it could be left." in sentences()


def test_it_finds_a_reduction_that_left_too_much(world: World) -> None:
    Reduction.objects.update(targets={"one": 1})
    assert broken() == {"reductions leave their target"}


@pytest.mark.parametrize("days", [31, -1])
def test_it_finds_an_end_on_the_wrong_day(world: World, days: int) -> None:
    cancelled = Cancellation.objects.filter(subscription=world.gustav.subscription)
    cancelled.update(ends_on=cancelled.get().ends_on + timedelta(days=days))
    assert "ends are on the right day" in broken()
    assert "the rules say 2026-10-01." in sentences()


def test_it_finds_a_second_end_of_what_was_over(world: World) -> None:
    """Entered when the trial's deletion was past: the rules would have refused it."""
    Cancellation.objects.filter(subscription=world.farah.subscription).update(
        entered_on=date(2026, 8, 1), ends_on=date(2026, 8, 1)
    )
    assert "ends on 2026-08-01; the rules say not at all." in sentences()


@pytest.mark.parametrize("noted", [None, TODAY, date(2026, 9, 2)])
def test_it_finds_a_subscription_that_no_day_will_look_at_in_time(world: World, noted: date | None) -> None:
    Subscription.objects.filter(id=world.dana.subscription.id).update(next_due_on=noted)
    assert broken() == {"every subscription is due some day"}


def test_it_finds_a_subscription_without_a_trial(world: World) -> None:
    """The account is judged by no other law, and nobody else's suffers from it."""
    Trial.objects.filter(subscription=world.dana.subscription).delete()
    assert broken() == {"facts do not contradict one another"}
    assert "has no trial." in sentences()


def test_it_finds_an_item_that_is_missing_in_between(world: World) -> None:
    Item.objects.filter(subscription=world.erik.subscription).filter(sequence=2).update(sequence=9)
    assert broken() == {"facts do not contradict one another"}
    assert "item 2 of subscription" in sentences()


def test_it_finds_a_purchase_without_items(world: World) -> None:
    Subscription.objects.filter(id=world.farah.subscription.id).update(bought_on=TODAY)
    assert broken() == {"facts do not contradict one another"}
    assert "has a purchase without items" in sentences()


# --- Phone systems ------------------------------------------------------------------------------------------


def mine(customer: Customer) -> PhoneSystem:
    phone_system = customer.phone_system
    assert phone_system is not None
    return phone_system


def test_it_finds_a_phone_system_that_is_missing(world: World) -> None:
    PhoneSystem.objects.filter(id=mine(world.dana).id).delete()
    assert broken() == {"what is promised is there"}
    assert "it is active, but there is no phone system." in sentences()


def test_it_finds_a_phone_system_of_another_account(world: World) -> None:
    PhoneSystem.objects.filter(id=mine(world.dana).id).update(account=world.erik.account)
    assert broken() == {"nothing is there unpromised"}


def test_it_finds_a_phone_system_that_should_have_been_deleted(world: World) -> None:
    """Gustav's day has come, nothing was done about it, and no date tells of it any more."""
    the_end = date(2026, 10, 1)
    Subscription.objects.filter(id=world.gustav.subscription.id).update(next_due_on=None)
    found = [finding for finding in run_audit(day=the_end) if "Gustav" in finding.subject]
    unbilled = "what is owed is billed"
    assert {finding.law for finding in found} == {"nothing is there unpromised", unbilled}
    assert "its subscription is deleted, but it is still there." in sentences(the_end)


def test_it_finds_entitlements_that_were_not_provisioned(world: World) -> None:
    phone_system = PhoneSystem.objects.filter(id=mine(world.dana).id)
    phone_system.update(trunk_lines=5)
    assert broken() == {"what is booked is provisioned", "the edge follows"}
    assert "it has 5 trunk lines, 6 endpoints, 2 phone numbers; booked are 4 trunk lines" in sentences()


def test_it_finds_a_phone_system_that_is_off_against_the_promise(world: World) -> None:
    """The edge is told already; that does not make it right."""
    phone_system = mine(world.dana)
    PhoneSystem.objects.filter(id=phone_system.id).update(is_on=False)
    Operation.objects.create(
        phone_system_id=phone_system.id,
        sip_label=phone_system.sip_label,
        kind=OperationKind.PUSH,
        revision=phone_system.revision,
        asked_at=clock.now(),
    )
    assert broken() == {"what is booked is provisioned"}
    assert "it is off, but its subscription is active." in sentences()


def test_it_finds_a_change_that_the_edge_was_never_told_of(world: World) -> None:
    PhoneSystem.objects.filter(id=mine(world.dana).id).update(revision=F("revision") + 1)
    assert broken() == {"the edge follows"}


def test_it_finds_an_edge_that_works_by_something_else(world: World) -> None:
    tenant = RecordedTenant.objects.get(phone_system_id=mine(world.dana).id)
    RecordedTenant.objects.filter(sip_label=tenant.sip_label).update(
        known={**tenant.known, "trunk_lines": 99}
    )
    assert broken() == {"the edge follows"}
    RecordedTenant.objects.filter(sip_label=tenant.sip_label).delete()
    assert broken() == {"the edge follows"}


def test_it_finds_a_number_that_is_there_twice(world: World) -> None:
    PhoneNumber.objects.create(e164="+49 3023125001", area="Berlin")
    assert broken() == {"no number is there twice"}


def test_it_finds_a_ported_number_that_is_not_in_the_stock(world: World) -> None:
    port_in = brings(world.dana)
    come(confirmed_for_today(port_in))
    assert broken() == set()
    PhoneNumber.objects.filter(e164="+494098765001").update(e164="+494098765002")
    assert broken() == {"what is ported is in the stock"}
    assert "+494098765001: its port-in is done, but it is not in the stock." in sentences()
    PhoneNumber.objects.filter(e164="+494098765002").delete()
    PortInNumber.objects.update(is_open=True)
    PortIn.objects.update(state=PortInState.WITHDRAWN)
    assert broken() == {"what is ported is in the stock"}
    assert "+494098765001: its port-in is withdrawn, but it says otherwise." in sentences()
    port_in.delete()


def test_it_finds_a_number_of_a_deleted_phone_system(world: World) -> None:
    gone = DeletionRecord.objects.get().phone_system_id
    number = PhoneNumber.objects.filter(e164="+493023125001")
    number.update(phone_system_id=gone)
    assert broken() == {"no number is there twice", "deleted means gone everywhere"}
    number.update(phone_system_id=None)


def test_it_finds_a_forged_deletion_record(world: World) -> None:
    DeletionRecord.objects.update(backups=F("backups") + 1)
    assert broken() == {"deletions are recorded"}
    assert "its signature does not fit what it says." in sentences()


def test_it_finds_a_deletion_without_a_record(world: World) -> None:
    DeletionRecord.objects.all().delete()
    assert broken() == {"deletions are recorded"}
    assert "its phone system is gone without a deletion record." in sentences()


def test_it_finds_a_record_of_a_deletion_that_was_not_due(world: World) -> None:
    DeletionRecord.objects.update(subscription=world.dana.subscription)
    assert broken() == {"deletions are recorded"}
    assert "its subscription was not to be deleted yet." in sentences()


def test_it_finds_what_is_left_of_a_deleted_phone_system(world: World) -> None:
    record = DeletionRecord.objects.get()
    RecordedTenant.objects.create(
        sip_label=record.sip_label,
        phone_system_id=record.phone_system_id,
        revision=1,
        known={},
        pushed_at=clock.now(),
    )
    assert broken() == {"deleted means gone everywhere"}
    assert "left of it: farah at the edge." in sentences()
