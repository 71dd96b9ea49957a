"""Everything that a day asks for, in an order that may be repeated (rule 2.3).

A subscription says when it next asks for something (``next_due_on``). Bills come first, all months up to now
at once; then each due day is lived for its account, oldest day first, until nothing is due any more. Each
account is one transaction: a run that dies leaves it as it was, and a run that comes twice finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from django.db import transaction

from switchroom.accounts.models import Account
from switchroom.accounts.queries import lock_account
from switchroom.billing.models import BillingChunk, BillingRun
from switchroom.billing.parking import parked_accounts
from switchroom.journeys.begin import begin_follow_up
from switchroom.journeys.bill import bill_account
from switchroom.journeys.billing_run import At, call_for_hands, open_run, unfinished_runs, who, work_on
from switchroom.journeys.end import delete_phone_system, switch_off
from switchroom.journeys.remind import remind
from switchroom.phonesystems.calls import erase_old_calls
from switchroom.phonesystems.numbers import free_rested_numbers
from switchroom.plumbing.outages import is_outage
from switchroom.rules.periods import Month
from switchroom.subscriptions.due import accounts_due, is_anything_due, set_next_due
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import fresh, with_facts

log = structlog.get_logger(__name__)


class DayReport(msgspec.Struct, frozen=True):
    """What a day's run did: invoices issued over all accounts together, accounts that were then settled one
    by one, those that are parked and were left alone, and those that failed with the reason; and whether it
    ended early, because it was not to go on.
    """

    day: date
    invoices: int
    settled: tuple[UUID, ...]
    parked: tuple[UUID, ...]
    failed: tuple[tuple[UUID, str], ...]
    interrupted: bool


def run_day(*, day: date, at: datetime, may_go_on: Callable[[], bool] = lambda: True) -> DayReport:
    """This function will do everything that is due on or before a day, as long as it ``may_go_on``: else it
    ends after the chunk or account under way. ``at`` is the instant of the run (UTC). Bills come first, for
    all accounts together.

    One account's failure does not stop the others; it is in the report and is tried again by the next run.
    So is one that could not be billed: nothing else of it is done before that is mended. A
    database that cannot be used at all ends the run, with the error that it raised.
    """
    invoices = bill_due(day=day, at=at, may_go_on=may_go_on)
    settled_accounts: list[UUID] = []
    failed: list[tuple[UUID, str]] = []
    due, parked = accounts_due(day), parked_accounts()
    for account_id in due:
        if account_id in parked:
            continue
        if not may_go_on():
            break
        try:
            with settled(account_id, day=day, at=at):
                pass
        except Exception as problem:  # one account's broken facts must not keep the others from their bills
            if is_outage(problem):
                raise
            log.exception("day.account_failed", account_id=str(account_id), day=str(day))
            failed.append((account_id, f"{type(problem).__name__}: {problem}"))
        else:
            settled_accounts.append(account_id)
    with transaction.atomic():
        free_rested_numbers(day=day)
        erase_old_calls(day=day)
    left_alone = tuple(account_id for account_id in due if account_id in parked)
    return DayReport(day, invoices, tuple(settled_accounts), left_alone, tuple(failed), not may_go_on())


def bill_due(*, day: date, at: datetime, may_go_on: Callable[[], bool]) -> int:
    """This function will bill all accounts that missed or have the 1st of this month, or share in a run that
    does; it returns the number of invoices issued here. Runs that were left unfinished come first. When it
    may not go on, it ends after the chunk under way.

    Workers that are free are called to share in it. For parked accounts alone no run is planned night after
    night: they wait for an operator.
    """
    when, month = At(day, at, who()), Month.of(day)
    chunks: list[BillingChunk] = []

    def share(run: BillingRun) -> None:
        call_for_hands(run)
        work_on(run, when=lambda: when, may_go_on=may_go_on, after_chunk=chunks.append)

    for unfinished in unfinished_runs(through=month):
        share(unfinished)
    waits = is_anything_due(month.first_on, besides=parked_accounts())
    run = open_run(month, when=when) if waits and may_go_on() else None
    if run is not None:
        share(run)
    return sum(chunk.invoices for chunk in chunks)


@contextmanager
def settled(account_id: UUID, *, day: date, at: datetime) -> Iterator[Account]:
    """This function will open a journey: one transaction, the account locked, and all that is due already
    done.

    When the journey is through, what its wish makes due on the same day is done as well. Raises
    ``Account.DoesNotExist``.
    """
    with transaction.atomic():
        account = lock_account(account_id)
        settle(account=account, day=day, at=at)
        yield account
        settle(account=account, day=day, at=at)


def settle(*, account: Account, day: date, at: datetime) -> None:
    """This function will do whatever is due for a locked account on or before ``day``: its bills, then the
    rest, oldest day first. Raises Contradiction when it cannot be billed.
    """
    first_due_on, month = _first_due(account, day), Month.of(day)
    if first_due_on is not None and first_due_on <= month.first_on:
        bill_account(account_id=account.id, month=month, day=day, at=at)
    while (due_on := _first_due(account, day)) is not None:
        live_day(account=account, due_on=due_on, day=day, at=at)


def live_day(*, account: Account, due_on: date, day: date, at: datetime) -> None:
    """This function will live one due day of an account that is billed already; ``day`` and ``at`` say when
    it is really done.
    """
    due = _due(account, due_on)
    for subscription in due:
        switch_off(subscription=subscription, due_on=due_on, at=at)
    for subscription in due:
        begin_follow_up(subscription=subscription, due_on=due_on, at=at)
    for subscription in due:
        delete_phone_system(subscription=subscription, due_on=due_on, day=day, at=at)
    for subscription in due:
        remind(subscription=subscription, due_on=due_on, day=day)
    for subscription in due:
        set_next_due(subscription=subscription, after=due_on)


def look_again(subscription: Subscription, *, day: date) -> None:
    """This function will have a subscription looked at again today, because a wish has just changed its
    facts.
    """
    set_next_due(subscription=fresh(subscription.id), after=day - timedelta(days=1))


def _due(account: Account, due_on: date) -> list[Subscription]:
    due = Subscription.objects.filter(account=account, next_due_on=due_on)
    return list(with_facts(due.order_by("created_on", "id")))


def _first_due(account: Account, day: date) -> date | None:
    due = Subscription.objects.filter(account=account, next_due_on__lte=day).order_by("next_due_on")
    return due.values_list("next_due_on", flat=True).first()
