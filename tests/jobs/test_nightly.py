"""The nightly audit: books that do not agree are an operator's matter, a day that is over is nobody's."""

from __future__ import annotations

from datetime import date

import pytest

from switchroom.jobs import audit, nightly
from switchroom.subscriptions.models import Subscription
from tests.cast import Town

pytestmark = pytest.mark.django_db


def test_books_that_do_not_agree_are_given_up_for_an_operator() -> None:
    town = Town().on("2026-06-10")
    town.customer("Anna").grows_to(one=3)
    nightly.audit_books(town.day)
    Subscription.objects.update(next_due_on=None)
    with pytest.raises(nightly.BooksDoNotAgree, match="The audit of 2026-06-10 found faults"):
        nightly.audit_books(town.day)


def test_a_day_that_is_over_meanwhile_is_left_to_the_next_audit() -> None:
    town = Town().on("2026-06-30")
    town.customer("Anna").grows_to(one=3)
    town.on("2026-07-01")
    assert audit.main(["--on", "2026-06-30"]) == 1  # July is billed, which June did not owe
    nightly.audit_books(date(2026, 6, 30))
    nightly.audit_books(town.day)
