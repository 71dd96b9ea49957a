"""``switchroom bill`` and ``switchroom forecast`` as an operator gives them."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction

from switchroom.accounts.models import Account
from switchroom.billing.models import BillingChunk, BillingRun, Invoice, ParkedAccount
from switchroom.jobs import bill, forecast
from switchroom.journeys import billing_run
from switchroom.plumbing.locks import lock_row
from switchroom.rules.periods import Month
from tests.cast import Town
from tests.jobs.commands import LOOK_SECONDS, PATIENCE_SECONDS, Start, a_street_on_the_first, wait_until
from tests.journeys.runs import (
    bills,
    facts_can_be_broken,
    monthly,
    now,
    numbers_have_no_gap,
    rows_of_all_tables,
    street,
)


@pytest.fixture
def town(db: None) -> Town:
    """Three customers with bills due on 1 July, of which Bea has a credit to use; it is that day."""
    town = Town().on("2026-06-01")
    street(town, 3)
    town.on("2026-06-16")
    town.customers[1].adds(one=4)
    return town.on("2026-06-30").sleeps_until("2026-07-01")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed since the last look, without how fast it went."""
    return re.sub(r", [\d,–]+ a second", "", capsys.readouterr().out)


def test_it_bills_the_month_once(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    assert bill.main(["--month", "2026-07"]) == 0
    assert said(capsys) == "2026-07: 3 of 3 accounts, 3 invoices, net 120.00.\n"
    assert monthly("2026-07") == ["Abel", "Bea", "Cem"]
    assert bill.main([]) == 0
    assert said(capsys) == "2026-07: nothing is due.\n"
    assert bill.main(["--all"]) == 0
    assert said(capsys) == "2026-07: 3 of 3 accounts, 0 invoices, net 0.00.\n"
    town.closes_its_books()


def test_quietly_it_says_only_what_went_wrong(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    facts_can_be_broken()
    items = town.customers[0].subscription.items.all()
    items.update(sequence=2)
    assert bill.main(["--quiet"]) == 1
    assert said(capsys) == "1 accounts were parked; the back office and the log say why.\n"


REPORT = """\
2026-07: 3 invoices for 3 accounts
  net 120.00, tax 22.80
  gross 142.80; credits used 30.00

                                                 2026-06         2026-07      difference
credits used                                        0.00          -30.00          -30.00
ONE one                                             0.00          150.00          150.00

Largest changes
"""


def test_a_dry_run_says_the_same_as_the_forecast_and_the_run_and_writes_nothing(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows_of_all_tables()
    assert bill.main(["--dry-run", "--month", "2026-07"]) == 0
    dry = capsys.readouterr().out
    assert forecast.main(["--month", "2026-07"]) == 0
    assert capsys.readouterr().out == dry
    assert rows_of_all_tables() == before
    assert dry.startswith(REPORT)
    changes = dry.removeprefix(REPORT).splitlines()
    assert [re.sub(" +", " ", line.split(" ", 1)[1]) for line in changes] == [
        "Bea GmbH 0.00 60.00 60.00 first monthly invoice",
        "Cem GmbH 0.00 45.00 45.00 first monthly invoice",
        "Abel GmbH 0.00 15.00 15.00 first monthly invoice",
    ]

    assert bill.main(["--month", "2026-07"]) == 0
    assert said(capsys) == "2026-07: 3 of 3 accounts, 3 invoices, net 120.00.\n"
    invoices = Invoice.objects.filter(month_on="2026-07-01")
    assert sum(invoices.values_list("tax_minor", flat=True)) == 2_280


def test_a_forecast_is_for_the_next_month_unless_told_otherwise(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """July is still to be billed on its own: 150.00 less the credit."""
    assert forecast.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "2026-08: 3 invoices for 3 accounts",
        "  net 150.00, tax 28.50",
        "  gross 178.50; credits used 0.00",
        "  before that, earlier months bill 3 invoices, net 120.00",
    ]
    assert "Bea GmbH" in lines[-1]
    assert lines[-1].endswith("0.00 of credits, before 30.00")


def test_parked_accounts_are_foreseen_reported_and_tried_again(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    facts_can_be_broken()
    abel, bea, _ = town.customers
    items = bea.subscription.items.filter(sequence=2)
    items.update(sequence=3)
    assert forecast.main(["--month", "2026-07"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Would be parked",
        f"{bea.account.number} Bea GmbH: item 2 of subscription {_key(bea.subscription.id)} is missing",
    ]
    assert bill.main([]) == 1
    assert said(capsys) == (
        "2026-07: 3 of 3 accounts, 2 invoices, net 60.00.\n"
        "1 accounts were parked; the back office and the log say why.\n"
    )
    assert bill.main(["--parked"]) == 1
    assert said(capsys).startswith(f"{bea.account.number} Bea GmbH: parked: item 2 of subscription ")
    bea.subscription.items.filter(sequence=3).update(sequence=2)
    assert bill.main(["--parked"]) == 0
    assert said(capsys) == f"{bea.account.number} Bea GmbH: billed\n"
    assert bill.main(["--parked"]) == 0
    assert said(capsys) == ""
    assert not ParkedAccount.objects.exists()
    assert monthly("2026-07") == ["Abel", "Cem", "Bea"]
    assert abel.unread_refusal is None


def _key(id_: object) -> str:
    return str(id_) if connection.vendor == "postgresql" else str(id_).replace("-", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--month", "2026-08"],
            "2026-08 has not begun; today is 2026-07-01. To see what it will bill: forecast.",
        ),
        (["--month", "july"], "argument --month: expected a month such as 2026-06, found 'july'"),
        (["--month", "2026-13"], "argument --month: expected a month such as 2026-06, found '2026-13'"),
        (["--workers", "0"], "argument --workers: expected a number from 1 to 64, found '0'"),
        (["--workers", "65"], "argument --workers: expected a number from 1 to 64, found '65'"),
        (["--workers", "x"], "argument --workers: expected a number from 1 to 64, found 'x'"),
        (["--workers", "²"], "argument --workers: expected a number from 1 to 64, found '²'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    town: Town, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        bill.main(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
    assert not BillingRun.objects.exists()


def test_a_run_for_everybody_says_when_it_resumes_another(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", 2)
    bills("2026-07", chunks=1)
    assert bill.main(["--all"]) == 0
    assert said(capsys).startswith("An unfinished run is resumed first. To look at every paying account, ")
    assert bill.main(["--all"]) == 0
    assert said(capsys) == "2026-07: 3 of 3 accounts, 0 invoices, net 0.00.\n"


# --- The real command, as processes of their own ------------------------------------------------------------


@contextmanager
def held_up(account: Account) -> Iterator[None]:
    """Whoever wants to bill this account has to wait (on SQLite: whoever wants to write at all)."""
    with transaction.atomic():
        lock_row(Account, account.pk)
        yield


def minds_sigterm(process: subprocess.Popen[str]) -> bool:
    """Whether it has said what is to happen at SIGTERM; before, it would simply die."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def is_in_its_chunk(process: subprocess.Popen[str]) -> bool:
    """Whether it has begun a chunk and waits for the account that is held up.

    PostgreSQL says who waits for a lock. On SQLite a process waits asleep, and for nothing else so long.
    """
    if not minds_sigterm(process):
        return False
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return bool(cursor.fetchone()[0])
    looks = []
    for _ in range(10):
        status = Path(f"/proc/{process.pid}/status").read_text()
        looks.append(status.partition("State:")[2].split()[0])
        time.sleep(LOOK_SECONDS)
    return set(looks) == {"S"}


@pytest.mark.django_db(transaction=True)
def test_it_ends_after_the_chunk_when_told_to_and_goes_on_later_with_help(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in its first chunk, resumed by the next command, and in August shared by two processes."""
    town, (abel, *_) = a_street_on_the_first(monkeypatch, 4)
    run = billing_run.open_run(Month(2026, 7), when=now())
    with held_up(abel.account):
        command = start("bill", "--month", "2026-07")
        wait_until(lambda: is_in_its_chunk(command))
        command.terminate()
    output, _ = command.communicate(timeout=PATIENCE_SECONDS)
    assert command.returncode == 1
    assert "\n2026-07: 1 of 4 accounts, 1 invoices, net 15.00, " in f"\n{output}"
    assert output.endswith("Interrupted. What was done is kept; the same command goes on with the rest.\n")
    assert monthly("2026-07") == ["Abel"]

    resumed = start("bill", "--month", "2026-07")
    output, _ = resumed.communicate(timeout=PATIENCE_SECONDS)
    assert (resumed.returncode, BillingRun.objects.get()) == (0, run)
    assert "2026-07: 4 of 4 accounts, 4 invoices, net 150.00, " in output
    by = list(BillingChunk.objects.values_list("done_by", flat=True))
    assert len(set(by)) == 2
    assert by[1:] == [by[1]] * 3

    _shared_by_two(start, town)
    assert numbers_have_no_gap()
    town.run_day()
    town.closes_its_books()


def _shared_by_two(start: Start, town: Town) -> None:
    """SQLite, which has one writer at a time, says so and bills nothing; the second word does."""
    town.on("2026-07-31").sleeps_until("2026-08-01")
    abel, *others = town.customers
    if connection.vendor == "sqlite":
        refused = start("bill", "--workers", "2")
        output, _ = refused.communicate(timeout=PATIENCE_SECONDS)
        assert refused.returncode == 2
        assert "SQLite has one writer at a time: more workers need PostgreSQL." in output
        assert start("bill").wait(PATIENCE_SECONDS) == 0
    else:
        billing_run.open_run(Month(2026, 8), when=now())
        with held_up(abel.account):
            command = start("bill", "--month", "2026-08", "--workers", "2")
            wait_until(lambda: len(monthly("2026-08")) == len(others))
        output, _ = command.communicate(timeout=PATIENCE_SECONDS)
        assert command.returncode == 0
        assert "2026-08: 4 of 4 accounts, 4 invoices, net 150.00, " in output
        first, *rest = BillingChunk.objects.filter(run__month_on="2026-08-01").values_list(
            "done_by", flat=True
        )
        assert first not in rest
        assert len(set(rest)) == 1
    assert sorted(monthly("2026-08")) == ["Abel", "Bea", "Cem", "Dora"]
