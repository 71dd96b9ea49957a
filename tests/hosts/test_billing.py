"""The run of the 1st on several hosts: they share its chunks, and of one that is cut off in the middle of a
chunk nothing remains that the others would not bill themselves.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import time

import pytest
from django.db import connection, transaction

from switchroom.accounts.models import Account
from switchroom.billing.models import BillingChunk
from switchroom.jobs import schedule
from switchroom.journeys import billing_run
from switchroom.plumbing import clock
from switchroom.plumbing.locks import lock_row
from switchroom.plumbing.models import OutboxEntry
from switchroom.rules.periods import Month
from tests.cast import Town
from tests.hosts.conftest import Provider, answers, looking_into, wait_until
from tests.hosts.network import Host
from tests.journeys.runs import NAMES, monthly, now, numbers_have_no_gap, street

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE_THE_SCHEDULE = time(0, 1)  # whose day begins at five past midnight
BEFORE_THE_AUDIT = time(0, 6)
LONGEST_SECONDS = 60.0


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is planned here has a chunk for each account, on whatever host they are billed."""
    monkeypatch.setattr(billing_run, "CHUNK_ACCOUNTS", 1)


@contextmanager
def held_up(account: Account) -> Iterator[None]:
    """Whoever wants to bill this account has to wait, with nothing written yet."""
    with transaction.atomic():
        lock_row(Account, account.pk)
        yield


@contextmanager
def nothing_promised() -> Iterator[None]:
    """Whoever bills has to wait before the first letter, with invoices written and their numbers drawn."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {OutboxEntry._meta.db_table} IN SHARE MODE")
        yield


def waits(host: Host) -> bool:
    """Whether somebody on a host waits for what another has locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees who waited at first
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE client_addr = %s AND wait_event_type = 'Lock'",
            [host.address],
        )
        (waiting,) = cursor.fetchone()
        return bool(waiting)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=LONGEST_SECONDS)
    return process.returncode, said


def chunks_done(month: Month) -> list[int]:
    """How many chunks each process did that did any, in the order in which it began."""
    chunks = BillingChunk.objects.filter(run__month_on=month.first_on, done_at__isnull=False)
    return list(Counter(chunks.order_by("done_at").values_list("done_by", flat=True)).values())


def billed_in_spite_of_it(
    provider: Provider, month: Month, hold: AbstractContextManager[None], until: Callable[[], bool]
) -> None:
    """The first host is cut off while it is held up in a chunk, and the second does what is left of the run.

    ``until`` says when the second one has come as far as it does before.
    """
    clock.move_to(month.first_on, at=BEFORE_THE_SCHEDULE)
    run = billing_run.open_run(month, when=now())
    assert run is not None
    victim, other = provider.workers
    with ExitStack() as stack:
        with hold:
            torn = stack.enter_context(provider.started(victim, "bill", "--month", str(month)))
            wait_until(lambda: waits(victim), provider)
            whole = stack.enter_context(provider.started(other, "bill", "--month", str(month)))
            wait_until(until, provider)
            victim.cut_off()
            stack.callback(victim.connect)
        code, said = ended(whole)
        assert code == 0, said
        assert f"{month}: {len(NAMES)} of {len(NAMES)} accounts, " in said
        run.refresh_from_db()
        assert run.finished_at is not None
        assert answers(f"http://{provider.portal.address}:8000/readyz")
        assert ended(torn)[0] == 1
        assert "switchroom bill: the database cannot be used: " in ended(torn)[1]
    assert sorted(monthly(str(month))) == sorted(NAMES)
    assert numbers_have_no_gap()


def night_falls(month: Month) -> None:
    """The schedule of all hosts begins the day, the audit's hour has not come."""
    clock.move_to(month.first_on, at=BEFORE_THE_AUDIT)
    schedule.promise_what_is_due()


def test_hosts_share_a_run_and_bill_what_one_that_is_cut_off_leaves(provider: Provider) -> None:
    """In July it is cut off before anything of the chunk is written, in August when all of it is, but not
    committed. In September the schedule begins the run: whoever does so is held up, the other is called.
    """
    july, august, september = Month(2026, 7), Month(2026, 8), Month(2026, 9)
    with looking_into(provider):
        town = Town().on("2026-06-01")
        *_, dora, _, _, _, _ = street(town, len(NAMES))

        billed_in_spite_of_it(
            provider, july, held_up(dora.account), lambda: len(monthly("2026-07")) == len(NAMES) - 1
        )
        assert chunks_done(july) == [3, 5], "shared by both, and Dora's left to the second"

        billed_in_spite_of_it(provider, august, nothing_promised(), lambda: waits(provider.workers[1]))
        assert chunks_done(august) == [8]

        town.sleeps_until("2026-08-01")
        schedule.promise_what_is_due()
        wait_until(lambda: town.unsent() == [], provider)
        town.closes_its_books()

        clock.move_to(september.first_on, at=BEFORE_THE_SCHEDULE)
        assert billing_run.open_run(september, when=now()) is not None
        night_falls(september)  # whose work begins with all the days of August
        with held_up(dora.account):
            wait_until(lambda: len(monthly("2026-09")) == len(NAMES) - 1, provider)
            assert any(waits(host) for host in provider.workers)
        wait_until(lambda: town.unsent() == [], provider)
        assert len(chunks_done(september)) == 2
        assert sorted(monthly("2026-09")) == sorted(NAMES)
        town.sleeps_until("2026-09-01").closes_its_books()
