"""The town: its four, its clock, and whose database it must never open."""

from __future__ import annotations

from datetime import date

import pytest

from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.demo import command
from switchroom.demo.moving import Move, destination, live_until
from switchroom.journeys.audit import run_audit
from switchroom.plumbing import clock
from switchroom.plumbing.models import TownClock
from switchroom.rules.lifecycle import State, state_on
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def test_it_opens_with_four_lives_whose_books_are_right(db: None) -> None:
    command.open_town()
    assert clock.today() == date(2026, 6, 22)
    promises = {one.name: promise_of(one) for one in Subscription.objects.all()}
    assert {name: state_on(promise, clock.today()) for name, promise in promises.items()} == {
        "Falk": State.TRIAL,
        "Sommer Zentrale": State.ACTIVE,
        "Amini": State.CANCELLED,
        "Lindner": State.ACTIVE,
    }
    assert promises["Amini"].ends_on == date(2026, 7, 1)  # nine days left, the 22nd counted
    assert (clock.today() - promises["Falk"].trial.from_on).days == 12
    assert promises["Lindner"].reduction is not None
    assert run_audit(day=clock.today()) == []

    live_until(destination(Move.MONTH, today=clock.today()))
    assert clock.today() == date(2026, 7, 22)
    assert state_on(promises["Amini"], clock.today()) is State.DELETED
    assert run_audit(day=clock.today()) == []
    command.open_town()  # kept, not built again
    assert Subscription.objects.count() == 4


def test_it_never_opens_an_installation_with_the_real_clock(db: None) -> None:
    load_catalogue(shipped_catalogue(), date(2026, 6, 1))
    TownClock.objects.all().delete()
    with pytest.raises(command.NotATown, match="a database of its own"):
        command.open_town()
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("today", "move", "day"),
    [
        (date(2026, 6, 22), Move.DAY, date(2026, 6, 23)),
        (date(2026, 6, 22), Move.MONTH, date(2026, 7, 22)),
        (date(2027, 1, 31), Move.MONTH, date(2027, 2, 28)),
        (date(2026, 6, 22), Move.NEXT, date(2026, 6, 23)),
    ],
)
def test_it_moves_where_the_bar_says(db: None, today: date, move: Move, day: date) -> None:
    assert destination(move, today=today) == day
