"""The calls of a phone system as the page shows them (rule 8.1); how they come about is in ``tests/edge``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from switchroom.accounts.models import Member, Role, User
from switchroom.phonesystems.calls import Heard, record
from switchroom.plumbing import clock
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words
from tests.installations import settings_with

pytestmark = pytest.mark.django_db
OUTSIDE = "+493012345678"


@pytest.fixture
def erik(town: Town) -> Customer:
    return town.on("2026-06-10").customer("Erik").grows_to(one=2).sets_up(endpoints=1, numbers=1)


def called(customer: Customer, kind: str = "outbound", **changes: Any) -> None:
    """A call of four minutes, an hour ago, is written down as the edge tells of it: by the real clock."""
    phone_system = customer.phone_system
    assert phone_system is not None
    began = changes.pop("began_at", clock.real_now() - timedelta(hours=1))
    assert isinstance(began, datetime)
    facts: dict[str, Any] = {
        "caller": "+493023125000",
        "called": OUTSIDE,
        "answered_at": began + timedelta(seconds=5),
        "ended_at": began + timedelta(seconds=250),
        "cause": 200,
    }
    record([Heard(phone_system_id=phone_system.id, kind=kind, began_at=began, **(facts | changes))])


def shown(customer: Customer, page: str = "phone_system", user: User | None = None) -> str:
    with settings_with(telephone_edge="kamailio"):
        return words(Shopper(user or customer.user).opens(page, customer.subscription_id))


def test_where_nobody_carries_calls_none_are_shown(erik: Customer) -> None:
    assert "The last calls" not in words(Shopper(erik.user).opens("phone_system", erik.subscription_id))
    assert "Nobody has called yet." in shown(erik)
    for said in ("Registered", "Not registered"):  # nobody can say it while the edge does not answer
        assert said not in shown(erik)


def test_each_call_says_where_it_went_and_how_it_ended(erik: Customer) -> None:
    unanswered: dict[str, Any] = {"answered_at": None}
    called(erik)
    called(erik, "inbound", caller=OUTSIDE, called="+493023125000", cause=486, **unanswered)
    called(erik, "inbound", caller="anonymous", called="+493023125000", cause=487, **unanswered)
    called(erik, "internal", caller="10-abcd", called="21", cause=480, **unanswered)
    called(erik, "internal", caller="10-abcd", called="22", cause=503, **unanswered)
    called(erik, "emergency", called="112")
    called(erik, "inbound", caller="+999123456", called="+493023125000")
    said = shown(erik)
    for sentence in (
        "Call to +49 30 12345678 10 June 2026 at 11:00 4:05 min",
        "Call from +49 30 12345678 10 June 2026 at 11:00 Busy",
        "Call from anonymous 10 June 2026 at 11:00 Given up",
        "Inside call to 21 10 June 2026 at 11:00 Nobody was there",
        "Inside call to 22 10 June 2026 at 11:00 Not connected",
        "Call from +999123456 10 June 2026 at 11:00 4:05 min",
        "Call for help to 112 10 June 2026 at 11:00 4:05 min",
    ):
        assert sentence in said


def test_only_the_last_ten_are_shown(erik: Customer) -> None:
    for minutes in range(12):
        called(
            erik,
            began_at=clock.real_now() - timedelta(minutes=60 + minutes),
            called=f"+49301234{minutes:04d}",
        )
    said = shown(erik)
    assert said.count("Call to") == 10
    assert "+49 30 12340000" in said
    assert "+49 30 12340011" not in said


def test_calls_that_found_no_line_are_counted_and_more_lines_offered(erik: Customer) -> None:
    busy: dict[str, Any] = {"cause": 486, "answered_at": None, "lacked_line": True}
    called(erik, **busy)
    called(erik, **busy)
    called(erik, began_at=clock.real_now() - timedelta(days=31), **busy)
    said = shown(erik)
    assert "2 calls found no free line In the last 30 days all trunk lines were busy that often." in said
    assert "One more: Extra trunk line, 4.00 € a month, net. Upgrade" in said
    assert said.count("No line was free") == 3


def test_who_may_not_order_is_offered_nothing_and_strangers_see_nothing(town: Town, erik: Customer) -> None:
    called(erik, cause=486, answered_at=None, lacked_line=True)
    looker = User.objects.create_user("looker@example.com", full_name="Looker")
    Member.objects.create(account=erik.account, user=looker, role=Role.TECHNICAL, joined_on=town.day)
    said = shown(erik, user=looker)
    assert "1 call found no free line" in said
    assert "Upgrade" not in said
    stranger = town.customer("Farah")
    with settings_with(telephone_edge="kamailio"):
        assert Shopper(stranger.user).opens("in_use", erik.subscription_id).status_code == 404


def test_an_edge_that_does_not_answer_does_not_keep_the_page_from_opening(erik: Customer) -> None:
    said = shown(erik, "in_use")
    assert "How many lines are in use and which phones are registered cannot be said right now." in said
