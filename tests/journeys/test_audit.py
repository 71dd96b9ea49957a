"""The laws of money bite: one fact is broken behind everybody's back, and just its laws say so.

The world is lived once for all tests here; each breaks it within a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date

import pytest
from django.db import connection
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
from switchroom.jobs import audit as job
from switchroom.journeys.audit import LAWS, run_audit
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.models import AuditEvent, OutboxEntry
from switchroom.rules.promise import FirstMonth
from switchroom.subscriptions.due import set_next_due
from switchroom.subscriptions.models import Item, Subscription
from switchroom.subscriptions.promises import fresh
from tests.journeys.world import TODAY, World, broken, sentences
from tests.laws import copied

pytestmark = pytest.mark.django_db


@contextmanager
def without_check(table: str, constraint: str) -> Iterator[None]:
    """A check constraint that does not hold for a while."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            yield
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            try:
                yield
            finally:
                cursor.execute("PRAGMA ignore_check_constraints = OFF")


def test_a_sound_world_has_no_findings(lived: World) -> None:
    assert run_audit(day=TODAY) == []


def test_every_law_has_a_name_of_its_own() -> None:
    names = [law.name for law in LAWS]
    assert len(names) == len(set(names))
    assert all(law.rule for law in LAWS)


def test_looking_changes_nothing(lived: World) -> None:
    before = AuditEvent.objects.count(), OutboxEntry.objects.count()
    run_audit(day=TODAY)
    assert (AuditEvent.objects.count(), OutboxEntry.objects.count()) == before


def test_a_small_town_is_looked_at_in_few_queries(
    lived: World, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    with django_assert_max_num_queries(36):
        run_audit(day=TODAY)


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


def test_it_finds_a_line_that_uses_a_credit_of_nowhere(world: World) -> None:
    use = world.monthly(world.erik, "2026-08").lines.get(kind=LineKind.CREDIT)
    InvoiceLine.objects.filter(id=use.id).update(credit_id=new_id())
    assert broken() == {"lines name what is there", "credits are used oldest first"}
    assert f"line {use.position} names a credit or a line that is not there." in sentences()


def test_it_finds_a_correction_of_nothing(world: World) -> None:
    line = world.monthly(world.erik, "2026-08").lines.get(kind=LineKind.CREDIT)
    correction = {"kind": LineKind.CORRECTION, "position": 99, "net_minor": 0}
    sound = copied(line, **correction, credit_id=line.credit_id, corrects_id=line.id)
    assert broken() == set()
    InvoiceLine.objects.filter(id=sound.pk).update(corrects_id=new_id())
    assert broken() == {"lines name what is there"}
    InvoiceLine.objects.filter(id=sound.pk).update(corrects_id=line.id, credit_id=new_id())
    assert broken() == {"lines name what is there"}


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
