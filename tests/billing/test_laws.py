"""What the database forbids about documents and credits, on both engines and whoever writes to it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import ForeignKey
from pytest_django import DjangoDbBlocker

from switchroom.billing.models import (
    Credit,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    LineKind,
)
from switchroom.plumbing.ids import new_id
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.laws import copied, forbidden

pytestmark = pytest.mark.django_db

FREE_MONTH = date(2030, 1, 1)
"""A month for which nothing was billed yet."""


class Books:
    """1 August 2026, terms of a month. Dana bought 10 on 1 June and 4 on the 16th; July used that credit.

    Wanda has been there since May. On 16 June she bought 4 more, which granted 30.00, and left; on 3 July she
    bought 1 anew, so August used 15.00 of the 30.00 and none of the 0.97 that July granted.
    """

    def __init__(self) -> None:
        self.town = Town().on("2026-05-01").sells(catalogue(term_months=1))
        self.wanda = self.town.customer("Wanda").grows_to(one=1)
        self.dana = self.town.on("2026-06-01").customer("Dana").grows_to(one=10)
        self.town.on("2026-06-16")
        self.dana.adds(one=4)
        self.wanda.adds(one=4).cancels()
        self.town.on("2026-07-03")
        self.wanda.starts_trial("Second").grows_to(one=1)
        self.town.on("2026-08-01")

    def invoice(self, customer: Customer, kind: str, month: str) -> Invoice:
        """A customer's document of a kind for a month."""
        return Invoice.objects.filter(account=customer.account, kind=kind, month_on=f"{month}-01").latest(
            "number"
        )

    def credit(self, customer: Customer, granted_on: str) -> Credit:
        """A customer's credit of a day."""
        return Credit.objects.get(account=customer.account, granted_on=granted_on)

    def use(self, credit: Credit, minor: int = 1, **changes: Any) -> None:
        """Issues a document over 100.00 less so much of a credit, by hand, as nobody should.

        It is a monthly one of the credit's account for a free month; ``changes`` say otherwise. A rate is
        that of the line that uses the credit.
        """
        invoice_id, rate_bp = new_id(), changes.pop("rate_bp", credit.rate_bp)
        like = Invoice.objects.filter(account_id=credit.account_id, kind="monthly").latest("number")
        charge = InvoiceLine.objects.filter(kind=LineKind.CHARGE, invoice=like).latest("position")
        written = {"invoice_id": invoice_id, "month_on": FREE_MONTH}
        copied(charge, **written, position=1, net_minor=10_000)
        use = {"kind": LineKind.CREDIT, "credit_id": credit.id, "net_minor": -minor, "rate_bp": rate_bp}
        copied(charge, **written, position=2, **use)
        self.issue(
            like, **({"id": invoice_id, "month_on": FREE_MONTH, "net_minor": 10_000 - minor} | changes)
        )

    def issue(self, like: Invoice, **changes: Any) -> None:
        """Issues a document like another one, with a free number and the tax on its net, by hand."""
        document = copy.copy(like)
        document.number, document.reference = 99, "R-2026-000099"
        for name, value in changes.items():
            setattr(document, name, value)
        document.tax_minor = changes.get("tax_minor", document.net_minor * 19 // 100)
        document.gross_minor = changes.get("gross_minor", document.net_minor + document.tax_minor)
        tax = {"net_minor": document.net_minor, "tax_minor": document.net_minor * 19 // 100}
        InvoiceTax.objects.create(invoice_id=document.id, rate_bp=1900, **tax)
        document.save(force_insert=True)


@pytest.fixture(scope="module")
def books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:
    """The books, lived once for all tests here; each undoes what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Books()
        transaction.set_rollback(True)


@pytest.fixture
def monthly(books: Books) -> Invoice:
    """Dana's July, with a credit line."""
    return books.invoice(books.dana, "monthly", "2026-07")


def test_an_issued_document_never_changes(books: Books, monthly: Invoice) -> None:
    for rows, change in (
        (Invoice.objects.all(), {"addressee": {}}),
        (Invoice.objects.all(), {"gross_minor": 0, "net_minor": 0, "tax_minor": 0}),
        (InvoiceLine.objects.all(), {"net_minor": 1}),
        (InvoiceTax.objects.all(), {"tax_minor": 0}),
        (Credit.objects.all(), {"granted_minor": 10**6}),
        (Credit.objects.all(), {"account_id": books.wanda.account.id}),
    ):
        with forbidden("rows never change"):
            rows.update(**change)
    for model in (InvoiceTax, InvoiceLine, Invoice, Credit):
        with forbidden("rows are never deleted"):
            model.objects.all()._raw_delete(using="default")
    with forbidden("year, prefix never change"):
        InvoiceSeries.objects.update(prefix="X")
    with forbidden("numbers only go up"):
        InvoiceSeries.objects.update(last_number=1)
    with forbidden("rows are never deleted"):
        InvoiceSeries.objects.all()._raw_delete(using="default")
    monthly.refresh_from_db()
    assert (monthly.net_minor, monthly.tax_minor, monthly.gross_minor) == (18000, 3420, 21420)


def test_what_was_billed_is_not_billed_again(books: Books, monthly: Invoice) -> None:
    charge = monthly.lines.filter(kind="charge").first()
    assert charge is not None
    with forbidden("line_item_month_once"):
        copied(charge, invoice_id=new_id())
    with forbidden("line_position_once"):
        written = {"invoice_id": new_id(), "position": 1}
        copied(charge, **written, month_on=FREE_MONTH)
        copied(charge, **written, month_on=FREE_MONTH.replace(year=2031))
    with forbidden("line_credit_invoice_once"):
        credit = books.credit(books.wanda, "2026-06-16")
        use = {"invoice_id": new_id(), "kind": LineKind.CREDIT, "credit_id": credit.id, "net_minor": -1}
        copied(charge, **use, position=1)
        copied(charge, **use, position=2)
    nothing = {"id": new_id(), "net_minor": 0}
    with forbidden("invoice_month_once"):
        books.issue(monthly, **nothing)
    with forbidden("invoice_number_once"):
        books.issue(monthly, **nothing, month_on=FREE_MONTH, number=monthly.number)
    with forbidden("reference_once"):
        books.issue(monthly, **nothing, month_on=FREE_MONTH, reference=monthly.reference)
    with forbidden("order_once"):
        books.issue(books.invoice(books.dana, "order", "2026-06"), **nothing)
    with forbidden("invoice_tax_rate_once"):
        tax = {"invoice_id": new_id(), "rate_bp": 1900, "net_minor": 0, "tax_minor": 0}
        InvoiceTax.objects.create(**tax)
        InvoiceTax.objects.create(**tax)


def test_nothing_is_added_to_what_was_issued(books: Books, monthly: Invoice) -> None:
    charge = monthly.lines.filter(kind="charge").first()
    assert charge is not None
    with forbidden("an issued document takes no more lines"):
        copied(charge, position=99, month_on=FREE_MONTH)
    with forbidden("an issued document takes no more lines"):
        copied(charge, position=99, month_on=FREE_MONTH, net_minor=0)
    with forbidden("an issued document takes no more tax"):
        InvoiceTax.objects.create(invoice=monthly, rate_bp=700, net_minor=0, tax_minor=0)


def test_a_line_names_a_credit_and_a_line_that_are_there(books: Books, monthly: Invoice) -> None:
    charge, use = monthly.lines.filter(kind="charge").first(), monthly.lines.get(kind="credit")
    assert charge is not None
    free = {"invoice_id": new_id(), "position": 1, "month_on": FREE_MONTH, "kind": "correction"}
    why = "there is no such credit, or no such line to correct"
    with forbidden(why):
        copied(charge, **free, corrects_id=new_id())
    with forbidden(why):
        copied(charge, **free, corrects_id=charge.id, credit_id=new_id())
    with forbidden(why):
        copied(charge, **free | {"kind": "credit"}, credit_id=new_id(), net_minor=-1)
    with transaction.atomic():
        copied(charge, **free, corrects_id=charge.id, credit_id=use.credit_id)
        transaction.set_rollback(True)


def test_a_document_is_issued_whole(books: Books, monthly: Invoice) -> None:
    charge = monthly.lines.filter(kind="charge").first()
    assert charge is not None

    def line(net_minor: int) -> dict[str, Any]:
        document = {"id": new_id(), "net_minor": net_minor, "month_on": FREE_MONTH}
        copied(charge, invoice_id=document["id"], position=1, month_on=FREE_MONTH, net_minor=10_000)
        return document

    with forbidden("a document is the sum of its lines"):
        books.issue(monthly, **line(9_999))
    with forbidden("net and tax are the sums over its rates"):
        books.issue(monthly, **line(10_000), tax_minor=1_899)
    with transaction.atomic():
        books.issue(monthly, **line(10_000))
        transaction.set_rollback(True)


def test_amounts_are_of_the_right_sign_and_add_up(books: Books, monthly: Invoice) -> None:
    charge, use = monthly.lines.filter(kind="charge").first(), monthly.lines.get(kind="credit")
    assert charge is not None
    free = {"invoice_id": new_id(), "position": 99, "month_on": FREE_MONTH}
    nothing = {"id": new_id(), "net_minor": 0, "month_on": FREE_MONTH}
    with forbidden("invoice_gross_is_net_and_tax"):
        books.issue(monthly, **nothing, gross_minor=1)
    with forbidden("invoice_only_corrections_are_negative"):
        copied(
            charge,
            **free | {"invoice_id": nothing["id"]},
            kind="correction",
            corrects_id=use.id,
            net_minor=-100,
        )
        books.issue(monthly, **nothing | {"net_minor": -100})
    with forbidden("invoice_only_corrections_are_negative"):
        books.issue(monthly, **nothing, kind="correction")
    with forbidden("invoice_kind_known"):
        books.issue(monthly, **nothing, kind="payout")
    with forbidden("line_kind_fits_amount"):
        copied(charge, **free, net_minor=-1)
    with forbidden("line_kind_fits_amount"):
        copied(charge, **free, credit_id=use.credit_id)
    with forbidden("line_kind_fits_amount"):
        copied(charge, **free, kind="correction")
    with forbidden("line_kind_"):  # two constraints forbid it; the engines begin with different ones
        copied(charge, **free, kind="payout")


def test_a_credit_is_never_overdrawn(books: Books) -> None:
    with forbidden("more credit than is left"):
        books.use(books.credit(books.dana, "2026-06-16"))
    half_used = books.credit(books.wanda, "2026-06-16")
    with forbidden("more credit than is left"):
        books.use(half_used, 1501)
    with transaction.atomic():
        books.use(half_used, 1500)
        transaction.set_rollback(True)


def test_a_credit_is_used_on_a_later_monthly_invoice_of_its_own_account_at_its_rate(books: Books) -> None:
    half_used = books.credit(books.wanda, "2026-06-16")
    why = "credit is used at its rate, on a later monthly invoice of its account"
    with forbidden(why):
        books.use(half_used, kind="order")
    with forbidden(why):
        books.use(half_used, month_on=date(2020, 1, 1))
    with forbidden(why):
        books.use(half_used, account_id=books.dana.account.id)
    with forbidden(why):
        books.use(half_used, rate_bp=700)


def test_a_credit_comes_with_a_line_of_its_own_account_and_once(books: Books) -> None:
    credit = books.credit(books.dana, "2026-06-16")
    foreign = books.invoice(books.wanda, "monthly", "2026-06").lines.first()
    uncredited = books.invoice(books.dana, "monthly", "2026-08").lines.first()
    assert foreign is not None
    assert uncredited is not None
    part = "a credit is a part of a line of its own account"
    with forbidden(part):
        copied(credit, sequence=99, line_id=foreign.id)
    with forbidden(part):
        copied(credit, sequence=99, line_id=uncredited.id, granted_minor=uncredited.net_minor + 1)
    with forbidden(part):
        copied(credit, sequence=99, line_id=uncredited.id, rate_bp=700)
    with forbidden("line_once"):
        copied(credit, sequence=99)
    with forbidden("credit_sequence_once"):
        copied(credit, line_id=uncredited.id)
    with forbidden("credit_positive"):
        copied(credit, sequence=99, line_id=uncredited.id, granted_minor=0)
    with forbidden("credit_days_within_month"):
        copied(credit, sequence=99, line_id=uncredited.id, days=30)


def test_no_table_has_a_place_for_paying_a_credit_out() -> None:
    """Whatever points to a credit is a line that uses it (rule 5.4)."""
    pointing = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model is Credit
    ]
    assert pointing == [(InvoiceLine, "credit")]


def test_a_number_is_not_lost_when_its_transaction_is(books: Books) -> None:
    with transaction.atomic():
        books.dana.adds(one=1)
        lost = books.invoice(books.dana, "order", "2026-08").reference
        transaction.set_rollback(True)
    books.wanda.adds(one=1)
    assert books.invoice(books.wanda, "order", "2026-08").reference == lost
    series = InvoiceSeries.objects.get(year=2026)
    numbers = Invoice.objects.filter(series=series).order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, series.last_number + 1))
