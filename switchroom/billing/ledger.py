"""What was billed and what is left of the credits: the facts that the next document is computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from switchroom.billing import rates
from switchroom.billing.models import Credit, InvoiceLine, LineKind
from switchroom.rules.credits import Credit as CreditFact
from switchroom.rules.periods import Month

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


def billed_months(account_id: UUID) -> set[tuple[UUID | int, Month]]:
    """This function will give (item, month) of every charge that was ever issued to an account."""
    lines = InvoiceLine.objects.filter(kind=LineKind.CHARGE, subscription__account_id=account_id)
    return {(item_id, Month.of(month_on)) for item_id, month_on in lines.values_list("item_id", "month_on")}


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
