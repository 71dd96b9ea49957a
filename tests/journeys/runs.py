"""Billing runs as a test starts them: by hand, to the end or to the first chunks of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import apps
from django.db import connection

from switchroom.billing.models import (
    BillingRun,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    ParkedAccount,
)
from switchroom.journeys.billing_run import At, open_run, who, work_on
from switchroom.plumbing import clock
from switchroom.plumbing.bulk import read_rows
from switchroom.plumbing.laws import drop_laws
from switchroom.rules.periods import Month
from tests.cast import Customer, Town

NAMES = ("Abel", "Bea", "Cem", "Dora", "Emil", "Fee", "Gerd", "Hilde")


def now() -> At:
    """The town's day and instant, and this process."""
    at = clock.now()
    return At(clock.local_day(at), at, who())


def street(town: Town, households: int) -> list[Customer]:
    """This function will let so many customers buy 1, 2, 3 … licences."""
    return [town.customer(name).grows_to(one=number) for number, name in enumerate(NAMES[:households], 1)]


def bills(month: str, *, everybody: bool = False, chunks: int | None = None) -> BillingRun | None:
    """This function will run a month, or so many chunks of it, and return the run as it is then; none when
    nothing is due.
    """
    run = open_run(Month.parse(month), when=now(), everybody=everybody)
    if run is None:
        return None
    done: list[object] = []
    work_on(run, when=now, may_go_on=lambda: chunks is None or len(done) < chunks, after_chunk=done.append)
    run.refresh_from_db()
    return run


def monthly(month: str) -> list[str]:
    """The names of all who have the invoice of a month, in the order of its numbers."""
    invoices = Invoice.objects.filter(kind=InvoiceKind.MONTHLY, month_on=f"{month}-01").order_by("number")
    return [name.removesuffix(" GmbH") for name in invoices.values_list("account__name", flat=True)]


def reasons() -> dict[str, str]:
    """Who is parked, and why."""
    parked = ParkedAccount.objects.select_related("account")
    return {one.account.name.removesuffix(" GmbH"): one.reason for one in parked}


def numbers_have_no_gap() -> bool:
    """Whether every series gave each of its numbers to a document."""
    return all(
        sorted(Invoice.objects.filter(series=series).values_list("number", flat=True))
        == list(range(1, series.last_number + 1))
        for series in InvoiceSeries.objects.all()
    )


def rows_of_all_tables() -> dict[str, int]:
    """How many rows each table holds."""
    tables: Sequence[str] = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    return {table: read_rows(f'SELECT COUNT(*) FROM "{table}"')[0][0] for table in tables}


def facts_can_be_broken() -> None:
    """This function will put the laws of the database out of force until the test is over."""
    connection.check_constraints()  # PostgreSQL drops no trigger while it still has something to check
    drop_laws(connection)


def loses_the_invoice(customer: Customer, month: str) -> None:
    """This function will make the monthly invoice of a customer vanish, as no journey can."""
    facts_can_be_broken()
    lost = Invoice.objects.get(account=customer.account, kind=InvoiceKind.MONTHLY, month_on=f"{month}-01")
    for rows in (InvoiceTax.objects.filter(invoice=lost), InvoiceLine.objects.filter(invoice=lost)):
        rows._raw_delete(rows.db)
    Invoice.objects.filter(id=lost.id)._raw_delete(rows.db)


def is_provided(customer: Customer) -> bool:
    """Whether the phone system that is meant still exists."""
    return customer.phone_system is not None
