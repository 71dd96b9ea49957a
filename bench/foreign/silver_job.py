"""django-silver's nearest job: an issued invoice for each customer who has subscribed to a monthly plan."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from bench._steps import step
from bench.foreign._job import make_ready

STARTED_ON = date(2025, 12, 1)
APPS = ["django.contrib.auth", "django.contrib.contenttypes", "silver"]


def job(database_url: str, customers: str) -> Callable[[], dict[str, Any]]:
    """This function will make the customers ready and give what bills them."""
    make_ready(
        database_url,
        APPS,
        PAYMENT_PROCESSORS={},
        PAYMENT_METHOD_SECRET=b"",
        SILVER_AUTOMATICALLY_CREATE_TRANSACTIONS=False,
    )
    from silver.documents_generator import DocumentsGenerator  # type: ignore[import-not-found]  # theirs
    from silver.models import Invoice  # type: ignore[import-not-found]  # theirs

    _subscribed(int(customers))

    def work() -> dict[str, Any]:
        DocumentsGenerator().generate(billing_date=STARTED_ON)
        return {"invoices": Invoice.objects.filter(state=Invoice.STATES.ISSUED).count()}

    return work


def _subscribed(customers: int) -> None:
    from silver.models import Customer, Plan, ProductCode, Provider, Subscription

    address = {"address_1": "Lindenallee 1", "country": "DE", "city": "Berlin", "zip_code": "10115"}
    provider = Provider.objects.create(
        name="Muster Telecom GmbH",
        flow=Provider.FLOWS.INVOICE,
        invoice_series="R",
        invoice_starting_number=1,
        default_document_state=Provider.DEFAULT_DOC_STATE.ISSUED,
        **address,
    )
    plan = Plan.objects.create(
        name="Phones",
        provider=provider,
        product_code=ProductCode.objects.create(value="phones"),
        interval=Plan.INTERVALS.MONTH,
        interval_count=1,
        amount=Decimal("99.00"),
        currency="EUR",
        generate_after=0,
    )
    for place in range(customers):
        customer = Customer.objects.create(
            first_name="Erika",
            last_name=f"Muster {place}",
            customer_reference=f"C-{place}",
            consolidated_billing=True,
            currency="EUR",
            sales_tax_percent=Decimal("19.00"),
            sales_tax_name="VAT",
            **address,
        )
        subscription = Subscription.objects.create(plan=plan, customer=customer, start_date=STARTED_ON)
        subscription.activate()
        subscription.save()


if __name__ == "__main__":
    step(lambda: job(*sys.argv[1:]))
