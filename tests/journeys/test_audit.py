"""Every law of the audit bites: one fact is broken behind everybody's back, and just its laws say so.

The town is lived once for all tests here; each breaks it within a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from switchroom.billing.models import (
    Credit,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    LineKind,
)
from switchroom.catalog.file import shipped_catalogue
from switchroom.jobs import audit as job
from switchroom.journeys.audit import LAWS, run_audit
from switchroom.orders.models import Order, OrderState, Quote
from switchroom.phonesystems.models import (
    DeletionRecord,
    Operation,
    OperationKind,
    PhoneNumber,
    PhoneSystem,
    RecordedTenant,
)
from switchroom.phonesystems.numbers import add_stock
from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.laws import drop_laws
from switchroom.rules.promise import FirstMonth
from switchroom.subscriptions.due import set_next_due
from switchroom.subscriptions.models import Cancellation, Item, Reduction, Subscription
from switchroom.subscriptions.promises import fresh
from tests.cast import Customer, Town

pytestmark = pytest.mark.django_db

TODAY = date(2026, 8, 20)
Breaks = Callable[["World"], object]


class World:
    """Four customers on 20 August 2026; the term is one month.

    Dana bought 3 licences on 1 June, without credit, and holds 2 since a reduction on 1 August. Erik bought
    10 and the Business level on 16 June and 4 more on 16 July: both credits are used. Farah's trial was
    cancelled at once and is deleted. Gustav bought on 10 August, his credit is unused, and he has cancelled.
    """

    def __init__(self) -> None:
        self.town = Town().on("2026-06-01")
        self.town.sells(shipped_catalogue().replace("term_months = 12 ", "term_months = 1 "))
        add_stock(numbers=["030 23125001", "030 23125002"], area="Berlin")
        self.dana = self.town.customer("Dana").grows_to(one=3)
        self.farah = self.town.customer("Farah").starts_trial()
        self.town.on("2026-06-03")
        self.farah.cancels(at_once=True)
        self.town.on("2026-06-16")
        self.erik = self.town.customer("Erik").grows_to(one=10, business=True)
        self.town.on("2026-07-10")
        self.dana.reduces_to(one=2)
        self.town.on("2026-07-16")
        self.erik.adds(one=4)
        self.town.on("2026-08-10")
        self.gustav = self.town.customer("Gustav").grows_to(one=2)
        self.town.on(TODAY)
        self.gustav.cancels()

    def monthly(self, customer: Customer, month: str) -> Invoice:
        """A customer's monthly invoice."""
        return Invoice.objects.get(account=customer.account, kind=InvoiceKind.MONTHLY, month_on=f"{month}-01")

    def order_of(self, customer: Customer) -> Order:
        """A customer's first purchase."""
        return Order.objects.filter(account=customer.account, state=OrderState.PURCHASED).earliest(
            "purchased_at"
        )


@pytest.fixture(scope="module")
def lived(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """The world, lived once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]  # pytest-django's own
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def world(lived: World) -> World:
    """The world with the laws of the database out of force, so that facts can be broken."""
    connection.check_constraints()  # PostgreSQL drops no trigger while it still has something to check
    drop_laws(connection)
    return lived


@contextmanager
def without_check(table: str, constraint: str) -> Iterator[None]:
    """A check constraint that does not hold for a while."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            yield
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def broken(day: date = TODAY) -> set[str]:
    """The names of the laws that are broken."""
    return {finding.law for finding in run_audit(day=day)}


def sentences(day: date = TODAY) -> str:
    """All findings, as the command prints them."""
    return "\n".join(str(finding) for finding in run_audit(day=day))


def test_a_sound_world_has_no_findings(lived: World) -> None:
    assert run_audit(day=TODAY) == []


def test_every_law_has_a_name_of_its_own() -> None:
    names = [law.name for law in LAWS]
    assert len(names) == len(set(names))
    assert all(law.rule for law in LAWS)


# --- Billed is owed -----------------------------------------------------------------------------------------


def test_it_finds_a_month_that_was_never_billed(world: World) -> None:
    """The days up to 2 September are not lived, and nobody would notice by the dates alone."""
    later = date(2026, 9, 2)
    for subscription in Subscription.objects.all():
        set_next_due(subscription=fresh(subscription.id), after=later)
    assert broken(later) == {"what is owed is billed"}
    assert "2026-09 is owed and was never billed." in sentences(later)


def test_it_finds_a_charge_for_a_month_that_is_not_owed(world: World) -> None:
    line = world.monthly(world.dana, "2026-08").lines.get()
    InvoiceLine.objects.filter(id=line.id).update(month_on="2026-10-01")
    assert broken() == {"what is owed is billed", "what is billed is owed"}
    assert "charges 2026-10, which is not owed." in sentences()


def test_it_finds_a_charge_before_the_item_began(world: World) -> None:
    line = world.monthly(world.dana, "2026-08").lines.get()
    InvoiceLine.objects.filter(id=line.id).update(month_on="2026-05-01")
    assert broken() == {"what is owed is billed", "what is billed is owed"}


def test_it_finds_a_charge_that_tells_of_another_quantity(world: World) -> None:
    world.monthly(world.dana, "2026-08").lines.update(quantity=F("quantity") + 1)
    assert broken() == {"charges are right"}


def test_it_finds_a_charge_on_the_invoice_of_another_account(world: World) -> None:
    invoice = world.monthly(world.dana, "2026-08")
    Invoice.objects.filter(id=invoice.id).update(account=world.farah.account)
    assert broken() == {"charges are right"}
    assert "it is an invoice of another account" in sentences()


def test_it_finds_a_charge_that_is_a_cent_too_low(world: World) -> None:
    world.monthly(world.dana, "2026-08").lines.update(net_minor=F("net_minor") - 1)
    assert broken() == {
        "charges are right",
        "money is conserved",
        "invoices are the sum of their lines",
        "tax is rounded once for each rate",
    }
    assert "29.99 is charged, 30.00 is owed" in sentences()
    assert "charges less credits granted come to 29.99; its months cost 30.00." in sentences()


# --- Credits ------------------------------------------------------------------------------------------------


def test_it_finds_a_credit_for_other_days(world: World) -> None:
    Credit.objects.filter(account=world.gustav.account).update(days=F("days") + 1)
    assert broken() == {"credits are granted as they should"}


def test_it_finds_a_credit_that_is_a_cent_too_low(world: World) -> None:
    Credit.objects.filter(account=world.gustav.account).update(granted_minor=F("granted_minor") - 1)
    assert broken() == {"credits are granted as they should", "money is conserved"}
    assert "the credit for 2026-08 is 8.70; it should be 8.71 for 9 of 31 days." in sentences()


def test_it_finds_a_credit_that_was_not_granted(world: World) -> None:
    Credit.objects.filter(account=world.gustav.account).delete()
    assert broken() == {"credits are granted as they should", "money is conserved"}
    assert "the credit for 2026-08 is none; it should be 8.71" in sentences()


def test_it_finds_a_credit_that_came_with_a_later_month(world: World) -> None:
    line = world.monthly(world.dana, "2026-08").lines.get()
    Credit.objects.filter(account=world.gustav.account).update(
        line=line, account=world.dana.account, sequence=1
    )
    assert broken() == {"credits are granted as they should", "money is conserved"}
    assert "the credit for 2026-08 is 8.71; it should be none." in sentences()


def test_it_finds_a_way_of_charging_that_is_not_the_one_bought(world: World) -> None:
    """Money may still be conserved: that law speaks of the sum alone."""
    Item.objects.filter(subscription=world.gustav.subscription).update(first_month=FirstMonth.DIRECT.value)
    assert broken() == {
        "charges are right",
        "credits are granted as they should",
        "what is ordered is booked",
    }


def test_it_finds_a_credit_used_beyond_its_grant(world: World) -> None:
    first = Credit.objects.filter(account=world.erik.account).earliest("sequence")
    use = world.monthly(world.erik, "2026-08").lines.get(kind=LineKind.CREDIT)
    InvoiceLine.objects.filter(id=use.id).update(credit=first)
    assert broken() == {"credits are not overdrawn", "credits are used oldest first"}


def test_it_finds_a_credit_used_on_another_kind_of_invoice(world: World) -> None:
    invoice = world.monthly(world.erik, "2026-08")
    Invoice.objects.filter(id=invoice.id).update(kind=InvoiceKind.ORDER)
    assert broken() == {"credits stay credits"}
    assert "but it is not a monthly invoice of the account" in sentences()


def test_it_finds_a_credit_used_before_it_could_be(world: World) -> None:
    invoice = world.monthly(world.erik, "2026-08")
    Invoice.objects.filter(id=invoice.id).update(month_on="2026-06-01")
    assert broken() == {"credits stay credits", "credits are used oldest first"}
    assert "its month had begun when the credit was granted" in sentences()


def test_it_finds_a_credit_used_at_another_rate(world: World) -> None:
    """Credit and charge agree with one another here; the use does not agree with them."""
    credit = Credit.objects.filter(account=world.erik.account).latest("sequence")
    Credit.objects.filter(id=credit.id).update(rate_bp=1600)
    assert broken() == {"credits stay credits", "credits have the rate of their charge"}
    assert "the VAT rate is not the one at which it was charged" in sentences()


def test_it_finds_an_unused_credit_at_another_rate(world: World) -> None:
    Credit.objects.filter(account=world.gustav.account).update(rate_bp=1600)
    assert broken() == {"credits have the rate of their charge"}


def test_it_finds_an_invoice_that_should_have_used_a_credit(world: World) -> None:
    """The invoice is sound in itself: without the credit its sums are right."""
    invoice = world.monthly(world.erik, "2026-08")
    invoice.lines.filter(kind=LineKind.CREDIT).delete()
    tax_minor = 23900 * 19 // 100
    invoice.taxes.update(net_minor=23900, tax_minor=tax_minor)
    changed = Invoice.objects.filter(id=invoice.id)
    changed.update(net_minor=23900, tax_minor=tax_minor, gross_minor=23900 + tax_minor)
    assert broken() == {"credits are used oldest first"}
    assert "it uses credits of 0.00; the oldest first come to 29.03." in sentences()


# --- Documents ----------------------------------------------------------------------------------------------


def test_it_finds_a_number_that_was_lost_at_the_end(world: World) -> None:
    InvoiceSeries.objects.update(last_number=F("last_number") + 1)
    assert broken() == {"invoice numbers have no gap"}


def test_it_finds_a_gap_in_the_numbers(world: World) -> None:
    last = Invoice.objects.latest("number")
    reference = f"R-2026-{last.number + 1:06d}"
    Invoice.objects.filter(id=last.id).update(number=last.number + 1, reference=reference)
    InvoiceSeries.objects.update(last_number=last.number + 1)
    assert broken() == {"invoice numbers have no gap"}
    assert f"the number before {reference} is missing." in sentences()


def test_it_finds_a_number_that_is_printed_otherwise(world: World) -> None:
    last = Invoice.objects.latest("number")
    Invoice.objects.filter(id=last.id).update(reference="R-2026-999999")
    assert broken() == {"invoice numbers have no gap"}


def test_it_finds_an_invoice_that_is_not_the_sum_of_its_lines(world: World) -> None:
    invoice = Invoice.objects.filter(id=world.monthly(world.dana, "2026-08").id)
    invoice.update(net_minor=F("net_minor") + 1, gross_minor=F("gross_minor") + 1)
    assert broken() == {"invoices are the sum of their lines"}


def test_it_finds_tax_that_is_not_that_of_the_lines(world: World) -> None:
    invoice = world.monthly(world.dana, "2026-08")
    invoice.taxes.update(tax_minor=F("tax_minor") + 1)
    changed = Invoice.objects.filter(id=invoice.id)
    changed.update(tax_minor=F("tax_minor") + 1, gross_minor=F("gross_minor") + 1)
    assert broken() == {"tax is rounded once for each rate"}


def test_it_finds_tax_that_is_not_the_sum_of_its_rates(world: World) -> None:
    changed = Invoice.objects.filter(id=world.monthly(world.dana, "2026-08").id)
    changed.update(tax_minor=F("tax_minor") + 1, gross_minor=F("gross_minor") + 1)
    assert broken() == {"net and tax make gross"}


def test_it_finds_sums_that_do_not_add_up(world: World) -> None:
    changed = Invoice.objects.filter(id=world.monthly(world.dana, "2026-08").id)
    with without_check("billing_invoice", "invoice_gross_is_net_and_tax"):
        changed.update(gross_minor=F("gross_minor") + 1)
        assert broken() == {"net and tax make gross"}


def test_it_finds_a_rate_that_was_not_in_force(world: World) -> None:
    """In itself the invoice is sound: 30.00 at 16 %."""
    invoice = world.monthly(world.dana, "2026-08")
    invoice.lines.update(rate_bp=1600)
    InvoiceTax.objects.filter(invoice=invoice).update(rate_bp=1600, tax_minor=480)
    Invoice.objects.filter(id=invoice.id).update(tax_minor=480, gross_minor=3480)
    assert broken() == {"charges have the rate of their month"}
    assert f"invoice {invoice.reference}: 2026-08 is taxed at 16 %, the rate is 19 %." in sentences()


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


# --- The command --------------------------------------------------------------------------------------------


def test_the_command_says_that_all_is_well(lived: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert job.main([]) == 0
    assert capsys.readouterr().out == f"All {len(LAWS)} laws hold on 2026-08-20.\n"


def test_the_command_says_what_is_wrong_on_a_day(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    InvoiceSeries.objects.update(last_number=F("last_number") + 1)
    assert job.main(["--on", "2026-08-21"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("invoice numbers have no gap: series R-2026: the last number is ")
    assert said.endswith("1 found wrong on 2026-08-21.\n")
