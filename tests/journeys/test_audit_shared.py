"""The audit can be shared: each part is looked at once, and together they find what one finds alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F
from pytest_django import DjangoDbBlocker

from switchroom.accounts.models import Account
from switchroom.billing.models import InvoiceSeries
from switchroom.jobs import audit as job
from switchroom.journeys.audits.readings.accounts import ACCOUNTS
from switchroom.subscriptions.models import Subscription
from tests.architecture.source import ROOT
from tests.cast import Town
from tests.installations import Prepared, address_of, environment_of, installation

DAY = date(2026, 6, 10)
COMMAND = "from switchroom.config.cli import main; raise SystemExit(main())"


def live() -> None:
    """A town of more accounts than are looked at together: Dana's is the first, Erik's the last; a number is
    missing, and Erik was forgotten.
    """
    town = Town().on(DAY.isoformat())
    town.customer("Dana").grows_to(one=3)
    Account.objects.bulk_create(
        Account(number=f"C-{number}", name="Nobody", created_on=DAY)
        for number in range(20_000, 20_000 + ACCOUNTS)
    )
    erik = town.customer("Erik").grows_to(one=2)
    InvoiceSeries.objects.update(last_number=F("last_number") + 1)
    Subscription.objects.filter(id=erik.subscription.id).update(next_due_on=None)


@pytest.fixture
def environment(
    tmp_path: Path, blank: Prepared, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, str]]:
    """What an operator sets for an installation of its own in which the town lives."""
    with django_db_blocker.unblock(), installation(tmp_path, like=blank):
        live()
        yield environment_of(tmp_path, address_of(connection.settings_dict["NAME"]))


def run(environment: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", *argv], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.django_db
def test_each_part_is_looked_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    live()
    assert job.main(["--on", DAY.isoformat(), "--part", "1/2"]) == 1
    first, ending = capsys.readouterr().out.splitlines()
    assert first.startswith("invoice numbers have no gap: ")
    assert ending == f"1 found wrong on {DAY} in part 1 of 2."
    assert job.main(["--on", DAY.isoformat(), "--part", "2/2"]) == 1
    second, _ = capsys.readouterr().out.splitlines()
    assert second.startswith("every subscription is due some day: subscription Erik ")
    assert job.main(["--on", DAY.isoformat(), "--part", "3/3"]) == 0
    assert capsys.readouterr().out == f"0 found wrong on {DAY} in part 3 of 3.\n"
    assert job.main(["--on", DAY.isoformat()]) == 1
    assert capsys.readouterr().out == f"{first}\n{second}\n2 found wrong on {DAY}.\n"


def test_workers_find_together_what_is_wrong(environment: dict[str, str]) -> None:
    alone = run(environment, COMMAND, "audit", "--on", DAY.isoformat())
    together = run(environment, COMMAND, "audit", "--on", DAY.isoformat(), "--workers", "2")
    assert together.stdout == alone.stdout
    assert together.stdout.endswith(f"2 found wrong on {DAY}.\n")
    assert together.returncode == alone.returncode == 1


@pytest.mark.django_db
def test_a_worker_that_fails_is_no_worker_that_found_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a process of its own, whose database is not that of the test: it is empty."""
    with pytest.raises(job.HelperFailed, match="Part 2 of 2 of the audit was not finished"):
        job.main(["--workers", "2"])
    assert "All" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--workers", "0"], ["--part", "3/2"], ["--part", "2"]])
def test_what_makes_no_sense_is_not_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        job.main(words)
    assert end.value.code == 2
    assert "expected a" in capsys.readouterr().err
