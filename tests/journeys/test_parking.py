"""An account that cannot be billed is parked with the reason, stops nobody, and is billed when it can be."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

import pytest
from django.db.models import F

from switchroom.billing.models import (
    BillingChunk,
    BillingRun,
    Invoice,
    InvoiceKind,
    InvoiceSeries,
    ParkedAccount,
)
from switchroom.catalog.models import ProductVersion
from switchroom.journeys import billing_run
from switchroom.journeys import day as days
from switchroom.journeys.billing_run import Progress, progress_of
from switchroom.journeys.parked import bill_parked
from switchroom.plumbing import clock
from switchroom.rules.periods import Month
from switchroom.subscriptions.facts import Contradiction
from switchroom.subscriptions.models import Item, Subscription, Trial
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.journeys.runs import (
    NAMES,
    bills,
    facts_can_be_broken,
    is_provided,
    loses_the_invoice,
    monthly,
    now,
    numbers_have_no_gap,
    reasons,
    street,
)

Mend = Callable[[], object]


def loses_its_trial(customer: Customer) -> Mend:
    trial = Trial.objects.get(subscription=customer.subscription_id)
    Trial.objects.filter(pk=trial.pk).delete()
    return lambda: trial.save(force_insert=True)


def loses_an_item(customer: Customer) -> Mend:
    """The first of two is gone."""
    items = Item.objects.filter(subscription=customer.subscription_id, sequence=1)
    items.update(sequence=2)
    return lambda: Item.objects.filter(subscription=customer.subscription_id).update(sequence=1)


def forgets_its_purchase(customer: Customer) -> Mend:
    mine = Subscription.objects.filter(account=customer.account)
    bought_on = mine.get().bought_on
    mine.update(bought_on=None)
    return lambda: mine.update(bought_on=bought_on)


@pytest.mark.parametrize(
    ("breaks", "sentence"),
    [
        (loses_its_trial, "subscription {} has no trial"),
        (loses_an_item, "item 1 of subscription {} is missing"),
        (forgets_its_purchase, "subscription {} has a purchase without items, or items without one"),
    ],
)
def test_facts_that_contradict_one_another_are_not_billed_and_stop_nobody(
    town: Town, breaks: Callable[[Customer], Mend], sentence: str
) -> None:
    _, bea, _ = street(town, 3)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    facts_can_be_broken()
    mend = breaks(bea)
    run = bills("2026-07")
    assert run is not None
    assert progress_of(run) == Progress(
        accounts=3, done=3, invoices=2, net_minor=6_000, parked=1, open_chunks=0
    )
    assert run.finished_at is not None
    assert monthly("2026-07") == ["Abel", "Cem"]
    assert {name: reason.replace("-", "") for name, reason in reasons().items()} == {
        "Bea": sentence.format(bea.subscription.id.hex)
    }
    assert bills("2026-07") is not None  # tried again, in vain
    assert list(reasons()) == ["Bea"]
    mend()
    bills("2026-07")
    assert monthly("2026-07") == ["Abel", "Cem", "Bea"]
    assert reasons() == {}
    assert numbers_have_no_gap()


def test_nothing_else_is_done_for_a_parked_account(town: Town) -> None:
    """Bea's cancellation takes effect when her facts agree again, on its own day."""
    town.sells(catalogue(term_months=1))
    _, bea = street(town, 2)
    bea.cancels()
    town.on("2026-06-30").sleeps_until("2026-07-02")
    facts_can_be_broken()
    mend = loses_its_trial(bea)
    report = days.run_day(day=town.day, at=clock.now())
    assert (report.invoices, report.parked, report.failed) == (1, (bea.account.id,), ())
    assert is_provided(bea)
    mend()
    assert bill_parked(account_id=bea.account.id, when=now()) == ""
    assert not is_provided(bea)
    assert reasons() == {}
    assert "2026-07-01 ended, deleted on 2026-07-01" in bea.story


def test_no_run_is_planned_night_after_night_for_a_parked_account_alone(town: Town) -> None:
    """Bea waits for an operator, or for the next run that is due for others as well."""
    _, bea = street(town, 2)
    town.on("2026-06-30")
    facts_can_be_broken()
    mend = loses_its_trial(bea)
    for night in ("2026-07-01", "2026-07-02", "2026-07-03"):
        days.run_day(day=town.sleeps_until(night).day, at=clock.now())
    assert BillingRun.objects.count() == 1
    assert (monthly("2026-07"), list(reasons())) == (["Abel"], ["Bea"])
    mend()
    town.sleeps_until("2026-08-01").run_day()
    assert BillingRun.objects.count() == 2
    assert (monthly("2026-07"), monthly("2026-08"), reasons()) == (["Abel", "Bea"], ["Abel", "Bea"], {})


def test_after_too_long_a_silence_somebody_has_to_look_first(town: Town) -> None:
    """From July 2026 to November 2027 there are 17 months; a newcomer has none to catch up with. Who has
    looked bills an earlier month first.
    """
    abel = town.customer("Abel").grows_to(one=2)
    town.on("2026-06-30").sleeps_until("2027-11-01")
    bea = town.customer("Bea").grows_to(one=1)
    silence = "2 × one would be billed for 17 months at once, 2026-07 to 2027-11; at most 15 are."
    run = bills("2027-11")
    assert run is not None
    assert progress_of(run) == Progress(1, 1, 0, 0, 1, 0)
    assert reasons() == {"Abel": silence}
    assert days.run_day(day=town.day, at=clock.now()).parked == (abel.account.id,)
    with pytest.raises(Contradiction, match="17 months at once"):
        abel.adds(one=1)
    assert bill_parked(account_id=abel.account.id, when=now()) == silence
    assert Invoice.objects.filter(kind=InvoiceKind.MONTHLY).count() == 0

    first = bills("2027-09")
    assert first is not None
    assert progress_of(first) == Progress(1, 1, 15, 15 * 3_000, 0, 0)
    assert reasons() == {}
    then = bills("2027-11")
    assert then is not None
    assert progress_of(then) == Progress(1, 1, 2, 2 * 3_000, 0, 0)
    assert numbers_have_no_gap()
    assert bea.state() == "active"
    town.run_day()
    town.closes_its_books()


def test_a_hole_does_not_hide_a_silence(town: Town) -> None:
    """July is lost: with September 2026 to November 2027 there are 16 months."""
    abel = town.customer("Abel").grows_to(one=2)
    town.on("2026-08-01")
    loses_the_invoice(abel, "2026-07")
    town.sleeps_until("2027-11-01")
    bills("2027-11")
    assert reasons() == {
        "Abel": "2 × one would be billed for 16 months at once, 2026-07 to 2027-11; at most 15 are."
    }
    assert abel.statement.count("2027-") == 0


def test_two_currencies_do_not_go_on_one_invoice(town: Town) -> None:
    abel = town.customer("Abel").grows_to(one=1)
    town.sells(catalogue(term_months=2))
    abel.starts_trial("Zurich").grows_to(one=1)
    facts_can_be_broken()
    ProductVersion.objects.filter(number=2).update(currency="CHF")
    town.sleeps_until("2026-07-01")
    bills("2026-07")
    assert reasons() == {"Abel": "its subscriptions have 2 currencies; an invoice has one"}


def writes_an_invoice_by_hand(customer: Customer, month: str) -> Mend:
    """One of nothing at all, which is a document like any other; the month has its invoice then."""
    series = InvoiceSeries.objects.get()
    InvoiceSeries.objects.update(last_number=F("last_number") + 1)
    invoice = Invoice.objects.create(
        account=customer.account,
        kind=InvoiceKind.MONTHLY,
        series=series,
        number=series.last_number + 1,
        reference="by hand",
        issued_on=f"{month}-01",
        issued_at=clock.now(),
        due_on=f"{month}-15",
        month_on=f"{month}-01",
        currency="EUR",
        net_minor=0,
        tax_minor=0,
        gross_minor=0,
        addressee={},
    )
    return lambda: Invoice.objects.filter(id=invoice.id).update(month_on="2020-01-01")


def spans() -> list[tuple[UUID, UUID, int, int, int]]:
    """The chunks of the run in the order of their accounts."""
    chunks = BillingChunk.objects.order_by("first_account_id")
    return [
        (one.first_account_id, one.last_account_id, one.accounts, one.invoices, one.parked) for one in chunks
    ]


@pytest.mark.parametrize("spoiler", [0, 4, 7])
def test_what_the_database_refuses_is_halved_until_the_account_stands_alone(town: Town, spoiler: int) -> None:
    """The other seven have their invoices of the same run, and its halves are whole together."""
    customers = street(town, 8)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    mend = writes_an_invoice_by_hand(customers[spoiler], "2026-07")
    run = bills("2026-07")
    assert run is not None
    net_minor = sum(1_500 * number for number in range(1, 9) if number != spoiler + 1)
    assert progress_of(run) == Progress(8, 8, 7, net_minor, 1, 0)
    assert run.finished_at is not None
    others = [name for name in NAMES if name != NAMES[spoiler]]
    assert sorted(monthly("2026-07")) == sorted([*others, NAMES[spoiler]])
    (reason,) = reasons().values()
    assert list(reasons()) == [NAMES[spoiler]]
    assert "invoice_month_once" in reason or "billing_invoice.month_on" in reason
    halves = spans()
    assert [accounts for _, _, accounts, _, _ in halves].count(1) == 2
    assert all(before[1] < after[0] for before, after in pairwise(halves))
    assert (halves[0][0], halves[-1][1]) == (customers[0].account.id, customers[-1].account.id)
    assert [(invoices, parked) for *_, accounts, invoices, parked in halves if invoices != accounts] == [
        (0, 1)
    ]
    assert numbers_have_no_gap()

    facts_can_be_broken()
    mend()
    assert bill_parked(account_id=customers[spoiler].account.id, when=now()) == ""
    assert reasons() == {}
    assert monthly("2026-07")[-1] == NAMES[spoiler]


def test_a_chunk_that_two_were_refused_at_once_is_halved_once(town: Town) -> None:
    """The second would halve again, or park the good account of two with the reason of the bad one."""
    customers = street(town, 2)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    writes_an_invoice_by_hand(customers[1], "2026-07")
    run = billing_run.open_run(Month(2026, 7), when=now())
    assert run is not None
    seen_by_two = BillingChunk.objects.get()
    for _ in range(2):
        billing_run._halve(seen_by_two, "refused", run=run, when=now())
    assert [accounts for _, _, accounts, _, _ in spans()] == [1, 1]
    assert reasons() == {}
    bills("2026-07")
    assert list(reasons()) == ["Bea"]


def test_a_wish_bills_and_unparks_an_account_that_is_mended(town: Town) -> None:
    _, bea = street(town, 2)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    facts_can_be_broken()
    mend = loses_an_item(bea)
    bills("2026-07")
    with pytest.raises(Contradiction, match="is missing"):
        bea.adds(one=1)
    mend()
    bea.adds(one=1)
    assert reasons() == {}
    assert monthly("2026-07") == ["Abel", "Bea"]
    assert bills("2026-07") is None


def test_trying_again_says_why_or_bills_at_once(town: Town) -> None:
    _, bea = street(town, 2)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    facts_can_be_broken()
    mend = loses_an_item(bea)
    bills("2026-07")
    town.sleeps_until("2026-07-03")
    mend()
    mend = loses_its_trial(bea)
    assert "has no trial" in bill_parked(account_id=bea.account.id, when=now())
    parked = ParkedAccount.objects.get()
    assert "has no trial" in parked.reason
    assert clock.local_day(parked.parked_at) == town.day
    mend()
    assert bill_parked(account_id=bea.account.id, when=now()) == ""
    assert reasons() == {}
    assert monthly("2026-07") == ["Abel", "Bea"]
    town.run_day()


def test_fifteen_months_at_once_are_believed(town: Town) -> None:
    abel = town.customer("Abel").grows_to(one=1)
    town.on("2026-06-30").sleeps_until("2027-09-01")
    run = bills("2027-09")
    assert run is not None
    assert progress_of(run) == Progress(1, 1, 15, 15 * 1_500, 0, 0)
    assert abel.statement.splitlines()[-2].endswith("net 15.00 vat 2.85 (19%) gross 17.85")
