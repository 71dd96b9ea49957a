"""Dana, Erik, Farah and Gustav: the four who live in the demo's town, each through a whole life.

Every amount was worked out on paper from the rules: a charge is quantity × price for the whole month, its
credit is that × days gone / days of the month, tax is 19 % of each document's net, both rounded half up.
"""

from __future__ import annotations

from datetime import date

from switchroom.phonesystems.models import DeletionRecord, PhoneNumber
from switchroom.rules.lifecycle import State
from switchroom.rules.promise import Grants
from tests.cast import Town
from tests.ledgers import paper

DANAS_STORY = [
    "2026-05-20 trial started, over on 2026-06-20",
    "2026-06-01 ordered +10 one: 150.00 now, 0.00 credit, 150.00 a month, term until 2027-06-01",
    "2026-06-01 invoice R-2026-000001 order 150.00",
    "2026-06-01 entitled to 20/30/10, before 5/10/2",
    "2026-06-16 ordered +4 one: 60.00 now, 30.00 credit, 210.00 a month, term until 2027-06-01",
    "2026-06-16 invoice R-2026-000002 order 60.00, credit 30.00",
    "2026-06-16 entitled to 28/42/14, before 20/30/10",
    "2026-06-20 cancelled, ends on 2027-06-01",
    "2026-07-01 invoice R-2026-000003 monthly 180.00",
    "2026-08-01 invoice R-2026-000004 monthly 210.00",
    "2026-09-01 invoice R-2026-000005 monthly 210.00",
    "2026-10-01 invoice R-2026-000006 monthly 210.00",
    "2026-11-01 invoice R-2026-000007 monthly 210.00",
    "2026-12-01 invoice R-2026-000008 monthly 210.00",
    "2027-01-01 invoice R-2027-000001 monthly 210.00",
    "2027-02-01 invoice R-2027-000002 monthly 210.00",
    "2027-03-01 invoice R-2027-000003 monthly 210.00",
    "2027-04-01 invoice R-2027-000004 monthly 210.00",
    "2027-05-01 invoice R-2027-000005 monthly 210.00",
    "2027-05-02 reminded of end on 2027-06-01",
    "2027-05-25 reminded of end on 2027-06-01",
    "2027-05-31 reminded of end on 2027-06-01",
    "2027-06-01 ended, deleted on 2027-06-01",
    "2027-06-01 phone system switched off",
    "2027-06-01 phone system deleted by rule 7.5: 0 endpoints, 0 numbers, 0 backups",
]


DANAS_MAILS = [
    "2026-05-20 Your phone system Dana is ready",
    "2026-06-01 Invoice R-2026-000001: 178.50 €",
    "2026-06-01 Your order for Dana",
    "2026-06-16 Invoice R-2026-000002: 71.40 €",
    "2026-06-16 Your order for Dana",
    "2026-06-20 Your cancellation of Dana: the last day is 31 May 2027",
    "2026-07-01 Invoice R-2026-000003: 214.20 €",
    *(f"2026-{month:02d}-01 Invoice R-2026-{month - 4:06d}: 249.90 €" for month in range(8, 13)),
    *(f"2027-{month:02d}-01 Invoice R-2027-{month:06d}: 249.90 €" for month in range(1, 6)),
    "2027-05-02 Dana: the last day is 31 May 2027",
    "2027-05-25 Dana: the last day is 31 May 2027",
    "2027-05-31 Dana: the last day is 31 May 2027",
    "2027-06-01 The phone system Dana is deleted",
]


def test_dana_tries_grows_in_june_and_leaves(town: Town) -> None:
    town.lives_every_day = True
    dana = town.on("2026-05-20").customer("Dana").starts_trial()
    assert dana.state() is State.TRIAL
    assert dana.entitled == Grants(5, 10, 2)
    town.on("2026-06-01")  # day 12 of her trial
    dana.grows_to(one=10)
    town.on("2026-06-16")
    dana.grows_to(one=14)
    assert dana.entitled == Grants(28, 42, 14)
    town.on("2026-06-18")
    dana.reduces_to(one=12)
    assert dana.refused == (
        "6.1 During the minimum term a reduction is not possible; it is from 1 June 2027 on. You can wait "
        "until then, or cancel and take out a smaller subscription that follows this one."
    )
    town.on("2026-06-20")
    dana.cancels()
    assert dana.state() is State.CANCELLED
    town.until("2027-05-31")
    assert dana.entitled == Grants(28, 42, 14)
    town.until("2027-06-02")
    assert dana.state() is State.DELETED
    assert dana.phone_system is None
    assert dana.statement == paper(
        """
        R-2026-000001 2026-06-01 order, net 150.00 vat 28.50 (19%) gross 178.50
          2026-06 10 × one 15.00 = 150.00
        R-2026-000002 2026-06-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-06 4 × one 15.00 = 60.00
        R-2026-000003 2026-07-01 monthly 2026-07, net 180.00 vat 34.20 (19%) gross 214.20
          2026-07 10 × one 15.00 = 150.00
          2026-07 4 × one 15.00 = 60.00
          2026-06 credit 4 × one 15.00, 15 of 30 days, R-2026-000002 = -30.00
        R-2026-000004 to 000008 monthly 2026-08 to 2026-12, each net 210.00 vat 39.90 (19%) gross 249.90
          the month 10 × one 15.00 = 150.00
          the month 4 × one 15.00 = 60.00
        R-2027-000001 to 000005 monthly 2027-01 to 2027-05, each net 210.00 vat 39.90 (19%) gross 249.90
          the month 10 × one 15.00 = 150.00
          the month 4 × one 15.00 = 60.00
        credit 2026-06-16 4 × one 15.00, 15/30 days, R-2026-000002: granted 30.00 used 30.00 left 0.00
        """
    )
    assert dana.story == DANAS_STORY
    assert dana.mails == DANAS_MAILS


def test_erik_takes_business_in_march_and_grows_in_april(town: Town) -> None:
    """9 March of 31 days: 8 gone. 90.00 × 8/31 = 23.226, 5.00 × 8/31 = 1.290, 29.00 × 8/31 = 7.484."""
    erik = town.on("2026-02-10").customer("Erik").starts_trial()
    town.on("2026-03-09")
    erik.grows_to(one=6, extra_endpoint=2, business=True)
    assert erik.entitled == Grants(12, 20, 6)
    town.on("2026-04-16")
    erik.grows_to(one=10)
    assert erik.entitled == Grants(20, 32, 10)
    town.on("2026-05-20")
    erik.reduces_to(one=8)
    assert "it is from 1 April 2027 on" in erik.refused
    assert erik.state() is State.ACTIVE
    assert erik.statement == paper(
        """
        R-2026-000001 2026-03-09 order, net 124.00 vat 23.56 (19%) gross 147.56
          2026-03 6 × one 15.00 = 90.00
          2026-03 2 × extra-endpoint 2.50 = 5.00
          2026-03 1 × business 29.00 = 29.00
        R-2026-000002 2026-04-01 monthly 2026-04, net 92.00 vat 17.48 (19%) gross 109.48
          2026-04 6 × one 15.00 = 90.00
          2026-04 2 × extra-endpoint 2.50 = 5.00
          2026-04 1 × business 29.00 = 29.00
          2026-03 credit 6 × one 15.00, 8 of 31 days, R-2026-000001 = -23.23
          2026-03 credit 2 × extra-endpoint 2.50, 8 of 31 days, R-2026-000001 = -1.29
          2026-03 credit 1 × business 29.00, 8 of 31 days, R-2026-000001 = -7.48
        R-2026-000003 2026-04-16 order, net 60.00 vat 11.40 (19%) gross 71.40
          2026-04 4 × one 15.00 = 60.00
        R-2026-000004 2026-05-01 monthly 2026-05, net 154.00 vat 29.26 (19%) gross 183.26
          2026-05 6 × one 15.00 = 90.00
          2026-05 2 × extra-endpoint 2.50 = 5.00
          2026-05 1 × business 29.00 = 29.00
          2026-05 4 × one 15.00 = 60.00
          2026-04 credit 4 × one 15.00, 15 of 30 days, R-2026-000003 = -30.00
        credit 2026-03-09 6 × one 15.00, 8/31 days, R-2026-000001: granted 23.23 used 23.23 left 0.00
        credit 2026-03-09 2 × extra-endpoint 2.50, 8/31 days, R-2026-000001: granted 1.29 used 1.29 left 0.00
        credit 2026-03-09 1 × business 29.00, 8/31 days, R-2026-000001: granted 7.48 used 7.48 left 0.00
        credit 2026-04-16 4 × one 15.00, 15/30 days, R-2026-000003: granted 30.00 used 30.00 left 0.00
        """
    )
    assert erik.story == [
        "2026-02-10 trial started, over on 2026-03-13",
        "2026-03-06 reminded of trial_end on 2026-03-13",
        (
            "2026-03-09 ordered +6 one, +2 extra-endpoint, +1 business: 124.00 now, 32.00 credit, 124.00 a "
            "month, term until 2027-04-01"
        ),
        "2026-03-09 invoice R-2026-000001 order 124.00, credit 32.00",
        "2026-03-09 entitled to 12/20/6, before 5/10/2",
        "2026-04-01 invoice R-2026-000002 monthly 92.00",
        "2026-04-16 ordered +4 one: 60.00 now, 30.00 credit, 184.00 a month, term until 2027-04-01",
        "2026-04-16 invoice R-2026-000003 order 60.00, credit 30.00",
        "2026-04-16 entitled to 20/32/10, before 12/20/6",
        "2026-05-01 invoice R-2026-000004 monthly 154.00",
    ]


def test_farah_cancels_with_nine_days_left_and_nothing_brings_her_back(town: Town) -> None:
    """75.00 × 15/30 = 37.50; 19 % of 37.50 = 7.125 → 7.13."""
    farah = town.on("2025-06-01").customer("Farah").starts_trial()
    town.on("2025-06-16")
    farah.grows_to(one=5).sets_up(endpoints=3, numbers=2)
    town.on("2026-06-21")
    farah.cancels()
    town.until("2026-06-30")
    assert farah.state() is State.CANCELLED
    assert farah.entitled == Grants(10, 15, 5)
    town.until("2026-07-01")
    assert farah.state() is State.DELETED
    record = DeletionRecord.objects.get(subscription=farah.subscription)
    assert (record.rule, record.endpoints, record.phone_numbers, record.backups) == ("7.5", 3, 2, 0)
    resting = PhoneNumber.objects.filter(quarantine_until__isnull=False).values_list(
        "quarantine_until", flat=True
    )
    assert list(resting) == [date(2026, 9, 29)] * 2  # 1 July and 90 days
    farah.grows_to(one=6)
    assert farah.refused == "4.3 This subscription is over; nothing can be added to it any more."
    farah.reduces_to(one=1)
    assert farah.refused == "6.2 Nothing is booked here that could be reduced."
    farah.cancels()
    assert farah.refused == "7.1 This subscription is already over, so there is nothing to cancel."
    farah.withdraws()
    assert farah.refused == "7.4 The cancellation took effect on 1 July 2026 and can no longer be withdrawn."
    farah.follows_up_with(one=1)
    assert farah.refused == (
        "7.6 A follow-up takes over from a cancelled subscription. Cancel this one first, then order it."
    )
    town.until("2026-09-29")
    assert not PhoneNumber.objects.filter(quarantine_until__isnull=False).exists()
    assert farah.statement == paper(
        """
        R-2025-000001 2025-06-16 order, net 75.00 vat 14.25 (19%) gross 89.25
          2025-06 5 × one 15.00 = 75.00
        R-2025-000002 2025-07-01 monthly 2025-07, net 37.50 vat 7.13 (19%) gross 44.63
          2025-07 5 × one 15.00 = 75.00
          2025-06 credit 5 × one 15.00, 15 of 30 days, R-2025-000001 = -37.50
        R-2025-000003 to 000007 monthly 2025-08 to 2025-12, each net 75.00 vat 14.25 (19%) gross 89.25
          the month 5 × one 15.00 = 75.00
        R-2026-000001 to 000006 monthly 2026-01 to 2026-06, each net 75.00 vat 14.25 (19%) gross 89.25
          the month 5 × one 15.00 = 75.00
        credit 2025-06-16 5 × one 15.00, 15/30 days, R-2025-000001: granted 37.50 used 37.50 left 0.00
        """
    )
    assert farah.story[-7:] == [
        "2026-06-01 invoice R-2026-000006 monthly 75.00",
        "2026-06-21 cancelled, ends on 2026-07-01",
        "2026-06-24 reminded of end on 2026-07-01",
        "2026-06-30 reminded of end on 2026-07-01",
        "2026-07-01 ended, deleted on 2026-07-01",
        "2026-07-01 phone system switched off",
        "2026-07-01 phone system deleted by rule 7.5: 3 endpoints, 2 numbers, 0 backups",
    ]


def test_gustav_past_his_term_reduces_twice_and_the_last_word_counts(town: Town) -> None:
    """20 January of 31 days: 19 gone. 120.00 × 19/31 = 73.548; 19 % of 46.45 = 8.8255."""
    gustav = town.on("2025-01-10").customer("Gustav").starts_trial()
    town.on("2025-01-20")
    gustav.grows_to(one=8).sets_up(endpoints=20)
    town.on("2026-01-31")
    gustav.reduces_to(one=5)
    assert gustav.refused.startswith(
        "6.1 During the minimum term a reduction is not possible; it is from 1 Feb"
    )
    town.on("2026-02-10")
    gustav.withdraws_reduction()
    assert gustav.refused == "6.2 No reduction is pending, so there is nothing to withdraw."
    gustav.reduces_to(one=6)
    town.on("2026-02-12")
    gustav.reduces_to(one=5)
    assert gustav.entitled == Grants(16, 24, 8)
    town.until("2026-03-01")
    assert gustav.entitled == Grants(10, 15, 5)
    gustav.sets_up(endpoints=1)
    assert gustav.refused == ("8.2 Your licences do not allow another endpoint: 20 set up, 15 included.")
    gustav.withdraws_reduction()
    assert gustav.refused == "6.2 No reduction is pending, so there is nothing to withdraw."
    town.until("2026-05-01")
    assert gustav.state() is State.ACTIVE
    assert gustav.statement == paper(
        """
        R-2025-000001 2025-01-20 order, net 120.00 vat 22.80 (19%) gross 142.80
          2025-01 8 × one 15.00 = 120.00
        R-2025-000002 2025-02-01 monthly 2025-02, net 46.45 vat 8.83 (19%) gross 55.28
          2025-02 8 × one 15.00 = 120.00
          2025-01 credit 8 × one 15.00, 19 of 31 days, R-2025-000001 = -73.55
        R-2025-000003 to 000012 monthly 2025-03 to 2025-12, each net 120.00 vat 22.80 (19%) gross 142.80
          the month 8 × one 15.00 = 120.00
        R-2026-000001 to 000002 monthly 2026-01 to 2026-02, each net 120.00 vat 22.80 (19%) gross 142.80
          the month 8 × one 15.00 = 120.00
        R-2026-000003 to 000005 monthly 2026-03 to 2026-05, each net 75.00 vat 14.25 (19%) gross 89.25
          the month 5 × one 15.00 = 75.00
        credit 2025-01-20 8 × one 15.00, 19/31 days, R-2025-000001: granted 73.55 used 73.55 left 0.00
        """
    )
    assert gustav.story[-8:] == [
        "2026-02-01 invoice R-2026-000002 monthly 120.00",
        "2026-02-10 reduction to 6 one on 2026-03-01",
        "2026-02-12 reduction to 5 one on 2026-03-01",
        "2026-03-01 reduced from 8 one to 5 one",
        "2026-03-01 invoice R-2026-000003 monthly 75.00",
        "2026-03-01 entitled to 10/15/5, before 16/24/8",
        "2026-04-01 invoice R-2026-000004 monthly 75.00",
        "2026-05-01 invoice R-2026-000005 monthly 75.00",
    ]
