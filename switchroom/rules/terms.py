"""The days that a trial, a term and an end are counted to (rules 3.1, 4.4, 6.2 and 7.2).

Every length is counted from its anchor, never stepped from the date before, so that the 31st does not wear
off. All ends are exclusive: the first day on which the thing is over.
"""

from __future__ import annotations

from datetime import date, timedelta

from switchroom.rules.periods import Month

LONGEST_TERM_MONTHS = 23
"""With the rest of the month in which it runs out, a term never passes 24 months (rule 4.4, § 56 TKG)."""


def trial_until(created_on: date, trial_days: int) -> date:
    """This function will give the first day after a trial: the day of creation is day 0, the last is
    ``trial_days``.
    """
    return created_on + timedelta(days=trial_days + 1)


def term_until(bought_on: date, term_months: int) -> date:
    """This function will give the first day after the minimum term (rule 4.4).

    The term lasts ``term_months`` from the day of the first purchase and on to the end of the calendar month
    in which they run out. Raises ``ValueError`` for a term that could pass 24 months.
    """
    if not 0 <= term_months <= LONGEST_TERM_MONTHS:
        raise ValueError(f"a term lasts 0 to {LONGEST_TERM_MONTHS} months, not {term_months}")
    runs_out = Month.of(bought_on).plus(term_months)
    return runs_out.first_on if bought_on.day == 1 else runs_out.until_on


def earliest_end(term_ends_on: date, day: date) -> date:
    """This function will give the day on which a wish to shrink or leave takes effect (rules 6.2 and 7.2).

    In the term that is the end of the term, after it the end of the current month; exclusive.
    """
    return term_ends_on if day < term_ends_on else Month.of(day).until_on
