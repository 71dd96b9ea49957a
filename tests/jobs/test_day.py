"""The day by hand: what it says, and that it may be repeated."""

from __future__ import annotations

import pytest

from switchroom.billing.models import Invoice
from switchroom.jobs import day
from tests.cast import Town


def test_it_settles_what_is_due_and_finds_nothing_the_second_time(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    town = Town()
    town.on("2026-06-16").customer("Dana").starts_trial().grows_to(one=4)
    town.sleeps_until("2026-07-01")

    assert day.main(["--on", "2026-07-01"]) == 0
    assert capsys.readouterr().out == "2026-07-01: 1 invoices issued, 0 accounts settled, 0 failed.\n"
    assert [invoice.net_minor for invoice in Invoice.objects.order_by("number")] == [6000, 3000]

    assert day.main([]) == 0
    assert capsys.readouterr().out == "2026-07-01: 0 invoices issued, 0 accounts settled, 0 failed.\n"
    assert Invoice.objects.count() == 2


def test_it_does_not_do_a_day_that_has_not_come(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    Town().on("2026-06-16")
    with pytest.raises(SystemExit) as ended:
        day.main(["--on", "2026-06-17"])
    assert ended.value.code == 2
    assert "has not come yet" in capsys.readouterr().err
