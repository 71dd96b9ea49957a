"""Leaving: thinking better of it, following up with less, and being kept for a while after the end."""

from __future__ import annotations

import pytest

from switchroom.phonesystems.models import PhoneNumber
from switchroom.rules.lifecycle import State
from switchroom.rules.promise import Grants
from tests.cast import Town
from tests.catalogues import catalogue
from tests.ledgers import paper


def test_cancelled_withdrawn_on_the_last_day_and_cancelled_again(town: Town) -> None:
    """In the term it ends with the term; after it with the month. Billing never stopped in between."""
    anna = town.on("2026-06-01").customer("Anna").grows_to(one=2)
    town.on("2027-05-20")
    anna.cancels()
    anna.cancels()
    assert anna.refused == "7.1 This subscription is already cancelled; it ends before 1 June 2027."
    town.on("2027-05-31")
    anna.withdraws()
    assert anna.state() is State.ACTIVE
    anna.withdraws()
    assert anna.refused == "7.4 This subscription is not cancelled, so there is nothing to withdraw."
    town.on("2027-06-15")
    anna.cancels()
    town.until("2027-06-30")
    assert anna.entitled == Grants(4, 6, 2)
    town.until("2027-07-01")
    assert anna.state() is State.DELETED
    assert anna.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 30.00 vat 5.70 (19%) gross 35.70
          2026-06 2 × one 15.00 = 30.00
        R-2026-000002 to 000007 monthly 2026-07 to 2026-12, each net 30.00 vat 5.70 (19%) gross 35.70
          the month 2 × one 15.00 = 30.00
        R-2027-000001 to 000006 monthly 2027-01 to 2027-06, each net 30.00 vat 5.70 (19%) gross 35.70
          the month 2 × one 15.00 = 30.00
        """
    )
    assert anna.story[-12:] == [
        "2027-05-01 invoice R-2027-000005 monthly 30.00",
        "2027-05-20 cancelled, ends on 2027-06-01",
        "2027-05-25 reminded of end on 2027-06-01",
        "2027-05-31 reminded of end on 2027-06-01",
        "2027-05-31 cancellation to 2027-06-01 withdrawn",
        "2027-06-01 invoice R-2027-000006 monthly 30.00",
        "2027-06-15 cancelled, ends on 2027-07-01",
        "2027-06-24 reminded of end on 2027-07-01",
        "2027-06-30 reminded of end on 2027-07-01",
        "2027-07-01 ended, deleted on 2027-07-01",
        "2027-07-01 phone system switched off",
        "2027-07-01 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
    ]


BERTS_STATEMENT = paper(
    """
    R-2026-000001 2026-06-01 order, net 60.00 vat 11.40 (19%) gross 71.40
      2026-06 4 × one 15.00 = 60.00
    R-2026-000002 to 000007 monthly 2026-07 to 2026-12, each net 60.00 vat 11.40 (19%) gross 71.40
      the month 4 × one 15.00 = 60.00
    R-2027-000001 to 000005 monthly 2027-01 to 2027-05, each net 60.00 vat 11.40 (19%) gross 71.40
      the month 4 × one 15.00 = 60.00
    R-2027-000006 2027-06-01 monthly 2027-06, net 30.00 vat 5.70 (19%) gross 35.70
      2027-06 2 × one 15.00 = 30.00
    R-2027-000007 2027-06-16 order, net 15.00 vat 2.85 (19%) gross 17.85
      2027-06 1 × one 15.00 = 15.00
    R-2027-000008 2027-07-01 monthly 2027-07, net 37.50 vat 7.13 (19%) gross 44.63
      2027-07 2 × one 15.00 = 30.00
      2027-07 1 × one 15.00 = 15.00
      2027-06 credit 1 × one 15.00, 15 of 30 days, R-2027-000007 = -7.50
    credit 2027-06-16 1 × one 15.00, 15/30 days, R-2027-000007: granted 7.50 used 7.50 left 0.00
    """
)


def test_a_follow_up_takes_over_name_and_numbers(town: Town) -> None:
    bert = town.on("2026-06-01").customer("Bert").grows_to(one=4).sets_up(endpoints=5, numbers=2)
    before = bert.phone_system
    assert before is not None
    town.on("2027-05-10")
    bert.follows_up_with(one=2)
    assert bert.refused == (
        "7.6 A follow-up takes over from a cancelled subscription. Cancel this one first, then order it."
    )
    bert.cancels()
    town.on("2027-05-12")
    bert.follows_up_with(one=2)
    bert.follows_up_with(one=1)
    assert bert.refused == "7.6 A follow-up subscription was already ordered."
    bert.withdraws()
    assert bert.refused.startswith("7.6 A follow-up subscription that begins on 1 June 2027 was ordered.")
    bert.turns_to("Bert", follow_up=True)
    assert bert.state() is State.PLANNED
    bert.adds(one=1)
    assert bert.refused == "4.3 This subscription begins on 1 June 2027; it can be upgraded from then on."
    town.until("2027-06-01")
    assert bert.state() is State.ACTIVE
    assert bert.entitled == Grants(4, 6, 2)
    after = bert.phone_system
    assert after is not None
    assert (after.name, after.sip_label, after.realm) == (before.name, before.sip_label, before.realm)
    assert after.id != before.id
    numbers = PhoneNumber.objects.filter(phone_system=after).values_list(
        "e164", "is_live", "quarantine_until"
    )
    assert list(numbers) == [("+493023125000", True, None), ("+493023125001", True, None)]
    assert bert.story == [
        (
            "2027-05-12 ordered follow-up from 2027-06-01 +2 one: 0.00 now, 0.00 credit, 30.00 a month, "
            "term until 2028-06-01"
        ),
        "2027-06-01 invoice R-2027-000006 monthly 30.00",
        "2027-06-01 follow-up begun",
    ]
    bert.turns_to("Bert")
    assert bert.state() is State.DELETED
    assert bert.story[-1] == (
        "2027-06-01 phone system deleted by rule 7.5: 5 endpoints, 0 numbers, 0 backups"
    )
    bert.turns_to("Bert", follow_up=True)
    town.on("2027-06-16")
    bert.adds(one=1)
    town.until("2027-07-01")
    assert bert.statement == BERTS_STATEMENT


def test_kept_for_thirty_days_it_is_off_but_there(town: Town) -> None:
    """A provider may keep what has ended, by a version of the catalogue (rule 7.5)."""
    cora = town.on("2026-06-01").sells(catalogue(term_months=1, retention_days=30)).customer("Cora")
    cora.grows_to(one=1)
    town.on("2026-06-20")
    cora.cancels()
    town.until("2026-07-01")
    assert cora.state() is State.ENDED
    assert cora.phone_system is not None
    assert cora.entitled == Grants()
    cora.adds(one=1)
    assert cora.refused == "4.3 This subscription is over; nothing can be added to it any more."
    cora.withdraws()
    assert cora.refused == "7.4 The cancellation took effect on 1 July 2026 and can no longer be withdrawn."
    cora.sets_up(endpoints=1)
    assert cora.refused == "8 This phone system is switched off, so nothing can be set up in it."
    town.until("2026-07-30")
    assert cora.state() is State.ENDED
    town.until("2026-07-31")
    assert cora.state() is State.DELETED
    assert cora.story == [
        "2026-06-01 trial started, over on 2026-07-02",
        "2026-06-01 ordered +1 one: 15.00 now, 0.00 credit, 15.00 a month, term until 2026-07-01",
        "2026-06-01 invoice R-2026-000001 order 15.00",
        "2026-06-01 entitled to 2/3/1, before 5/10/2",
        "2026-06-20 cancelled, ends on 2026-07-01",
        "2026-06-24 reminded of end on 2026-07-01",
        "2026-06-30 reminded of end on 2026-07-01",
        "2026-07-01 ended, deleted on 2026-07-31",
        "2026-07-01 phone system switched off",
        "2026-07-31 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
    ]


@pytest.mark.parametrize("day", ["2026-06-20", "2026-06-30"])
def test_after_the_term_a_cancellation_ends_with_the_month(town: Town, day: str) -> None:
    dirk = town.on("2026-05-01").sells(catalogue(term_months=1)).customer("Dirk").grows_to(one=1)
    town.on(day)
    dirk.cancels()
    assert dirk.promise.ends_on is not None
    assert dirk.promise.ends_on.isoformat() == "2026-07-01"
    town.until("2026-07-01")
    assert dirk.state() is State.DELETED
    assert dirk.statement == paper(
        """
        R-2026-000001 2026-05-01 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-05 1 × one 15.00 = 15.00
        R-2026-000002 2026-06-01 monthly 2026-06, net 15.00 vat 2.85 (19%) gross 17.85
          2026-06 1 × one 15.00 = 15.00
        """
    )


def test_old_subscriptions_keep_their_price_when_it_rises(town: Town) -> None:
    """Eva pays 15.00 also for what she adds; Finn tried before the rise, buys after it for 16.00 (rule 4.3).

    16 July: 15 of 31 days gone. 15.00 × 15/31 = 7.258, 16.00 × 15/31 = 7.742; 19 % of 37.74 = 7.1706, of 8.26
    = 1.5694.
    """
    eva = town.on("2026-06-01").customer("Eva").grows_to(one=2)
    town.on("2026-06-20")
    finn = town.customer("Finn").starts_trial()
    town.on("2026-07-10").sells(catalogue(prices={"one": "16.00"}))
    town.on("2026-07-16")
    eva.adds(one=1)
    finn.grows_to(one=1)
    town.until("2026-08-01")
    assert eva.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 30.00 vat 5.70 (19%) gross 35.70
          2026-06 2 × one 15.00 = 30.00
        R-2026-000002 2026-07-01 monthly 2026-07, net 30.00 vat 5.70 (19%) gross 35.70
          2026-07 2 × one 15.00 = 30.00
        R-2026-000003 2026-07-16 order, net 15.00 vat 2.85 (19%) gross 17.85
          2026-07 1 × one 15.00 = 15.00
        R-2026-000005 2026-08-01 monthly 2026-08, net 37.74 vat 7.17 (19%) gross 44.91
          2026-08 2 × one 15.00 = 30.00
          2026-08 1 × one 15.00 = 15.00
          2026-07 credit 1 × one 15.00, 15 of 31 days, R-2026-000003 = -7.26
        credit 2026-07-16 1 × one 15.00, 15/31 days, R-2026-000003: granted 7.26 used 7.26 left 0.00
        """
    )
    assert finn.statement == paper(
        """
        R-2026-000004 2026-07-16 order, net 16.00 vat 3.04 (19%) gross 19.04
          2026-07 1 × one 16.00 = 16.00
        R-2026-000006 2026-08-01 monthly 2026-08, net 8.26 vat 1.57 (19%) gross 9.83
          2026-08 1 × one 16.00 = 16.00
          2026-07 credit 1 × one 16.00, 15 of 31 days, R-2026-000004 = -7.74
        credit 2026-07-16 1 × one 16.00, 15/31 days, R-2026-000004: granted 7.74 used 7.74 left 0.00
        """
    )
