"""The bills to come and the credits that would be lost (rules 5.3, 5.4 and 5.8)."""

from __future__ import annotations

from switchroom.rules.credits import Credit
from switchroom.rules.forecasts import charges_in, coming_documents, credits_lost, with_reduction_done
from switchroom.rules.periods import Month
from switchroom.rules.promise import Promise, held_on
from tests.rules.examples import NINETEEN, cancelled, day, in_trial, item, nineteen_percent, paid, reducing

JULY = Month(2026, 7)


def credit(left: int, on: str = "2026-06-16") -> Credit:
    return Credit(100, day(on), left, NINETEEN)


def nets(promises: list[Promise], credits: list[Credit], *, first: Month, count: int) -> list[int | None]:
    documents = coming_documents(promises, credits, first=first, count=count, rate_of=nineteen_percent)
    return [None if draft is None else draft.net_minor for _, draft in documents]


def test_the_next_bill_uses_the_credit_and_the_one_after_does_not() -> None:
    promise = paid(item(10), item(4, number=2, on="2026-06-16"))
    assert nets([promise], [credit(3000)], first=JULY, count=2) == [18000, 21000]


def test_a_credit_larger_than_a_bill_lasts_for_several() -> None:
    assert nets([paid(item(1))], [credit(4000)], first=JULY, count=4) == [0, 0, 500, 1500]


def test_a_pending_reduction_bites_in_its_month() -> None:
    promise = reducing(paid(), on="2027-06-03", bites="2027-07-01", one=4)
    assert nets([promise], [], first=Month(2027, 6), count=3) == [15000, 6000, 6000]


def test_after_the_end_there_is_no_bill() -> None:
    promise = cancelled(paid(), on="2026-06-20", ends="2026-09-01")
    assert nets([promise], [], first=JULY, count=3) == [15000, 15000, None]


def test_all_of_an_accounts_subscriptions_stand_on_one_bill() -> None:
    other = paid(item(2, number=7, on="2026-03-01"), bought="2026-03-01", created="2026-03-01")
    assert nets([paid(), other, in_trial()], [], first=JULY, count=1) == [18000]
    assert [charge.item_id for charge in charges_in([paid(), other], JULY)] == [1, 7]


def test_a_follow_up_is_billed_from_its_first_month() -> None:
    follow_up = paid(item(3, number=7, on="2026-09-01"), bought="2026-09-01", created="2026-09-01")
    ending = cancelled(paid(), on="2026-06-20", ends="2026-09-01")
    assert nets([ending, follow_up], [], first=JULY, count=3) == [15000, 15000, 4500]


def test_without_a_reduction_a_promise_is_itself() -> None:
    assert with_reduction_done(paid()) == paid()


def test_what_remains_is_not_yet_booked() -> None:
    lived = with_reduction_done(reducing(paid(), on="2027-06-03", bites="2027-07-01", one=4))
    assert held_on(lived, day("2027-07-01")) == {"one": 4}
    assert lived.items[-1].id == -1


def lost(promises: list[Promise], left: int) -> int:
    return credits_lost(promises, [credit(left)], first=JULY, rate_of=nineteen_percent)


def test_no_credit_is_lost_while_anything_goes_on() -> None:
    assert lost([paid()], 999_999) == 0
    assert (
        lost([cancelled(paid(), on="2026-06-20", ends="2026-08-01"), paid(item(1, number=7))], 999_999) == 0
    )


def test_what_the_bills_until_the_end_cannot_use_is_lost() -> None:
    ending = cancelled(paid(), on="2026-06-20", ends="2026-09-01")
    assert lost([ending], 3000) == 0
    assert lost([ending], 30000) == 0
    assert lost([ending], 30001) == 1
    assert lost([cancelled(paid(), on="2026-06-20", ends="2026-07-01")], 3000) == 3000


def test_a_follow_up_saves_the_credit() -> None:
    ending = cancelled(paid(), on="2026-06-20", ends="2026-07-01")
    follow_up = paid(item(1, number=7, on="2026-07-01"), bought="2026-07-01", created="2026-07-01")
    assert lost([ending, follow_up], 3000) == 0
