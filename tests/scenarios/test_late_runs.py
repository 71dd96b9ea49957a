"""The day's job comes late, twice, or dies: the same lines and use of credits come out (rule 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from switchroom.billing.models import InvoiceLine
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing.models import OutboxEntry, TownClock
from switchroom.subscriptions.models import Item, Subscription
from tests.cast import Customer, Town, letters_sent
from tests.catalogues import catalogue
from tests.engines import let_time_pass
from tests.ledgers import paper

Lines = list[tuple[Any, ...]]


def test_two_months_late_each_month_has_its_own_document_oldest_first(town: Town) -> None:
    """Number and day are those of the real issue; July alone uses the credit, as it would have."""
    zoe = town.on("2026-06-01").customer("Zoe").grows_to(one=10)
    town.on("2026-06-16")
    zoe.grows_to(one=14)
    town.sleeps_until("2026-09-03").run_day()
    assert zoe.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 150.00 vat 28.50 (19%) gross 178.50
          2026-06 10 × one 15.00 = 150.00
        R-2026-000002 2026-06-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-06 4 × one 15.00 = 60.00
        R-2026-000003 2026-09-03 monthly 2026-07, net 180.00 vat 34.20 (19%) gross 214.20
          2026-07 10 × one 15.00 = 150.00
          2026-07 4 × one 15.00 = 60.00
          2026-06 credit 4 × one 15.00, 15 of 30 days, R-2026-000002 = -30.00
        R-2026-000004 2026-09-03 monthly 2026-08, net 210.00 vat 39.90 (19%) gross 249.90
          2026-08 10 × one 15.00 = 150.00
          2026-08 4 × one 15.00 = 60.00
        R-2026-000005 2026-09-03 monthly 2026-09, net 210.00 vat 39.90 (19%) gross 249.90
          2026-09 10 × one 15.00 = 150.00
          2026-09 4 × one 15.00 = 60.00
        credit 2026-06-16 4 × one 15.00, 15/30 days, R-2026-000002: granted 30.00 used 30.00 left 0.00
        """
    )


def test_a_wish_finds_its_account_settled_though_nobody_ran_the_day(town: Town) -> None:
    """An order of 3 September may not come before July's bill, nor change its use of credits."""
    abel = town.on("2026-06-16").customer("Abel").grows_to(one=2)
    town.sleeps_until("2026-09-03")
    abel.adds(one=1)
    assert abel.statement == paper(
        """
        R-2026-000001 2026-06-16 order, net 30.00 vat 5.70 (19%) gross 35.70
          2026-06 2 × one 15.00 = 30.00
        R-2026-000002 2026-09-03 monthly 2026-07, net 15.00 vat 2.85 (19%) gross 17.85
          2026-07 2 × one 15.00 = 30.00
          2026-06 credit 2 × one 15.00, 15 of 30 days, R-2026-000001 = -15.00
        R-2026-000003 2026-09-03 monthly 2026-08, net 30.00 vat 5.70 (19%) gross 35.70
          2026-08 2 × one 15.00 = 30.00
        R-2026-000004 2026-09-03 monthly 2026-09, net 30.00 vat 5.70 (19%) gross 35.70
          2026-09 2 × one 15.00 = 30.00
        R-2026-000005 2026-09-03 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-09 1 × one 15.00 = 15.00
        credit 2026-06-16 2 × one 15.00, 15/30 days, R-2026-000001: granted 15.00 used 15.00 left 0.00
        credit 2026-09-03 1 × one 15.00, 2/30 days, R-2026-000005: granted 1.00 used 0.00 left 1.00
        """
    )


@pytest.mark.parametrize("late_until", ["2026-07-02", "2026-08-01", "2026-11-15"])
def test_however_late_the_same_lines_come_out(town: Town, late_until: str) -> None:
    """What bit or ended while nobody ran the day counts from its own day on."""
    customers = _a_busy_june(town)
    with _undone():
        town.until(late_until)
        undisturbed = [_lines(customer) for customer in customers]
    town.sleeps_until(late_until).run_day()
    assert [_lines(customer) for customer in customers] == undisturbed
    assert [customer.state() for customer in customers] == ["active", "deleted", "active"]


def test_a_late_run_sends_no_reminder_of_what_has_happened(town: Town) -> None:
    bea = town.on("2026-05-20").customer("Bea").starts_trial()
    town.sleeps_until("2026-07-10").run_day()
    assert bea.story == [
        "2026-05-20 trial started, over on 2026-06-20",
        "2026-06-20 trial expired, deleted on 2026-07-04",
        "2026-06-20 phone system switched off",
        "2026-07-10 phone system deleted by rule 3.3: 0 endpoints, 0 numbers, 0 backups",
    ]


class PowerFailure(BaseException):
    """Nobody may catch this: the program is gone."""


def test_killed_at_any_write_the_day_leaves_nothing_half_done_and_can_be_done_again(
    town: Town, request: pytest.FixtureRequest
) -> None:
    """A day on which a reduction bites, a subscription ends and all are billed dies before one of its writes.

    What was committed for the accounts before stays, so the rerun has only the rest to do.
    """
    customers = _a_busy_june(town)
    town.on("2026-06-30").sleeps_until("2026-07-01")
    untouched = _everything()
    with _undone(), _counting() as writes:
        town.run_day()
        undisturbed = [customer.statement for customer in customers], _everything()
    assert len(writes) > 50
    step = 1 if request.config.getoption("--full") else 7
    for dies_at in range(1, len(writes) + 1, step):
        with _undone():
            with pytest.raises(PowerFailure), _dying_before_write(dies_at):
                town.run_day()
            transaction.set_rollback(False)  # the test's own transaction is not what has failed
            assert _halves(customers, untouched) == [], f"half a journey is left after write {dies_at}"
            town.run_day()
            let_time_pass(timedelta(hours=1))  # and the dead worker is noticed
            town.run_day()
            after = [customer.statement for customer in customers], _everything()
            assert after == undisturbed, f"not the same after dying before write {dies_at}"
    town.run_day()


def _a_busy_june(town: Town) -> list[Customer]:
    """One holds less from July on, one leaves with June, one has two phone systems and a credit."""
    town.on("2026-05-01").sells(catalogue(term_months=1))
    reducing, leaving, growing = (town.customer(name).grows_to(one=8) for name in ("Cilly", "Dora", "Emil"))
    growing.starts_trial("Shop").grows_to(one=2)
    town.on("2026-06-16")
    reducing.adds(one=2).reduces_to(one=5)
    leaving.adds(one=1).cancels()
    growing.adds(one=4)
    return [reducing, leaving, growing]


def _lines(customer: Customer) -> Lines:
    """What must not depend on when the job ran: the documents' months and kinds, and every line of them."""
    lines = InvoiceLine.objects.filter(invoice__account=customer.account)
    return list(
        lines.order_by("invoice__series", "invoice__number", "position").values_list(
            "invoice__kind",
            "invoice__month_on",
            "kind",
            "month_on",
            "item__licence__key",
            "quantity",
            "unit_price_minor",
            "days",
            "of_days",
            "net_minor",
            "rate_bp",
            "credit__line__month_on",
        )
    )


def _everything() -> dict[str, Any]:
    """The facts that a day's run may change, without ids and instants that are made anew each time."""
    return {
        "due": sorted(Subscription.objects.values_list("name", "next_due_on")),
        "items": sorted(
            Item.objects.values_list("subscription__name", "sequence", "quantity", "from_on", "until_on"),
            key=str,
        ),
        "phone systems": sorted(
            PhoneSystem.objects.values_list("name", "is_on", "trunk_lines", "endpoint_limit", "number_limit")
        ),
        "effects": sorted(OutboxEntry.objects.values_list("kind", flat=True)),
        "letters": sorted(str(letter["Subject"]) for letter in letters_sent()),
    }


def _halves(customers: list[Customer], untouched: dict[str, Any]) -> list[str]:
    """Who is neither wholly before nor wholly behind the 1st of July."""
    billed = {
        customer.name: InvoiceLine.objects.filter(
            invoice__account=customer.account, invoice__month_on="2026-07-01", invoice__kind="monthly"
        ).exists()
        for customer in customers
    }
    due_before = dict(untouched["due"])
    halves = []
    for customer in customers:
        subscriptions = Subscription.objects.filter(account=customer.account)
        waiting = {one.next_due_on == due_before[one.name] for one in subscriptions}
        if len(waiting) != 1 or (customer.name != "Dora" and waiting == {billed[customer.name]}):
            halves.append(customer.name)
    return halves


@contextmanager
def _undone() -> Iterator[None]:
    """Whatever happens to the database and the letters in the block is forgotten."""
    before = {letter["Message-ID"] for letter in letters_sent()}
    savepoint = transaction.savepoint()
    yield
    transaction.savepoint_rollback(savepoint)
    _forget_letters_but(before)


def _forget_letters_but(kept: set[str]) -> None:
    for file in Path(settings.MAIL_FOLDER).glob("*.eml"):
        if f"<{file.stem}>" not in kept:
            file.unlink()


@contextmanager
def _counting() -> Iterator[list[str]]:
    writes: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if _is_write(sql):
            writes.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield writes


@contextmanager
def _dying_before_write(number: int) -> Iterator[None]:
    """The power fails at the database's door: the outer edge, so that none of our own code is replaced."""
    writes = 0

    def die(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal writes
        if _is_write(sql):
            writes += 1
            if writes == number:
                raise PowerFailure
        return execute(sql, *rest)

    with connection.execute_wrapper(die):
        yield


def _is_write(sql: str) -> bool:
    about_the_clock = TownClock._meta.db_table in sql
    of_the_outbox = "procrastinate_" in sql  # its engine on PostgreSQL writes by calling functions
    return (sql.startswith(("INSERT", "UPDATE", "DELETE")) or of_the_outbox) and not about_the_clock
