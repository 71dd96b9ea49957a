"""Trials that are bought late, cancelled, or left to run out."""

from __future__ import annotations

from switchroom.rules.lifecycle import State
from switchroom.rules.promise import Grants
from tests.cast import Town
from tests.ledgers import paper


def test_bought_in_the_grace_the_same_phone_system_is_switched_on_again(town: Town) -> None:
    """25 June: 24 of 30 days gone, 30.00 × 24/30 = 24.00."""
    mona = town.on("2026-05-20").customer("Mona").starts_trial().sets_up(endpoints=2, numbers=1)
    before = mona.phone_system
    assert before is not None
    town.until("2026-06-20")
    assert mona.state() is State.EXPIRED
    assert mona.entitled == Grants()
    town.on("2026-06-25")
    mona.grows_to(one=2)
    again = mona.phone_system
    assert again is not None
    assert (again.id, again.realm, again.sip_label) == (before.id, before.realm, before.sip_label)
    assert [endpoint.ha1 for endpoint in again.endpoints.all()] == [one.ha1 for one in before.endpoints.all()]
    assert mona.entitled == Grants(4, 6, 2)
    town.until("2026-07-05")
    assert mona.story == [
        "2026-05-20 trial started, over on 2026-06-20",
        "2026-05-20 endpoint 10 added",
        "2026-05-20 endpoint 11 added",
        "2026-05-20 number +493023125000 taken",
        "2026-05-20 number +493023125000 rings",
        "2026-06-13 reminded of trial_end on 2026-06-20",
        "2026-06-19 reminded of trial_end on 2026-06-20",
        "2026-06-20 trial expired, deleted on 2026-07-04",
        "2026-06-20 phone system switched off",
        "2026-06-25 ordered +2 one: 30.00 now, 24.00 credit, 30.00 a month, term until 2027-07-01",
        "2026-06-25 invoice R-2026-000001 order 30.00, credit 24.00",
        "2026-06-25 entitled to 4/6/2, before 5/10/2",
        "2026-06-25 phone system switched on",
        "2026-07-01 invoice R-2026-000002 monthly 6.00",
    ]
    assert mona.statement == paper(
        """
        R-2026-000001 2026-06-25 order, net 30.00 vat 5.70 (19%) gross 35.70
          2026-06 2 × one 15.00 = 30.00
        R-2026-000002 2026-07-01 monthly 2026-07, net 6.00 vat 1.14 (19%) gross 7.14
          2026-07 2 × one 15.00 = 30.00
          2026-06 credit 2 × one 15.00, 24 of 30 days, R-2026-000001 = -24.00
        credit 2026-06-25 2 × one 15.00, 24/30 days, R-2026-000001: granted 24.00 used 24.00 left 0.00
        """
    )


def test_bought_on_the_last_day_of_the_trial_nothing_is_switched_off(town: Town) -> None:
    nils = town.on("2026-05-20").customer("Nils").starts_trial()
    town.on("2026-06-19")
    assert nils.state() is State.TRIAL
    nils.grows_to(one=1)
    town.until("2026-07-05")
    assert nils.story == [
        "2026-05-20 trial started, over on 2026-06-20",
        "2026-06-13 reminded of trial_end on 2026-06-20",
        "2026-06-19 reminded of trial_end on 2026-06-20",
        "2026-06-19 ordered +1 one: 15.00 now, 9.00 credit, 15.00 a month, term until 2027-07-01",
        "2026-06-19 invoice R-2026-000001 order 15.00, credit 9.00",
        "2026-06-19 entitled to 2/3/1, before 5/10/2",
        "2026-07-01 invoice R-2026-000002 monthly 6.00",
    ]


def test_left_to_run_out_it_is_deleted_after_the_grace(town: Town) -> None:
    olga = town.on("2026-05-20").customer("Olga").starts_trial()
    town.until("2026-07-03")
    assert olga.state() is State.EXPIRED
    assert olga.phone_system is not None
    town.until("2026-07-04")
    assert olga.state() is State.DELETED
    olga.grows_to(one=1)
    assert olga.refused == "4.3 This subscription is over; nothing can be added to it any more."
    assert olga.statement == ""
    assert olga.story == [
        "2026-05-20 trial started, over on 2026-06-20",
        "2026-06-13 reminded of trial_end on 2026-06-20",
        "2026-06-19 reminded of trial_end on 2026-06-20",
        "2026-06-20 trial expired, deleted on 2026-07-04",
        "2026-06-20 phone system switched off",
        "2026-06-27 reminded of trial_deletion on 2026-07-04",
        "2026-07-03 reminded of trial_deletion on 2026-07-04",
        "2026-07-04 phone system deleted by rule 3.3: 0 endpoints, 0 numbers, 0 backups",
    ]


def test_a_cancelled_trial_that_is_bought_after_all_is_no_longer_cancelled(town: Town) -> None:
    """10 June: 9 of 30 days gone, 45.00 × 9/30 = 13.50."""
    paul = town.on("2026-05-20").customer("Paul").starts_trial()
    town.on("2026-05-25")
    paul.cancels()
    assert paul.state() is State.TRIAL
    town.on("2026-06-10")
    paul.grows_to(one=3)
    assert paul.state() is State.ACTIVE
    paul.withdraws()
    assert paul.refused == "7.4 This subscription is not cancelled, so there is nothing to withdraw."
    town.until("2026-07-01")
    assert paul.story == [
        "2026-05-20 trial started, over on 2026-06-20",
        "2026-05-25 cancelled, ends on 2026-06-20",
        (
            "2026-06-10 ordered +3 one: 45.00 now, 13.50 credit, 45.00 a month, term until 2027-07-01, "
            "cancellation withdrawn"
        ),
        "2026-06-10 invoice R-2026-000001 order 45.00, credit 13.50",
        "2026-06-10 entitled to 6/9/3, before 5/10/2",
        "2026-07-01 invoice R-2026-000002 monthly 31.50",
    ]


def test_cancelled_at_once_a_trial_is_deleted_the_same_day(town: Town) -> None:
    rita = town.on("2026-05-20").customer("Rita").starts_trial()
    town.on("2026-05-25")
    rita.cancels(at_once=True)
    assert rita.state() is State.DELETED
    assert rita.phone_system is None
    rita.withdraws()
    assert rita.refused == "7.4 The cancellation took effect on 25 May 2026 and can no longer be withdrawn."
    assert rita.story == [
        "2026-05-20 trial started, over on 2026-06-20",
        "2026-05-25 cancelled, ends on 2026-05-25",
        "2026-05-25 ended, deleted on 2026-05-25",
        "2026-05-25 phone system switched off",
        "2026-05-25 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
    ]
    rita.starts_trial("Rita")  # the name is free again
    assert rita.state() is State.TRIAL


def test_cancelled_to_its_end_a_trial_is_deleted_without_a_grace(town: Town) -> None:
    sven = town.on("2026-05-20").customer("Sven").starts_trial()
    town.on("2026-05-25")
    sven.cancels()
    sven.cancels()
    assert sven.refused == "7.1 This subscription is already cancelled; it ends before 20 June 2026."
    town.until("2026-06-20")
    assert sven.state() is State.DELETED
    assert sven.story == [
        "2026-05-20 trial started, over on 2026-06-20",
        "2026-05-25 cancelled, ends on 2026-06-20",
        "2026-06-13 reminded of end on 2026-06-20",
        "2026-06-19 reminded of end on 2026-06-20",
        "2026-06-20 ended, deleted on 2026-06-20",
        "2026-06-20 phone system switched off",
        "2026-06-20 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
    ]


def test_an_expired_trial_that_is_cancelled_is_deleted_at_once(town: Town) -> None:
    tina = town.on("2026-05-20").customer("Tina").starts_trial()
    town.on("2026-06-25")
    tina.cancels()
    assert tina.state() is State.DELETED
    assert tina.story[-3:] == [
        "2026-06-20 phone system switched off",
        "2026-06-25 cancelled, ends on 2026-06-25",
        "2026-06-25 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
    ]
