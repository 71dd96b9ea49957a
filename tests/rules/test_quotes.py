"""What an order would cost (rules 4.2, 4.5, 5.2, 5.5 and 5.8)."""

from __future__ import annotations

import pytest

from switchroom.rules.credits import Credit
from switchroom.rules.promise import Promise
from switchroom.rules.quotes import Quote, fingerprint, monthly_minor, quote
from switchroom.rules.refusals import Refused
from switchroom.rules.upgrades import Addition
from tests.rules.examples import NINETEEN, ONE_GRANTS, cancelled, day, in_trial, item, nineteen_percent, paid


def quoted(
    promise: Promise,
    quantity: int = 4,
    *,
    on: str = "2026-06-16",
    price: int = 1500,
    number: int = 9,
    others: tuple[Promise, ...] = (),
    credits: tuple[Credit, ...] = (),
) -> Quote:
    return quote(
        promise,
        [Addition(number, "one", quantity, price, ONE_GRANTS)],
        others=others,
        credits=credits,
        day=day(on),
        rate_of=nineteen_percent,
    )


def coming_nets(shown: Quote) -> list[tuple[str, int | None]]:
    return [(str(month), None if draft is None else draft.net_minor) for month, draft in shown.coming]


def test_ten_become_fourteen_in_the_middle_of_june() -> None:
    shown = quoted(paid())
    assert (shown.due_now.net_minor, shown.due_now.gross_minor) == (6000, 7140)
    assert shown.credit_minor == 3000
    assert coming_nets(shown) == [("2026-07", 18000), ("2026-08", 21000)]
    assert (shown.monthly_before_minor, shown.monthly_minor) == (15000, 21000)
    assert shown.term_until == day("2027-06-01")


def test_the_first_purchase_begins_the_term() -> None:
    shown = quoted(in_trial("2026-05-20"), 10)
    assert shown.decided.is_first_purchase
    assert shown.term_until == day("2027-07-01")
    assert (shown.due_now.net_minor, shown.credit_minor) == (15000, 7500)
    assert coming_nets(shown) == [("2026-07", 7500), ("2026-08", 15000)]
    assert (shown.monthly_before_minor, shown.monthly_minor) == (0, 15000)


def test_on_the_first_there_is_no_credit() -> None:
    shown = quoted(paid(), on="2026-07-01")
    assert (shown.due_now.net_minor, shown.credit_minor, shown.credits) == (6000, 0, ())


def test_credits_at_hand_are_used_before_the_new_one() -> None:
    shown = quoted(paid(), credits=(Credit(1, day("2026-06-10"), 20000, NINETEEN),))
    (_, july), (_, august) = shown.coming
    assert july is not None
    assert august is not None
    assert (july.used_minor, july.net_minor) == (21000, 0)
    assert (august.used_minor, august.net_minor) == (2000, 19000)


def test_other_subscriptions_stand_on_the_coming_bills() -> None:
    other = paid(item(2, number=7))
    assert coming_nets(quoted(paid(), others=(other,))) == [("2026-07", 21000), ("2026-08", 24000)]


def test_in_the_last_month_only_the_days_that_remain_are_due() -> None:
    ending = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    shown = quoted(ending, on="2027-05-17")
    assert (shown.due_now.net_minor, shown.credit_minor) == (2903, 0)  # 60.00 less 16/31
    assert coming_nets(shown) == [("2027-06", None), ("2027-07", None)]


def test_another_subscription_that_goes_on_makes_it_a_credit_again() -> None:
    ending = cancelled(paid(), on="2026-06-20", ends="2027-06-01")
    shown = quoted(ending, on="2027-05-17", others=(paid(item(2, number=7)),))
    assert (shown.due_now.net_minor, shown.credit_minor) == (6000, 3097)
    assert coming_nets(shown) == [("2027-06", 0), ("2027-07", 2903)]


def test_what_is_over_is_not_quoted() -> None:
    with pytest.raises(Refused, match="over"):
        quoted(in_trial("2026-05-20"), on="2026-07-04")


def test_a_month_costs_quantity_times_price() -> None:
    assert monthly_minor([item(10), item(3, number=2, licence="extra-endpoint", price=250)]) == 15750


def test_the_same_offer_has_the_same_fingerprint_whatever_its_ids() -> None:
    assert fingerprint(quoted(paid(), number=9)) == fingerprint(quoted(paid(), number=99))


def test_the_accounts_other_bills_play_no_part_in_it() -> None:
    assert fingerprint(quoted(paid(), others=(paid(item(2, number=7)),))) == fingerprint(quoted(paid()))


@pytest.mark.parametrize(
    "other",
    [
        quoted(paid(), 5),
        quoted(paid(), price=1600),
        quoted(paid(), on="2026-06-17"),
        quoted(paid(bought="2026-06-02")),
        quoted(paid(item(11))),
        quoted(cancelled(paid(), on="2026-06-02", ends="2026-07-01")),
    ],
)
def test_any_other_offer_has_another(other: Quote) -> None:
    assert fingerprint(other) != fingerprint(quoted(paid()))
