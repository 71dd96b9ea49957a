"""When calls may be barred because bills are overdue (rule 9.1, § 61 TKG).

First the calls to the outside, and a week later all of them; never on account of a small sum, and never
without a warning in writing two weeks before. Emergency calls are never barred.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

import msgspec

from switchroom.rules.money import Money
from switchroom.rules.refusals import Refused, gettext_noop

LEAST_OVERDUE_MINOR = 100_00
WARNING = timedelta(days=14)
OUTGOING_ALONE = timedelta(days=7)


class Barring(StrEnum):
    """What is barred. Emergency calls always pass."""

    NONE = ""
    OUTGOING = "outgoing"
    """Calls to the outside; calls inside and from the outside go on."""
    ALL = "all"


class Overdue(msgspec.Struct, frozen=True):
    """What a customer owes for longer than agreed and does not dispute (gross), and the day on which the
    warning was sent in writing.
    """

    gross: Money
    warned_on: date


def check_outgoing_may_be_barred(overdue: Overdue, *, day: date) -> None:
    """This function will raise ``Refused`` 9.1 unless calls to the outside may be barred on ``day``."""
    least = Money(LEAST_OVERDUE_MINOR, overdue.gross.currency)
    if overdue.gross.minor < least.minor:
        raise Refused(
            "9.1",
            gettext_noop("Calls may be barred when {least} or more is overdue; {overdue} is less."),
            least=least,
            overdue=overdue.gross,
        )
    if overdue.warned_on > day:
        raise Refused(
            "9.1",
            gettext_noop("The warning cannot have been sent on {warned_on}: that day has not come yet."),
            warned_on=overdue.warned_on,
        )
    if day < overdue.warned_on + WARNING:
        raise Refused(
            "9.1",
            gettext_noop("Calls may be barred two weeks after the warning in writing: from {day} on."),
            day=overdue.warned_on + WARNING,
        )


def check_all_may_be_barred(overdue: Overdue, *, outgoing_barred_on: date | None, day: date) -> None:
    """This function will raise ``Refused`` 9.1 unless all calls may be barred on ``day``.

    ``outgoing_barred_on`` is the day on which calls to the outside were barred, none when they are not.
    """
    check_outgoing_may_be_barred(overdue, day=day)
    if outgoing_barred_on is None:
        raise Refused(
            "9.1",
            gettext_noop("Calls to the outside are barred first, and all calls a week later."),
        )
    if day < outgoing_barred_on + OUTGOING_ALONE:
        raise Refused(
            "9.1",
            gettext_noop("All calls may be barred a week after those to the outside: from {day} on."),
            day=outgoing_barred_on + OUTGOING_ALONE,
        )
