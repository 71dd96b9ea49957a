"""Credits: what is left, where each comes from, and on which invoices it was used (rules 5.2 to 5.4)."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from switchroom.accounts.policy import Capability
from switchroom.billing.models import Credit
from switchroom.billing.queries import credits_of
from switchroom.plumbing.wording import quantity, short_day, spoken
from switchroom.portal.access import visit
from switchroom.portal.explaining import Explained, explain_credit, orders_of
from switchroom.rules.periods import Month

ON_A_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class CreditRow:
    """A credit with its origin in a sentence."""

    credit: Credit
    origin: str
    left_minor: int
    why: Explained


@require_safe
def credits(request: HttpRequest) -> HttpResponse:
    """This function will show the balance and every credit, newest first."""
    who = visit(request, Capability.SEE_BILLING)
    every = credits_of(who.account.id)
    page = Paginator(every, ON_A_PAGE).get_page(request.GET.get("page"))
    orders = orders_of(credit.line.item for credit in page)
    rows = [
        CreditRow(
            credit=credit,
            origin=origin_of(credit),
            left_minor=left_minor(credit),
            why=explain_credit(credit, orders=orders),
        )
        for credit in page
    ]
    balance_minor = sum(left_minor(credit) for credit in every)
    return render(
        request,
        "portal/credits/list.html",
        {
            "rows": rows,
            "page": page,
            "balance_minor": balance_minor,
            "currency": every[0].currency if every else "",
            "next_on": Month.of(who.day).until_on,
        },
    )


def left_minor(credit: Credit) -> int:
    """This function will give what is left of a credit whose uses were read along, in minor units."""
    return credit.granted_minor + sum(use.net_minor for use in credit.uses.all())


def origin_of(credit: Credit) -> str:
    """This function will say in a sentence where a credit comes from."""
    line = credit.line
    return ngettext(
        "{count} {licence} ordered on {day}: the first day of {of} was not yours",
        "{count} {licence} ordered on {day}: the first {days} of {of} days were not yours",
        credit.days,
    ).format(
        count=f"{quantity(line.quantity)}\u00a0×",
        licence=spoken(line.item.licence.name),
        day=short_day(credit.granted_on),
        days=quantity(credit.days),
        of=quantity(credit.of_days),
    )
