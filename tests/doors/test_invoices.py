"""Invoices as pages: the list, and one that reads like the document it is."""

from __future__ import annotations

import pytest

from switchroom.billing.models import Invoice, InvoiceKind
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik with three licences at 15.00 ordered on the 17th of a month with 31 days, then one month on."""
    erik = town.on("2026-07-01").customer("Erik").grows_to(one=1)
    town.on("2026-07-17")
    erik.grows_to(one=4)
    town.on("2026-08-01")
    return erik


def test_the_list_has_every_document(erik: Customer) -> None:
    said = words(Shopper(erik.user).opens("invoices"))
    assert "R-2026-000003 1 August 2026 August 2026" in said
    assert "R-2026-000002 17 July 2026 Order 45.00 € 53.55 €" in said


def test_an_invoice_reads_like_the_document(erik: Customer) -> None:
    invoice = Invoice.objects.get(kind=InvoiceKind.MONTHLY)
    said = words(Shopper(erik.user).opens("invoice", invoice.id))
    assert "Switchroom Demo Telecom GmbH Musterstraße 1 10115 Berlin VAT id DE123456788" in said
    assert "Erik GmbH Lindenallee 1 10115 Berlin" in said
    assert "Month of service August 2026 Invoice R-2026-000003 Erik" in said, "its number is its heading"
    assert "10115 Berlin Date 1 August 2026 Customer C-10001 Month of service August 2026" in said
    assert "Net 36.77 € VAT 19 % on 36.77 € 6.99 € To pay 43.76 €" in said
    assert "Please pay 43.76 € by 15 August 2026 to the account DE02 1203 0000 0000 2020 51" in said


def test_a_credit_is_a_negative_line_that_names_its_invoice_and_its_rounding(erik: Customer) -> None:
    said = words(Shopper(erik.user).opens("invoice", Invoice.objects.get(kind=InvoiceKind.MONTHLY).id))
    assert "Credit from invoice R-2026-000002 3 × ONE licence: the first 16 of 31 days of July 2026" in said
    assert "45.00 € × 16/31 = 23.23 € Used here: 23.23 € of 23.23 €" in said
    assert "Exactly 23.225806… €, rounded once to 23.23 €, half a cent up." in said
    assert "The credit came with invoice R-2026-000002." in said
    assert "−23.23 €" in said


def test_a_direct_charge_says_which_days_are_charged(erik: Customer) -> None:
    erik.cancels()
    erik.town.on("2027-06-11")
    erik.adds(one=1)
    said = words(Shopper(erik.user).opens("invoice", Invoice.objects.latest("issued_at").id))
    assert "11 June 2027 to the end of June 2027" in said
    assert "15.00 € × 10/30 = 5.00 €" in said
    assert "15.00 € − 5.00 € = 10.00 €" in said
    assert "10 of 30 days had passed, 20 are yours." in said


def test_the_reader_is_written_to_in_german(erik: Customer) -> None:
    shopper = Shopper(erik.user)
    shopper.client.cookies["django_language"] = "de"
    said = words(shopper.opens("invoice", Invoice.objects.get(kind=InvoiceKind.MONTHLY).id))
    assert "−23,23 €" in said
    assert "1. August 2026" in said


def test_a_foreign_invoice_is_not_there(erik: Customer, town: Town) -> None:
    invoice = Invoice.objects.earliest("number")
    assert Shopper(town.customer("Dana").user).opens("invoice", invoice.id).status_code == 404


def test_sixty_invoices_are_paged_and_ask_no_more(erik: Customer) -> None:
    for number in range(5):
        erik.starts_trial(f"Place {number}").grows_to(one=1, business=True)
    erik.town.on("2031-02-02")
    shopper = Shopper(erik.user)
    assert Invoice.objects.count() > 60
    assert "Page 1 of 2" in words(shopper.opens("invoices"))
    said = words(shopper.opens("invoice", Invoice.objects.latest("issued_at").id))
    assert said.count("Why this amount?") == 12
