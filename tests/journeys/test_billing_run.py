"""The run of the 1st: one invoice for each account, in chunks that anybody takes, and once however often it
is started.
"""

from __future__ import annotations

from datetime import date

import pytest

from switchroom.billing.models import BillingRun, Invoice
from switchroom.journeys import billing_run
from switchroom.journeys import day as days
from switchroom.journeys.audit import run_audit
from switchroom.journeys.billing_run import SHARE, NotBegun, Progress, call_for_hands, progress_of
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.bulk import key_of
from switchroom.plumbing.models import OutboxEntry
from switchroom.rules.lifecycle import State
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.spans import plan_spans
from tests.cast import Town, letters_sent
from tests.catalogues import catalogue
from tests.journeys.runs import (
    NAMES,
    bills,
    is_provided,
    loses_the_invoice,
    monthly,
    now,
    numbers_have_no_gap,
    rows_of_all_tables,
    street,
)
from tests.journeys.test_at_once import at_once
from tests.ledgers import paper


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of two accounts."""
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", 2)


def test_one_invoice_bills_all_that_an_account_holds(town: Town) -> None:
    """Two phone systems and a credit of the 16th: 4 × 15.00 × 15/30. 19 % of 100.00 are 19.00."""
    emil = town.customer("Emil").grows_to(one=2)
    emil.starts_trial("Shop").grows_to(one=3)
    emil.starts_trial("Only tried")
    town.on("2026-06-16")
    emil.turns_to("Shop").adds(one=4)
    town.sleeps_until("2026-07-01")
    run = bills("2026-07")
    assert emil.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 30.00 vat 5.70 (19%) gross 35.70
          2026-06 2 × one 15.00 = 30.00
        R-2026-000002 2026-06-01 order, net 45.00 vat 8.55 (19%) gross 53.55
          2026-06 3 × one 15.00 = 45.00
        R-2026-000003 2026-06-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-06 4 × one 15.00 = 60.00
        R-2026-000004 2026-07-01 monthly 2026-07, net 105.00 vat 19.95 (19%) gross 124.95
          2026-07 2 × one 15.00 = 30.00
          2026-07 3 × one 15.00 = 45.00
          2026-07 4 × one 15.00 = 60.00
          2026-06 credit 4 × one 15.00, 15 of 30 days, R-2026-000003 = -30.00
        credit 2026-06-16 4 × one 15.00, 15/30 days, R-2026-000003: granted 30.00 used 30.00 left 0.00
        """
    )
    assert emil.story[-1] == "2026-07-01 invoice R-2026-000004 monthly 75.00"
    assert run is not None
    assert progress_of(run) == Progress(1, 1, 1, 10_500, 0, 0)
    assert set(Subscription.objects.exclude(name="Only tried").values_list("next_due_on", flat=True)) == {
        date(2026, 8, 1)
    }
    outbox.drain()
    assert [letter["Subject"] for letter in letters_sent()][-1] == "Invoice R-2026-000004: 124.95 €"
    town.run_day()
    town.closes_its_books()


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_every_account_is_in_one_chunk(town: Town, size: int) -> None:
    accounts = sorted(customer.account.id for customer in street(town, 5))
    town.customer("Ivo").starts_trial()
    spans = list(plan_spans(due_on=date(2026, 7, 1), everybody=True, size=size))
    assert [span.accounts for span in spans] == [size] * (5 // size) + [5 % size] * (5 % size > 0)
    edges = [edge for span in spans for edge in (span.first, span.last)]
    assert edges == sorted(edges)
    assert (edges[0], edges[-1]) == (key_of(accounts[0]), key_of(accounts[-1]))
    for account in map(key_of, accounts):
        assert sum(span.first <= account <= span.last for span in spans) == 1


@pytest.mark.usefixtures("small_chunks")
def test_it_is_done_chunk_by_chunk_and_says_by_whom(town: Town) -> None:
    street(town, 5)
    town.sleeps_until("2026-07-01")
    run = bills("2026-07")
    assert run is not None
    chunks = list(run.chunks.all())
    assert [(chunk.accounts, chunk.invoices, chunk.parked) for chunk in chunks] == [
        (2, 2, 0),
        (2, 2, 0),
        (1, 1, 0),
    ]
    assert [chunk.net_minor for chunk in chunks] == [4_500, 10_500, 7_500]
    assert {chunk.done_by for chunk in chunks} == {run.started_by} == {now().by}
    instants = [at for at in (run.started_at, *(one.done_at for one in chunks), run.finished_at) if at]
    assert len(instants) == 5
    assert instants == sorted(instants)
    assert {clock.local_day(at) for at in instants} == {town.day}
    assert monthly("2026-07") == list(NAMES[:5])
    assert numbers_have_no_gap()
    town.closes_its_books()


@pytest.mark.usefixtures("small_chunks")
def test_a_second_run_finds_nothing_also_where_it_looks(town: Town) -> None:
    """Whoever has something due is not looked at again; on request everybody who pays is."""
    street(town, 5)
    town.customer("Ivo").starts_trial()
    town.on("2026-07-01")
    assert bills("2026-07") is None
    before = rows_of_all_tables()
    run = bills("2026-07", everybody=True)
    assert run is not None
    assert progress_of(run) == Progress(accounts=5, done=5, invoices=0, net_minor=0, parked=0, open_chunks=0)
    assert run.looks_at_all
    written = {table: count - before[table] for table, count in rows_of_all_tables().items()}
    assert {table: more for table, more in written.items() if more} == {
        "billing_billingrun": 1,
        "billing_billingchunk": 3,
    }
    town.closes_its_books()


@pytest.mark.usefixtures("small_chunks")
def test_a_run_that_was_stopped_is_resumed_by_the_next(town: Town) -> None:
    street(town, 5)
    town.sleeps_until("2026-07-01")
    stopped = bills("2026-07", chunks=1)
    assert stopped is not None
    assert progress_of(stopped) == Progress(5, 2, 2, 4_500, 0, 2)
    assert stopped.finished_at is None
    assert monthly("2026-07") == list(NAMES[:2])
    assert "billing runs are finished" in {finding.law for finding in run_audit(day=date(2026, 7, 2))}
    resumed = bills("2026-07")
    assert resumed == stopped
    assert progress_of(resumed) == Progress(5, 5, 5, 22_500, 0, 0)
    assert resumed.finished_at is not None
    assert monthly("2026-07") == list(NAMES[:5])
    assert numbers_have_no_gap()
    town.closes_its_books()


@pytest.mark.usefixtures("small_chunks")
def test_a_night_later_the_day_finishes_what_was_stopped(town: Town) -> None:
    """Also when another month has begun meanwhile: the older run comes first."""
    street(town, 5)
    town.sleeps_until("2026-07-31")
    bills("2026-07", chunks=2)
    town.on("2026-08-01")
    assert [(str(run), run.finished_at is not None) for run in BillingRun.objects.order_by("month_on")] == [
        ("2026-07", True),
        ("2026-08", True),
    ]
    assert monthly("2026-07") == list(NAMES[:5])
    invoices = Invoice.objects.filter(kind="monthly").order_by("number")
    assert [invoice.month_on.month for invoice in invoices] == [7] * 5 + [8] * 5
    town.closes_its_books()


@pytest.mark.usefixtures("small_chunks")
def test_whoever_is_free_shares_in_the_run_of_the_night(town: Town) -> None:
    """Seven in chunks of two: three calls beside who begins, each kept once however often it is called."""
    street(town, 7)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    run = bills("2026-07", chunks=0)
    assert run is not None
    for _ in range(2):
        call_for_hands(run)
    assert OutboxEntry.objects.filter(kind=SHARE).count() == 3
    outbox.drain()
    run.refresh_from_db()
    assert run.finished_at is not None
    assert monthly("2026-07") == list(NAMES[:7])
    report = days.run_day(day=town.day, at=clock.now())
    assert (report.invoices, report.parked, report.failed) == (0, (), ())
    town.closes_its_books()


def test_a_wish_in_the_middle_of_a_run_is_billed_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wishes something is settled first; the run then finds that account done."""
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", 2)
    *_, emil = street(town, 5)
    town.sleeps_until("2026-07-01")
    bills("2026-07", chunks=1)
    emil.adds(one=1)
    run = bills("2026-07")
    assert run is not None
    assert progress_of(run) == Progress(5, 5, 4, 15_000, 0, 0)
    assert monthly("2026-07") == ["Abel", "Bea", "Emil", "Cem", "Dora"]
    assert numbers_have_no_gap()
    town.closes_its_books()


def test_a_month_that_has_not_begun_is_refused_in_words(town: Town) -> None:
    street(town, 1)
    town.on("2026-06-30")
    with pytest.raises(NotBegun, match="2026-07 has not begun; today is 2026-06-30"):
        bills("2026-07")
    assert not BillingRun.objects.exists()


def test_two_months_late_there_are_two_documents_oldest_first(town: Town) -> None:
    """Credits are used as they would have been: July's invoice takes them."""
    abel, bea = street(town, 2)
    town.on("2026-06-16")
    bea.adds(one=4)
    town.sleeps_until("2026-08-05")
    run = bills("2026-08")
    assert run is not None
    assert progress_of(run) == Progress(2, 2, 4, 1_500 + 6_000 + 1_500 + 9_000, 0, 0)
    assert (
        bea.statement.splitlines()[4:]
        == paper(
            """
        R-2026-000006 2026-08-05 monthly 2026-07, net 60.00 vat 11.40 (19%) gross 71.40
          2026-07 2 × one 15.00 = 30.00
          2026-07 4 × one 15.00 = 60.00
          2026-06 credit 4 × one 15.00, 15 of 30 days, R-2026-000003 = -30.00
        R-2026-000007 2026-08-05 monthly 2026-08, net 90.00 vat 17.10 (19%) gross 107.10
          2026-08 2 × one 15.00 = 30.00
          2026-08 4 × one 15.00 = 60.00
        credit 2026-06-16 4 × one 15.00, 15/30 days, R-2026-000003: granted 30.00 used 30.00 left 0.00
        """
        ).splitlines()
    )
    assert abel.statement.splitlines()[2].startswith("R-2026-000004 2026-08-05 monthly 2026-07, net 15.00")
    town.closes_its_books()


def test_what_bites_or_ends_on_the_day_of_the_run_does_so_first(town: Town) -> None:
    """Past their terms Cem goes from 8 to 5 and Dora leaves; an invoice of August for her does not exist."""
    town.sells(catalogue(term_months=1))
    cem, dora = (town.customer(name).grows_to(one=8) for name in ("Cem", "Dora"))
    town.on("2026-07-10")
    cem.reduces_to(one=5)
    dora.cancels()
    town.on("2026-07-31").sleeps_until("2026-08-01")
    run = bills("2026-08")
    assert run is not None
    assert progress_of(run) == Progress(2, 2, 1, 7_500, 0, 0)
    assert monthly("2026-08") == ["Cem"]
    assert (
        cem.statement.splitlines()[-2:]
        == paper(
            """
        R-2026-000005 2026-08-01 monthly 2026-08, net 75.00 vat 14.25 (19%) gross 89.25
          2026-08 5 × one 15.00 = 75.00
        """
        ).splitlines()
    )
    assert cem.story[-2:] == [
        "2026-08-01 reduced from 8 one to 5 one",
        "2026-08-01 invoice R-2026-000005 monthly 75.00",
    ]
    held = [(item.quantity, item.from_on, item.until_on) for item in cem.promise.items]
    assert held == [(8, date(2026, 6, 1), date(2026, 8, 1)), (5, date(2026, 8, 1), None)]
    assert cem.promise.reduction is None
    assert dora.state() is State.DELETED
    assert is_provided(dora)  # bills are all that a run does; the day does the rest
    town.run_day()
    assert not is_provided(dora)
    assert cem.entitled.trunk_lines == 10
    assert cem.story[-1] == "2026-08-01 entitled to 10/15/5, before 16/24/8"
    town.closes_its_books()


def test_a_hole_in_the_middle_is_filled(town: Town) -> None:
    """July was lost and August was billed, which no journey leaves behind. The lost number stays a gap."""
    _, bea = street(town, 2)
    town.on("2026-08-01")
    loses_the_invoice(bea, "2026-07")
    assert bills("2026-08") is None
    run = bills("2026-08", everybody=True)
    assert run is not None
    assert progress_of(run) == Progress(2, 2, 1, 3_000, 0, 0)
    assert (
        bea.statement.splitlines()[2:]
        == paper(
            """
        R-2026-000006 2026-08-01 monthly 2026-08, net 30.00 vat 5.70 (19%) gross 35.70
          2026-08 2 × one 15.00 = 30.00
        R-2026-000007 2026-08-01 monthly 2026-07, net 30.00 vat 5.70 (19%) gross 35.70
          2026-07 2 × one 15.00 = 30.00
        """
        ).splitlines()
    )
    assert bills("2026-08", everybody=True) is not None
    assert monthly("2026-07") == ["Abel", "Bea"]


def test_what_leaves_with_a_run_happens_once(town: Town) -> None:
    """One letter for each invoice, none of them before the run is committed."""
    street(town, 3)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    sent = len(letters_sent())
    bills("2026-07")
    assert len(letters_sent()) == sent
    outbox.drain()
    assert [letter["Subject"] for letter in letters_sent()][sent:] == [
        "Invoice R-2026-000004: 17.85 €",
        "Invoice R-2026-000005: 35.70 €",
        "Invoice R-2026-000006: 53.55 €",
    ]
    bills("2026-07", everybody=True)
    outbox.drain()
    assert len(letters_sent()) == sent + 3
    assert not OutboxEntry.objects.filter(done_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_one_run_and_no_number_is_left_out(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", 1)
    town = Town().on("2026-06-01")
    street(town, 8)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    came_of = at_once([lambda: bills("2026-07")] * 4)
    assert [one for one in came_of if isinstance(one, Exception)] == []
    runs = set(BillingRun.objects.values_list("id", flat=True))
    assert {run.id for run in came_of if isinstance(run, BillingRun)} == runs
    assert len(runs) == 1
    (run,) = BillingRun.objects.all()
    assert progress_of(run) == Progress(8, 8, 8, 54_000, 0, 0)
    assert run.finished_at is not None
    assert sorted(monthly("2026-07")) == sorted(NAMES)
    assert numbers_have_no_gap()
    outbox.drain()
    town.closes_its_books()
