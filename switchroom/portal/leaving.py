"""What leaving means, before the click: the day, the money, what will be deleted (rules 5.4, 7.1, 7.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from django.db.models import Count

from switchroom.billing import ledger, rates
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.queries import (
    ListedEndpoint,
    ListedNumber,
    endpoints_of,
    numbers_of,
    with_use,
)
from switchroom.rules import cancellations
from switchroom.rules.forecasts import charges_in, coming_documents, credits_lost
from switchroom.rules.lifecycle import deleted_on
from switchroom.rules.periods import ONE_DAY, Month, months_through
from switchroom.rules.promise import Promise


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """What a cancellation would mean; ``last_on`` is the last day on which everything works.

    ``months`` are those that this subscription will still be charged for, net. ``to_pay_minor`` is what is
    still to be paid for them with VAT and after credits; none when other subscriptions are on the same
    invoices.
    """

    last_on: date
    deleted_on: date | None
    months: tuple[tuple[Month, int], ...]
    credits_used_minor: int
    credits_lost_minor: int
    to_pay_minor: int | None

    @property
    def net_minor(self) -> int:
        """What this subscription will still be charged in all, net."""
        return sum(charged for _month, charged in self.months)


@dataclass(frozen=True, kw_only=True)
class Possessions:
    """What is set up in the phone system and will be deleted with it; so many numbers are ``on_their_way``.

    ``at_home_at`` is the instant (UTC) of the newest of ``backups`` that a member has taken home; it may hold
    the latest change. Ours are deleted as well.
    """

    endpoints: list[ListedEndpoint]
    numbers: list[ListedNumber]
    on_their_way: int
    backups: int
    at_home_at: datetime | None
    is_fresh: bool


def leaving_of(promise: Promise, others: Sequence[Promise], *, account_id: UUID, day: date) -> Leaving:
    """This function will work out what cancelling on ``day`` means, in a trial at its end; raises ``Refused``
    7.1.
    """
    cancellation = cancellations.cancel(promise, day=day)
    leaving = msgspec.structs.replace(promise, cancellation=cancellation)
    last_on = cancellation.ends_on - ONE_DAY
    first = Month.of(day).plus(1)
    account = [leaving, *others]
    credits = ledger.credits_left(account_id)
    months = tuple(
        (month, sum(charge.net_minor for charge in charges_in([leaving], month)))
        for month in months_through(first, Month.of(last_on))
        if promise.bought_on is not None
    )
    coming = coming_documents(account, credits, first=first, count=len(months), rate_of=rates.rate_of)
    drafts = [draft for _month, draft in coming if draft is not None]
    is_alone = not any(charges_in(others, month) for month, _charged in months)
    return Leaving(
        last_on=last_on,
        deleted_on=deleted_on(leaving),
        months=months,
        credits_used_minor=sum(draft.used_minor for draft in drafts),
        credits_lost_minor=credits_lost(account, credits, first=first, rate_of=rates.rate_of),
        to_pay_minor=sum(draft.gross_minor for draft in drafts) if is_alone else None,
    )


def possessions_in(subscription_id: UUID) -> Possessions | None:
    """This function will list what is set up in a subscription's phone system; none when there is none."""
    of_subscription = PhoneSystem.objects.filter(subscription_id=subscription_id)
    phone_system = with_use(of_subscription).annotate(backups_made=Count("backups")).first()
    if phone_system is None:
        return None
    at_home_at, numbers = phone_system.at_home_at, numbers_of(phone_system)
    return Possessions(
        endpoints=endpoints_of(phone_system),
        numbers=numbers,
        on_their_way=phone_system.numbers_in_use - len(numbers),
        backups=phone_system.backups_made,
        at_home_at=at_home_at,
        is_fresh=at_home_at is not None and at_home_at >= phone_system.changed_at,
    )
