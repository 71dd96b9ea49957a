"""What was billed and what is left of the credits: the facts that the next document is computed from.

For one account they are read through the models, for a span of accounts (a billing run) as bare rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

import msgspec
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from switchroom.billing import rates
from switchroom.billing.issuing import CreditOrigin
from switchroom.billing.models import Credit, InvoiceLine, LineKind
from switchroom.plumbing.bulk import day_of, read_rows
from switchroom.plumbing.ids import row_id
from switchroom.rules.credits import Credit as CreditFact
from switchroom.rules.periods import Month
from switchroom.rules.promise import Id

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

BILLED = """
    (SELECT MAX(l.month_on) || ' ' || COUNT(*)
     FROM billing_invoiceline l WHERE l.item_id = i.id AND l.kind = 'charge')
"""
"""Of an item ``i``: the last month that was charged and how many were; one look into the index."""
CREDITS_LEFT = """
    SELECT account_id, id, granted_on, rate_bp, left_minor,
           subscription_id, item_id, month_on, quantity, unit_price_minor, days, of_days
    FROM (
        SELECT c.account_id, c.id, c.granted_on, c.rate_bp, c.sequence,
               o.subscription_id, o.item_id, o.month_on, o.quantity, o.unit_price_minor, c.days, c.of_days,
               -- on PostgreSQL a sum of bigint is numeric, which would reach the rules as a Decimal
               CAST(c.granted_minor + COALESCE(
                   (SELECT SUM(u.net_minor) FROM billing_invoiceline u
                    WHERE u.credit_id = c.id AND u.kind = 'credit'), 0
               ) AS BIGINT) AS left_minor
        FROM billing_credit c JOIN billing_invoiceline o ON o.id = c.line_id
        WHERE c.account_id BETWEEN %s AND %s
    ) AS credits
    WHERE left_minor > 0 ORDER BY account_id, granted_on, sequence
"""


class Ledger(msgspec.Struct, frozen=True):
    """The books of a span of accounts: item → the month after the last one billed, none where a month is
    missing in between, which no journey leaves behind; such an item → every month that was billed; account →
    credits left, oldest first; where a credit came from.
    """

    billed_until: Mapping[Id, Month | None]
    with_holes: dict[Id, set[Month]]
    credits: dict[str, list[CreditFact]]
    origins: dict[Id, CreditOrigin]


def read_ledger(span: tuple[str, str], *, billed_until: Mapping[Id, Month | None]) -> Ledger:
    """This function will read the books of the accounts from ``span[0]`` through ``span[1]``; ids are text.

    ``billed_until`` is what ``month_after`` makes of ``BILLED`` for those of their items that were billed.
    """
    with_holes: dict[Id, set[Month]] = {}
    if not all(billed_until.values()):
        holes = [item for item, until in billed_until.items() if until is None]
        with_holes = {item: billed_months_of(row_id(item)) for item in holes}
    credits: dict[str, list[CreditFact]] = defaultdict(list)
    origins: dict[Id, CreditOrigin] = {}
    for row in read_rows(CREDITS_LEFT, span):
        account, id_, granted_on, rate_bp, left_minor, subscription, item, month_on, *rest = row
        quantity, unit_price_minor, days, of_days = rest
        credits[account].append(CreditFact(id_, day_of(granted_on), left_minor, rates.share(rate_bp)))
        origins[id_] = CreditOrigin(
            subscription, item, month_on, quantity, unit_price_minor, days, of_days, rate_bp
        )
    return Ledger(billed_until, with_holes, credits, origins)


@lru_cache(maxsize=10_000)
def month_after(billed: str, from_on: date | str) -> Month | None:
    """This function will give the month after the last one that ``BILLED`` says of an item that began on a
    day: none when a month before is missing. Many items share both.
    """
    last_on, _, months = billed.partition(" ")
    first, last = Month.of(day_of(from_on)), Month.of(date.fromisoformat(last_on))
    return last.plus(1) if first.plus(int(months) - 1) == last else None


def billed_months_of(item_id: UUID) -> set[Month]:
    """This function will give every month of an item that was ever charged."""
    lines = InvoiceLine.objects.filter(kind=LineKind.CHARGE, item_id=item_id)
    return {Month.of(month_on) for month_on in lines.values_list("month_on", flat=True)}


class LeftOver(TypedDict):
    """What ``with_left`` adds to a credit."""

    left_minor: int


def with_left(credits: QuerySet[Credit]) -> QuerySet[WithAnnotations[Credit, LeftOver]]:
    """This function will add ``left_minor`` to credits: granted less used, in minor units."""
    return credits.annotate(left_minor=F("granted_minor") + Coalesce(Sum("uses__net_minor"), 0))


def credits_left(account_id: UUID) -> list[CreditFact]:
    """This function will list what is left of an account's credits, oldest first; used up ones are not
    listed.
    """
    credits = with_left(Credit.objects.filter(account_id=account_id)).order_by("granted_on", "sequence")
    return [
        CreditFact(credit.id, credit.granted_on, credit.left_minor, rates.share(credit.rate_bp))
        for credit in credits
        if credit.left_minor > 0
    ]
