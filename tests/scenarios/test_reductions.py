"""Holding less: pending while the customer grows, across items, in the term where the catalogue allows it."""

from __future__ import annotations

from switchroom.rules.lifecycle import State
from switchroom.rules.promise import Grants
from tests.cast import Town
from tests.catalogues import catalogue
from tests.ledgers import paper


def test_a_pending_reduction_keeps_its_target_when_the_customer_grows(town: Town) -> None:
    """20 February of 28 days: 19 gone, 15.00 × 19/28 = 10.179. On 1 March the 9 held become 5: the new one
    goes first, then 3 of the old 8. 19 % of 64.82 = 12.3158.
    """
    nora = town.on("2026-01-01").sells(catalogue(term_months=1)).customer("Nora").grows_to(one=8)
    town.on("2026-02-10")
    nora.reduces_to(one=5)
    town.on("2026-02-20")
    nora.adds(one=1)
    assert nora.entitled == Grants(18, 27, 9)
    town.until("2026-04-01")
    assert nora.statement == paper(
        """
        R-2026-000001 2026-01-01 order, net 120.00 vat 22.80 (19%) gross 142.80
          2026-01 8 × one 15.00 = 120.00
        R-2026-000002 2026-02-01 monthly 2026-02, net 120.00 vat 22.80 (19%) gross 142.80
          2026-02 8 × one 15.00 = 120.00
        R-2026-000003 2026-02-20 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-02 1 × one 15.00 = 15.00
        R-2026-000004 2026-03-01 monthly 2026-03, net 64.82 vat 12.32 (19%) gross 77.14
          2026-03 5 × one 15.00 = 75.00
          2026-02 credit 1 × one 15.00, 19 of 28 days, R-2026-000003 = -10.18
        R-2026-000005 2026-04-01 monthly 2026-04, net 75.00 vat 14.25 (19%) gross 89.25
          2026-04 5 × one 15.00 = 75.00
        credit 2026-02-20 1 × one 15.00, 19/28 days, R-2026-000003: granted 10.18 used 10.18 left 0.00
        """
    )
    assert nora.story[5:] == [
        "2026-02-10 reduction to 5 one on 2026-03-01",
        "2026-02-20 ordered +1 one: 15.00 now, 10.18 credit, 135.00 a month, term until 2026-02-01",
        "2026-02-20 invoice R-2026-000003 order 15.00, credit 10.18",
        "2026-02-20 entitled to 18/27/9, before 16/24/8",
        "2026-03-01 reduced from 9 one to 5 one",
        "2026-03-01 invoice R-2026-000004 monthly 64.82",
        "2026-03-01 entitled to 10/15/5, before 18/27/9",
        "2026-04-01 invoice R-2026-000005 monthly 75.00",
    ]


def test_the_newest_items_go_first_and_a_licence_may_go_wholly(town: Town) -> None:
    """4 and 3 held, 5 wanted: the newer 3 are closed and 1 of them is opened anew. Business goes as well."""
    otto = town.on("2026-01-01").sells(catalogue(term_months=1)).customer("Otto")
    otto.grows_to(one=4, extra_endpoint=6, business=True).adds(one=3)
    town.on("2026-02-28")
    otto.reduces_to(one=5, extra_endpoint=0, business=0)
    assert otto.entitled == Grants(14, 27, 7)
    town.until("2026-03-01")
    assert otto.entitled == Grants(10, 15, 5)
    assert otto.statement == paper(
        """
        R-2026-000001 2026-01-01 order, net 104.00 vat 19.76 (19%) gross 123.76
          2026-01 4 × one 15.00 = 60.00
          2026-01 6 × extra-endpoint 2.50 = 15.00
          2026-01 1 × business 29.00 = 29.00
        R-2026-000002 2026-01-01 order, net 45.00 vat 8.55 (19%) gross 53.55
          2026-01 3 × one 15.00 = 45.00
        R-2026-000003 2026-02-01 monthly 2026-02, net 149.00 vat 28.31 (19%) gross 177.31
          2026-02 4 × one 15.00 = 60.00
          2026-02 6 × extra-endpoint 2.50 = 15.00
          2026-02 1 × business 29.00 = 29.00
          2026-02 3 × one 15.00 = 45.00
        R-2026-000004 2026-03-01 monthly 2026-03, net 75.00 vat 14.25 (19%) gross 89.25
          2026-03 4 × one 15.00 = 60.00
          2026-03 1 × one 15.00 = 15.00
        """
    )


def test_where_the_catalogue_allows_it_a_reduction_waits_for_the_end_of_the_term(town: Town) -> None:
    """10 January of 31 days: 9 gone, 60.00 × 9/31 = 17.419; two months from then run out in March. 19 % of
    42.58 = 8.0902.
    """
    pia = town.on("2026-01-10").sells(catalogue(term_months=2, reduction_in_term="scheduled")).customer("Pia")
    pia.grows_to(one=4)
    town.on("2026-01-15")
    pia.reduces_to(one=2)
    town.on("2026-01-20")
    pia.withdraws_reduction()
    town.on("2026-03-31")
    pia.reduces_to(one=2)
    town.until("2026-04-01")
    assert pia.statement == paper(
        """
        R-2026-000001 2026-01-10 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-01 4 × one 15.00 = 60.00
        R-2026-000002 2026-02-01 monthly 2026-02, net 42.58 vat 8.09 (19%) gross 50.67
          2026-02 4 × one 15.00 = 60.00
          2026-01 credit 4 × one 15.00, 9 of 31 days, R-2026-000001 = -17.42
        R-2026-000003 2026-03-01 monthly 2026-03, net 60.00 vat 11.40 (19%) gross 71.40
          2026-03 4 × one 15.00 = 60.00
        R-2026-000004 2026-04-01 monthly 2026-04, net 30.00 vat 5.70 (19%) gross 35.70
          2026-04 2 × one 15.00 = 30.00
        credit 2026-01-10 4 × one 15.00, 9/31 days, R-2026-000001: granted 17.42 used 17.42 left 0.00
        """
    )
    assert pia.story[4:] == [
        "2026-01-15 reduction to 2 one on 2026-04-01",
        "2026-01-20 reduction withdrawn",
        "2026-02-01 invoice R-2026-000002 monthly 42.58",
        "2026-03-01 invoice R-2026-000003 monthly 60.00",
        "2026-03-31 reduction to 2 one on 2026-04-01",
        "2026-04-01 reduced from 4 one to 2 one",
        "2026-04-01 invoice R-2026-000004 monthly 30.00",
        "2026-04-01 entitled to 4/6/2, before 8/12/4",
    ]


def test_a_reduction_of_a_cancelled_subscription_matters_only_if_it_stays(town: Town) -> None:
    town.on("2026-01-01").sells(catalogue(term_months=1))
    leaving, staying = (town.customer(name).grows_to(one=4) for name in ("Quirin", "Rosa"))
    town.on("2026-02-10")
    for customer in (leaving, staying):
        customer.cancels().reduces_to(one=3)
    town.on("2026-02-27")
    staying.withdraws()
    town.until("2026-03-01")
    assert leaving.state() is State.DELETED
    assert leaving.story[-3:] == [
        "2026-03-01 ended, deleted on 2026-03-01",
        "2026-03-01 phone system switched off",
        "2026-03-01 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
    ]
    assert staying.entitled == Grants(6, 9, 3)
    assert staying.story[-3:] == [
        "2026-03-01 reduced from 4 one to 3 one",
        "2026-03-01 invoice R-2026-000005 monthly 45.00",
        "2026-03-01 entitled to 6/9/3, before 8/12/4",
    ]


def test_targets_that_cannot_be_are_refused_each_with_its_reason(town: Town) -> None:
    sara = town.on("2026-01-01").sells(catalogue(term_months=1)).customer("Sara").grows_to(one=4)
    town.on("2026-02-10")
    sara.reduces_to(one=5)
    assert sara.refused == "6.2 5 is more than the 4 booked of one; more is an upgrade."
    sara.reduces_to(one=4)
    assert sara.refused == "6.2 These are the quantities you hold already, so nothing would change."
    sara.reduces_to(one=0)
    assert sara.refused == "6.2 A reduction cannot leave nothing at all; to stop, cancel the subscription."
    sara.reduces_to(one=3, extra_endpoint=0)
    assert sara.refused == "6.2 The licence extra-endpoint is not booked here."
    assert sara.promise.reduction is None
    sara.reduces_to(one=3)
    assert sara.promise.reduction is not None
