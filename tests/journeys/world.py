"""A small sound world for the audit to look at, and what the audit says of it."""

from __future__ import annotations

from datetime import date

from switchroom.billing.models import Invoice, InvoiceKind
from switchroom.catalog.file import shipped_catalogue
from switchroom.journeys.audit import run_audit
from switchroom.orders.models import Order, OrderState
from switchroom.phonesystems.numbers import add_stock
from tests.cast import Customer, Town

TODAY = date(2026, 8, 20)


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


def broken(day: date = TODAY) -> set[str]:
    """The names of the laws that are broken."""
    return {finding.law for finding in run_audit(day=day)}


def sentences(day: date = TODAY) -> str:
    """All findings, as the command prints them."""
    return "\n".join(str(finding) for finding in run_audit(day=day))
