"""An account that could not be billed is looked at again, once an operator has mended what was wrong."""

from __future__ import annotations

from uuid import UUID

import structlog

from switchroom.billing.parking import park
from switchroom.journeys.bill import bill_account
from switchroom.journeys.billing_run import At
from switchroom.journeys.day import settled
from switchroom.plumbing.outages import is_outage
from switchroom.rules.periods import Month

log = structlog.get_logger(__name__)


def bill_parked(*, account_id: UUID, when: At) -> str:
    """This function will bill a parked account through this month and do all else that waited for it.

    It returns the reason, which is kept, when that cannot be done, else nothing. Raises what says that the
    database cannot be used.
    """
    month = Month.of(when.day)
    try:
        with settled(account_id, day=when.day, at=when.at):
            bill_account(account_id=account_id, month=month, day=when.day, at=when.at)
    except Exception as problem:  # whatever it is, an operator has to read it
        if is_outage(problem):
            raise
        reason = str(problem) or type(problem).__name__
        park(account_id, reason, month=month, at=when.at)
        return reason
    log.info("billing.account_unparked", account=str(account_id), by=when.by)
    return ""
