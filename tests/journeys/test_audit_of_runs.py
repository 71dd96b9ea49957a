"""The audit minds bills that were left undone: parked accounts and unfinished runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from switchroom.billing.models import BillingRun, ParkedAccount
from switchroom.plumbing import clock
from tests.journeys.world import TODAY, World, broken, sentences

pytestmark = pytest.mark.django_db


def test_it_finds_a_parked_account(world: World) -> None:
    account = world.dana.account
    ParkedAccount.objects.create(
        account=account, month_on=date(2026, 8, 1), reason="one item is missing", parked_at=clock.now()
    )
    assert broken() == {"nobody is parked"}
    assert f"account {account} ({account.id}): is parked: one item is missing" in sentences()


def test_it_finds_a_run_that_was_never_finished(world: World) -> None:
    run = BillingRun.objects.latest("started_at")
    BillingRun.objects.filter(id=run.id).update(
        finished_at=None, started_at=datetime(2026, 8, 1, 1, 0, tzinfo=UTC)
    )
    assert broken() == {"billing runs are finished"}
    assert "billing run of 2026-08: it was begun on 2026-08-01 and is not finished." in sentences()


def test_a_run_may_be_under_way_on_its_own_day(world: World) -> None:
    """Days are local ones: half an hour after midnight in Berlin the day before is not over in UTC."""
    BillingRun.objects.filter(id=BillingRun.objects.latest("started_at").id).update(
        finished_at=None, started_at=datetime(2026, 8, 19, 22, 30, tzinfo=UTC)
    )
    assert broken(TODAY) == set()
    assert "billing runs are finished" in broken(TODAY + timedelta(days=1))
