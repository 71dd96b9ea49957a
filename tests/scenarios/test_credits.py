"""Credits: where they go when the subscription that earned them does not go on, and at which tax rate."""

from __future__ import annotations

from switchroom.rules.lifecycle import State
from tests.cast import Town
from tests.catalogues import catalogue
from tests.ledgers import paper


def test_another_subscription_goes_on_so_the_credit_stays_and_lasts_for_months(town: Town) -> None:
    """150.00 × 29/30 = 145.00 is more than nine invoices of 15.00: those come to nothing and are issued all
    the same, the tenth uses the last 10.00.
    """
    uwe = town.on("2026-06-01").sells(catalogue(term_months=1)).customer("Uwe")
    uwe.starts_trial("Main").grows_to(one=1)
    uwe.starts_trial("Shop").grows_to(one=1)
    town.on("2026-06-10")
    uwe.turns_to("Main").cancels()
    town.on("2026-06-30")
    uwe.adds(one=10)
    town.until("2027-04-01")
    assert uwe.state() is State.DELETED
    assert uwe.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-06 1 × one 15.00 = 15.00
        R-2026-000002 2026-06-01 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-06 1 × one 15.00 = 15.00
        R-2026-000003 2026-06-30 order, net 150.00 vat 28.50 (19%) gross 178.50
          2026-06 10 × one 15.00 = 150.00
        R-2026-000004 to 000009 monthly 2026-07 to 2026-12, each net 0.00 vat 0.00 (19%) gross 0.00
          the month 1 × one 15.00 = 15.00
          2026-06 credit 10 × one 15.00, 29 of 30 days, R-2026-000003 = -15.00
        R-2027-000001 to 000003 monthly 2027-01 to 2027-03, each net 0.00 vat 0.00 (19%) gross 0.00
          the month 1 × one 15.00 = 15.00
          2026-06 credit 10 × one 15.00, 29 of 30 days, R-2026-000003 = -15.00
        R-2027-000004 2027-04-01 monthly 2027-04, net 5.00 vat 0.95 (19%) gross 5.95
          2027-04 1 × one 15.00 = 15.00
          2026-06 credit 10 × one 15.00, 29 of 30 days, R-2026-000003 = -10.00
        credit 2026-06-30 10 × one 15.00, 29/30 days, R-2026-000003: granted 145.00 used 145.00 left 0.00
        """
    )


def test_a_trial_beside_it_does_not_go_on_so_the_days_left_are_charged(town: Town) -> None:
    """Rule 5.5 asks for another paid one. 21 June: 20 gone, 60.00 − 60.00 × 20/30 = 20.00 for 10 days."""
    vera = town.on("2026-06-01").sells(catalogue(term_months=1)).customer("Vera")
    vera.starts_trial("Main").grows_to(one=1)
    vera.starts_trial("Shop")
    vera.turns_to("Main").cancels()
    town.on("2026-06-21")
    vera.adds(one=4)
    town.until("2026-07-01")
    assert vera.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-06 1 × one 15.00 = 15.00
        R-2026-000002 2026-06-21 order, net 20.00 vat 3.80 (19%) gross 23.80
          2026-06 4 × one 15.00, 10 of 30 days = 20.00
        """
    )


def test_a_credit_that_nothing_can_use_is_never_paid_out(town: Town) -> None:
    """She grew before she cancelled, so there is a credit; with the end of all it is lost (rule 5.4)."""
    wanda = town.on("2026-05-01").sells(catalogue(term_months=1)).customer("Wanda").grows_to(one=1)
    town.on("2026-06-16")
    wanda.adds(one=4)
    town.on("2026-06-20")
    wanda.cancels()
    town.until("2026-09-01")
    assert wanda.state() is State.DELETED
    assert wanda.statement == paper(
        """
        R-2026-000001 2026-05-01 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-05 1 × one 15.00 = 15.00
        R-2026-000002 2026-06-01 monthly 2026-06, net 15.00 vat 2.85 (19%) gross 17.85
          2026-06 1 × one 15.00 = 15.00
        R-2026-000003 2026-06-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-06 4 × one 15.00 = 60.00
        credit 2026-06-16 4 × one 15.00, 15/30 days, R-2026-000003: granted 30.00 used 0.00 left 30.00
        """
    )


def test_a_credit_is_used_by_what_is_bought_later(town: Town) -> None:
    """Nothing goes on in July; a new subscription's order uses no credits, its month after that does."""
    xaver = town.on("2026-05-01").sells(catalogue(term_months=1)).customer("Xaver").grows_to(one=1)
    town.on("2026-06-16")
    xaver.adds(one=4).cancels()
    town.on("2026-08-01")
    xaver.starts_trial("Second").grows_to(one=1)
    town.until("2026-10-01")
    assert xaver.statement == paper(
        """
        R-2026-000001 2026-05-01 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-05 1 × one 15.00 = 15.00
        R-2026-000002 2026-06-01 monthly 2026-06, net 15.00 vat 2.85 (19%) gross 17.85
          2026-06 1 × one 15.00 = 15.00
        R-2026-000003 2026-06-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-06 4 × one 15.00 = 60.00
        R-2026-000004 2026-08-01 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-08 1 × one 15.00 = 15.00
        R-2026-000005 to 000006 monthly 2026-09 to 2026-10, each net 0.00 vat 0.00 (19%) gross 0.00
          the month 1 × one 15.00 = 15.00
          2026-06 credit 4 × one 15.00, 15 of 30 days, R-2026-000003 = -15.00
        credit 2026-06-16 4 × one 15.00, 15/30 days, R-2026-000003: granted 30.00 used 30.00 left 0.00
        """
    )


def test_a_credit_keeps_the_tax_rate_at_which_it_was_charged(town: Town) -> None:
    """The German rate was 16 % in the second half of 2020 and 19 % before and after.

    July: 210.00 at 16 % less 30.00 at 19 %. 10 December of 31 days: 9 gone, 15.00 × 9/31 = 4.355. January:
    225.00 at 19 % less 4.35 at 16 %, of which the tax is 0.696.
    """
    yara = town.on("2020-06-01").customer("Yara").grows_to(one=10)
    town.on("2020-06-16")
    yara.adds(one=4)
    town.on("2020-12-10")
    yara.adds(one=1)
    town.until("2021-01-01")
    assert yara.statement == paper(
        """
        R-2020-000001 2020-06-01 order, net 150.00 vat 28.50 (19%) gross 178.50
          2020-06 10 × one 15.00 = 150.00
        R-2020-000002 2020-06-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2020-06 4 × one 15.00 = 60.00
        R-2020-000003 2020-07-01 monthly 2020-07, net 180.00 vat -5.70 (19%) + 33.60 (16%) gross 207.90
          2020-07 10 × one 15.00 = 150.00
          2020-07 4 × one 15.00 = 60.00
          2020-06 credit 4 × one 15.00, 15 of 30 days, R-2020-000002 = -30.00
        R-2020-000004 to 000008 monthly 2020-08 to 2020-12, each net 210.00 vat 33.60 (16%) gross 243.60
          the month 10 × one 15.00 = 150.00
          the month 4 × one 15.00 = 60.00
        R-2020-000009 2020-12-10 order, net 15.00 vat 2.40 (16%) gross 17.40
          2020-12 1 × one 15.00 = 15.00
        R-2021-000001 2021-01-01 monthly 2021-01, net 220.65 vat 42.75 (19%) + -0.70 (16%) gross 262.70
          2021-01 10 × one 15.00 = 150.00
          2021-01 4 × one 15.00 = 60.00
          2021-01 1 × one 15.00 = 15.00
          2020-12 credit 1 × one 15.00, 9 of 31 days, R-2020-000009 = -4.35
        credit 2020-06-16 4 × one 15.00, 15/30 days, R-2020-000002: granted 30.00 used 30.00 left 0.00
        credit 2020-12-10 1 × one 15.00, 9/31 days, R-2020-000009: granted 4.35 used 4.35 left 0.00
        """
    )
