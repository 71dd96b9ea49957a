"""Upgrades on awkward days: the last of the term, twice on one, 29 February, New Year's Eve."""

from __future__ import annotations

from switchroom.rules.lifecycle import State
from switchroom.rules.promise import Grants
from tests.cast import Town
from tests.ledgers import paper

TERM_OF_TWO_LICENCES = """
    R-2026-000001 2026-06-16 order, net 30.00 vat 5.70 (19%) gross 35.70
      2026-06 2 × one 15.00 = 30.00
    R-2026-000002 2026-07-01 monthly 2026-07, net 15.00 vat 2.85 (19%) gross 17.85
      2026-07 2 × one 15.00 = 30.00
      2026-06 credit 2 × one 15.00, 15 of 30 days, R-2026-000001 = -15.00
    R-2026-000003 to 000007 monthly 2026-08 to 2026-12, each net 30.00 vat 5.70 (19%) gross 35.70
      the month 2 × one 15.00 = 30.00
    R-2027-000001 to 000006 monthly 2027-01 to 2027-06, each net 30.00 vat 5.70 (19%) gross 35.70
      the month 2 × one 15.00 = 30.00
    """


def test_an_upgrade_on_the_last_day_of_the_term_costs_a_day_and_moves_no_end(town: Town) -> None:
    """Bought on 16 June 2026, so the term's last day is 30 June 2027. 15.00 × 29/30 = 14.50."""
    hanna = town.on("2026-06-16").customer("Hanna").grows_to(one=2)
    town.on("2027-06-30")
    hanna.adds(one=1)
    town.until("2027-07-01")
    assert hanna.statement == paper(
        TERM_OF_TWO_LICENCES
        + """
    R-2027-000007 2027-06-30 order, net 15.00 vat 2.85 (19%) gross 17.85
      2027-06 1 × one 15.00 = 15.00
    R-2027-000008 2027-07-01 monthly 2027-07, net 30.50 vat 5.80 (19%) gross 36.30
      2027-07 2 × one 15.00 = 30.00
      2027-07 1 × one 15.00 = 15.00
      2027-06 credit 1 × one 15.00, 29 of 30 days, R-2027-000007 = -14.50
    credit 2026-06-16 2 × one 15.00, 15/30 days, R-2026-000001: granted 15.00 used 15.00 left 0.00
    credit 2027-06-30 1 × one 15.00, 29/30 days, R-2027-000007: granted 14.50 used 14.50 left 0.00
    """
    )
    assert hanna.story[-4:] == [
        "2027-06-30 ordered +1 one: 15.00 now, 14.50 credit, 45.00 a month, term until 2027-07-01",
        "2027-06-30 invoice R-2027-000007 order 15.00, credit 14.50",
        "2027-06-30 entitled to 6/9/3, before 4/6/2",
        "2027-07-01 invoice R-2027-000008 monthly 30.50",
    ]


def test_an_upgrade_on_the_last_day_of_all_is_charged_for_that_day_alone(town: Town) -> None:
    """Rule 5.5: 15.00 less 15.00 × 29/30 is 0.50, and 19 % of it 0.095, half up 0.10.

    The reminder of that day is not repeated because of the order.
    """
    ida = town.on("2026-06-16").customer("Ida").grows_to(one=2)
    town.on("2027-06-10")
    ida.cancels()
    town.on("2027-06-30")
    ida.adds(one=1)
    assert ida.state() is State.CANCELLED
    assert ida.entitled == Grants(6, 9, 3)
    town.until("2027-07-01")
    assert ida.statement == paper(
        TERM_OF_TWO_LICENCES
        + """
    R-2027-000007 2027-06-30 order, net 0.50 vat 0.10 (19%) gross 0.60
      2027-06 1 × one 15.00, 1 of 30 days = 0.50
    credit 2026-06-16 2 × one 15.00, 15/30 days, R-2026-000001: granted 15.00 used 15.00 left 0.00
    """
    )
    assert ida.story[-9:] == [
        "2027-06-10 cancelled, ends on 2027-07-01",
        "2027-06-24 reminded of end on 2027-07-01",
        "2027-06-30 reminded of end on 2027-07-01",
        "2027-06-30 ordered +1 one: 0.50 now, 0.00 credit, 45.00 a month, term until 2027-07-01",
        "2027-06-30 invoice R-2027-000007 order 0.50",
        "2027-06-30 entitled to 6/9/3, before 4/6/2",
        "2027-07-01 ended, deleted on 2027-07-01",
        "2027-07-01 phone system switched off",
        "2027-07-01 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
    ]


def test_two_upgrades_on_one_day_are_two_orders_with_a_credit_each(town: Town) -> None:
    jan = town.on("2026-06-01").customer("Jan").grows_to(one=10)
    town.on("2026-06-16")
    jan.adds(one=4).adds(one=2)
    assert jan.entitled == Grants(32, 48, 16)
    town.until("2026-07-01")
    assert jan.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 150.00 vat 28.50 (19%) gross 178.50
          2026-06 10 × one 15.00 = 150.00
        R-2026-000002 2026-06-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-06 4 × one 15.00 = 60.00
        R-2026-000003 2026-06-16 order, net 30.00 vat 5.70 (19%) gross 35.70
          2026-06 2 × one 15.00 = 30.00
        R-2026-000004 2026-07-01 monthly 2026-07, net 195.00 vat 37.05 (19%) gross 232.05
          2026-07 10 × one 15.00 = 150.00
          2026-07 4 × one 15.00 = 60.00
          2026-07 2 × one 15.00 = 30.00
          2026-06 credit 4 × one 15.00, 15 of 30 days, R-2026-000002 = -30.00
          2026-06 credit 2 × one 15.00, 15 of 30 days, R-2026-000003 = -15.00
        credit 2026-06-16 4 × one 15.00, 15/30 days, R-2026-000002: granted 30.00 used 30.00 left 0.00
        credit 2026-06-16 2 × one 15.00, 15/30 days, R-2026-000003: granted 15.00 used 15.00 left 0.00
        """
    )


def test_bought_on_29_february_the_term_ends_with_the_next_february(town: Town) -> None:
    """45.00 × 28/29 = 43.448; 19 % of 1.55 = 0.2945."""
    karl = town.on("2028-02-20").customer("Karl").starts_trial()
    town.on("2028-02-29")
    karl.grows_to(one=3)
    assert karl.story[-3] == (
        "2028-02-29 ordered +3 one: 45.00 now, 43.45 credit, 45.00 a month, term until 2029-03-01"
    )
    town.on("2029-02-28")
    karl.cancels()
    town.until("2029-03-01")
    assert karl.state() is State.DELETED
    assert karl.statement == paper(
        """
        R-2028-000001 2028-02-29 order, net 45.00 vat 8.55 (19%) gross 53.55
          2028-02 3 × one 15.00 = 45.00
        R-2028-000002 2028-03-01 monthly 2028-03, net 1.55 vat 0.29 (19%) gross 1.84
          2028-03 3 × one 15.00 = 45.00
          2028-02 credit 3 × one 15.00, 28 of 29 days, R-2028-000001 = -43.45
        R-2028-000003 to 000011 monthly 2028-04 to 2028-12, each net 45.00 vat 8.55 (19%) gross 53.55
          the month 3 × one 15.00 = 45.00
        R-2029-000001 to 000002 monthly 2029-01 to 2029-02, each net 45.00 vat 8.55 (19%) gross 53.55
          the month 3 × one 15.00 = 45.00
        credit 2028-02-29 3 × one 15.00, 28/29 days, R-2028-000001: granted 43.45 used 43.45 left 0.00
        """
    )


def test_bought_on_new_years_eve_the_credit_crosses_into_a_new_series_of_numbers(town: Town) -> None:
    """15.00 × 30/31 = 14.516; 19 % of 0.48 = 0.0912."""
    lea = town.on("2025-12-31").customer("Lea").grows_to(one=1)
    town.until("2026-01-01")
    assert lea.statement == paper(
        """
        R-2025-000001 2025-12-31 order, net 15.00 vat 2.85 (19%) gross 17.85
          2025-12 1 × one 15.00 = 15.00
        R-2026-000001 2026-01-01 monthly 2026-01, net 0.48 vat 0.09 (19%) gross 0.57
          2026-01 1 × one 15.00 = 15.00
          2025-12 credit 1 × one 15.00, 30 of 31 days, R-2025-000001 = -14.52
        credit 2025-12-31 1 × one 15.00, 30/31 days, R-2025-000001: granted 14.52 used 14.52 left 0.00
        """
    )
