"""What a month will bill, said beforehand: to the cent what the run then bills, and without writing a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from switchroom.billing.models import Invoice, InvoiceKind, InvoiceLine, LineKind
from switchroom.journeys import billing_run
from switchroom.journeys.forecast import CREDITS, Forecast, forecast, names_of
from switchroom.rules.money import decimal_text
from switchroom.rules.periods import Month
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.journeys.runs import NAMES, bills, facts_can_be_broken, rows_of_all_tables, street
from tests.lives import IS_FULL

Totals = tuple[int, int, int, int]


def foreseen(town: Town, month: str, *, everybody: bool = False) -> Forecast:
    return forecast(Month.parse(month), day=town.day, everybody=everybody)


def totals(said: Forecast) -> Totals:
    """Invoices, net, tax, credits used."""
    return said.invoices, said.net_minor, said.tax_minor, said.used_minor


def billed(numbers_after: int) -> Totals:
    """The same of the documents that were issued after so many."""
    invoices = Invoice.objects.filter(kind=InvoiceKind.MONTHLY, number__gt=numbers_after)
    sums = invoices.aggregate(net=Sum("net_minor", default=0), tax=Sum("tax_minor", default=0))
    used = InvoiceLine.objects.filter(invoice__in=invoices, kind=LineKind.CREDIT)
    used_minor = -used.aggregate(net=Sum("net_minor", default=0))["net"]
    return invoices.count(), int(sums["net"]), int(sums["tax"]), int(used_minor)


def changes(said: Forecast) -> list[str]:
    """The largest changes as the report words them."""
    names = names_of([change.account_id for change in said.changes])
    return [
        f"{names[one.account_id].split()[1]} {decimal_text(one.before_minor)} → "
        f"{decimal_text(one.now_minor)}: {one.reason}"
        for one in said.changes
    ]


def sums(said: Forecast) -> dict[str, tuple[int, int]]:
    """What each piece came to in the month before and will come to, in minor units."""
    pieces = sorted({*said.before_minor, *said.now_minor})
    return {" ".join(one).strip(): (said.before_minor[one], said.now_minor[one]) for one in pieces}


@pytest.fixture
def busy(town: Town) -> Town:
    """On 20 August 2026, past terms of a month: Abel goes on as before, Bea grew on the 16th and has a credit
    of 4 × 15.00 × 15/31, Cem's reduction and Dora's end are due on 1 September, Emil is new, Fee tries.
    """
    town.sells(catalogue(term_months=1))
    abel, bea, cem, dora = (town.customer(name) for name in NAMES[:4])
    abel.grows_to(one=1)
    bea.grows_to(one=10, business=True)
    cem.grows_to(one=8, extra_endpoint=5)
    dora.grows_to(one=2)
    town.on("2026-08-16")
    bea.adds(one=4)
    cem.reduces_to(one=5, extra_endpoint=0)
    dora.cancels()
    town.customer("Emil").grows_to(one=3)
    town.on("2026-08-20")
    town.customer("Fee").starts_trial()
    return town


def test_it_says_what_the_run_then_bills_and_writes_no_row(
    busy: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of_all_tables()
    said = foreseen(busy, "2026-09")
    assert rows_of_all_tables() == before
    assert said.gross_minor == said.net_minor + said.tax_minor
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", 1)
    assert foreseen(busy, "2026-09") == said
    issued = Invoice.objects.latest("number").number
    busy.on("2026-08-31").sleeps_until("2026-09-01")
    assert foreseen(busy, "2026-09") == said_on_the_day(said)
    bills("2026-09")
    assert billed(issued) == totals(said)


def said_on_the_day(said: Forecast) -> Forecast:
    """The same forecast, made when the month has begun."""
    said.has_begun = True
    return said


def test_it_gives_a_reason_for_each_change_and_sums_by_product(busy: Town) -> None:
    """Bea: 4 × 15.00 more, less 4 × 15.00 × 15/31 = 29.03. Cem: 3 × 15.00 and 5 × 2.50 less. Emil: 3 × 15.00,
    less 3 × 15.00 × 15/31 = 21.77 of a credit of his own.
    """
    said = foreseen(busy, "2026-09")
    assert changes(said) == [
        "Cem 132.50 → 75.00: -5 extra-endpoint, -3 one",
        "Bea 179.00 → 209.97: 29.03 of credits, before 0.00, +4 one",
        "Dora 30.00 → 0.00: nothing is owed any more",
        "Emil 0.00 → 23.23: first monthly invoice",
    ]
    assert sums(said) == {
        CREDITS: (0, -2_903 - 2_177),
        "ONE business": (2_900, 2_900),
        "ONE extra-endpoint": (1_250, 0),
        "ONE one": (1_500 * (1 + 10 + 8 + 2), 1_500 * (1 + 14 + 5 + 3)),
    }
    assert sum(said.now_minor.values()) == said.net_minor
    before = Invoice.objects.filter(kind=InvoiceKind.MONTHLY, month_on="2026-08-01")
    assert sum(said.before_minor.values()) == sum(before.values_list("net_minor", flat=True))
    assert (said.accounts, said.invoices, said.parked) == (5, 4, {})


def test_a_later_month_stands_beside_the_month_before_it_as_that_will_be(busy: Town) -> None:
    """In October nothing changes but that the credits are used up; September has its own run before."""
    said = foreseen(busy, "2026-10")
    assert changes(said) == [
        "Bea 209.97 → 239.00: 0.00 of credits, before 29.03",
        "Emil 23.23 → 45.00: 0.00 of credits, before 21.77",
    ]
    assert (said.earlier_invoices, said.earlier_net_minor) == (
        4,
        foreseen(busy, "2026-09").net_minor,
    )
    busy.on("2026-09-30").sleeps_until("2026-10-01")
    issued = Invoice.objects.latest("number").number
    bills("2026-10")
    assert billed(issued) == totals(said)


def test_a_month_that_has_begun_takes_along_what_was_missed(town: Town) -> None:
    """Nobody ran July and August: three documents each, as the run then writes them."""
    street(town, 2)
    town.sleeps_until("2026-09-03")
    said = foreseen(town, "2026-09")
    assert totals(said) == (6, 3 * 4_500, 3 * 855, 0)
    assert changes(said) == [
        "Bea 0.00 → 90.00: 3 months at once",
        "Abel 0.00 → 45.00: 3 months at once",
    ]
    assert (said.earlier_invoices, said.has_begun) == (0, True)
    bills("2026-09")
    assert billed(2) == totals(said)
    assert totals(foreseen(town, "2026-09")) == (0, 0, 0, 0)


def test_what_was_billed_already_is_not_foreseen_again(town: Town) -> None:
    """Late, with July billed: of August nothing is left on that account but August itself."""
    street(town, 1)
    town.on("2026-07-31").sleeps_until("2026-08-03")
    assert changes(foreseen(town, "2026-07")) == []
    assert totals(foreseen(town, "2026-08")) == (1, 1_500, 285, 0)
    assert changes(foreseen(town, "2026-08")) == []
    town.run_day()
    assert totals(foreseen(town, "2026-08")) == (0, 0, 0, 0)
    nothing_new = foreseen(town, "2026-08", everybody=True)
    assert (nothing_new.accounts, *totals(nothing_new)) == (1, 0, 0, 0, 0)


def test_it_names_who_would_be_parked_and_leaves_them_out(town: Town) -> None:
    _, bea = street(town, 2)
    town.on("2026-06-20")
    facts_can_be_broken()
    bea.subscription.items.update(sequence=2)
    said = foreseen(town, "2026-07")
    assert [reason.split()[-1] for reason in said.parked.values()] == ["missing"]
    assert totals(said) == (1, 1_500, 285, 0)
    assert sums(said) == {"ONE one": (0, 1_500)}


def test_of_many_changes_the_largest_are_named(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchroom.journeys.forecast.MOST_CHANGES", 2)
    street(town, 4)
    said = foreseen(town, "2026-07")
    assert [change.split()[0] for change in changes(said)] == ["Dora", "Cem"]
    assert totals(said) == (4, 15_000, 2_850, 0)


# --- Towns at random ----------------------------------------------------------------------------------------

Wish = tuple[int, int, str, int]
_wishes = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 12),
        st.sampled_from(["adds", "cancels", "reduces"]),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.django_db
@settings(max_examples=40 if IS_FULL else 4, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(wishes=_wishes, ahead=st.integers(0, 40), months=st.integers(1, 2))
def test_whatever_three_customers_wish_the_forecast_is_what_is_billed(
    wishes: Sequence[Wish], ahead: int, months: int
) -> None:
    """Three customers past their terms wish this and that within days; the forecast is made some days before
    the month, or a month and more.
    """
    with transaction.atomic():
        town = Town().on("2026-06-01").sells(catalogue(term_months=1))
        customers = street(town, 3)
        town.on("2026-07-02")
        for who, days, verb, number in wishes:
            town.on(town.day + timedelta(days=days))
            _wishes_of(customers[who], verb, number)
        month = Month.of(town.day + timedelta(days=ahead)).plus(months)
        said = foreseen(town, str(month))
        last = month.first_on - timedelta(days=1)
        town.on(last).sleeps_until(month.first_on.isoformat())
        issued = _issued_in(month.first_on)
        bills(str(month))
        assert billed(issued) == totals(said)
        town.run_day()
        town.closes_its_books()
        transaction.set_rollback(True)


def _wishes_of(customer: Customer, verb: str, number: int) -> str:
    """Gives the refusal, which is no matter here."""
    if verb == "adds":
        return customer.adds(one=number).refused
    if verb == "cancels":
        return customer.cancels().refused
    return customer.reduces_to(one=number).refused


def _issued_in(day: date) -> int:
    newest = Invoice.objects.filter(series=day.year).order_by("number").last()
    return 0 if newest is None else newest.number
