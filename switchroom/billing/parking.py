"""Accounts that could not be billed are parked: set aside with the reason, until they are billed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog

from switchroom.billing.models import ParkedAccount
from switchroom.plumbing.ids import row_id
from switchroom.rules.periods import Month

log = structlog.get_logger(__name__)


def park(account: UUID | str, reason: str, *, month: Month, at: datetime) -> None:
    """This function will note that an account could not be billed for a month, and why; ``at`` is the
    instant (UTC).
    """
    ParkedAccount.objects.update_or_create(
        account_id=row_id(account),
        defaults={"month_on": month.first_on, "reason": reason, "parked_at": at},
    )
    log.warning("billing.account_parked", account=str(account), month=str(month), why=reason)


def unpark(accounts: Collection[UUID | str]) -> None:
    """This function will forget the reasons of accounts that were billed; those that are parked at all are
    few.
    """
    if parked := parked_accounts():
        ParkedAccount.objects.filter(account_id__in=parked.intersection(map(row_id, accounts))).delete()


def parked_accounts() -> set[UUID]:
    """This function will give the ids of all accounts that are parked."""
    return set(ParkedAccount.objects.values_list("account_id", flat=True))
