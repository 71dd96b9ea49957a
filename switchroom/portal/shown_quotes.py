"""A quote as it was shown and kept: the sums of overview, confirmation and contract summary (rule 4.5).

What these pages say is read from the stored quote, so that it is exactly what was or will be bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from switchroom.catalog.models import Licence
from switchroom.catalog.queries import grants_of
from switchroom.orders.models import Quote
from switchroom.portal.order_figures import NOTHING, HeldLine, Taxed
from switchroom.rules.periods import Month
from switchroom.rules.promise import Grants


@dataclass(frozen=True, kw_only=True)
class ShownQuote:
    """What a kept quote promised. ``starts_on`` is the day from which it counts; amounts are minor units."""

    lines: tuple[HeldLine, ...]
    grants: Grants
    starts_on: date
    due_now: Taxed
    credit_minor: int
    next_month: Month
    next_document: Taxed
    monthly_minor: int
    term_last_on: date

    @property
    def term_is_over(self) -> bool:
        """Whether the minimum term had run out before the order, so that one can leave at any month's end."""
        return self.term_last_on < self.starts_on


@dataclass(frozen=True, kw_only=True)
class Change:
    """A figure that is no longer what was shown, in minor units."""

    label: str
    before_minor: int
    now_minor: int


def read_shown(shown: Quote, licences: Sequence[Licence]) -> ShownQuote:
    """This function will read a kept quote; ``licences`` are all of the version that it prices."""
    promised = shown.promised
    named = {licence.key: licence for licence in licences}
    grants = Grants()
    for item in promised["items"]:
        grants += grants_of(named[item["licence"]]) * item["quantity"]
    coming = promised["coming"][0]
    return ShownQuote(
        lines=tuple(
            HeldLine(
                key=item["licence"],
                name=named[item["licence"]].name,
                quantity=item["quantity"],
                unit_price_minor=item["unit_price_minor"],
            )
            for item in promised["items"]
        ),
        grants=grants,
        starts_on=date.fromisoformat(promised["day"]),
        due_now=_taxed(promised["due_now"]),
        credit_minor=promised["credit_minor"],
        next_month=Month.parse(coming["month"]),
        next_document=_taxed(coming) if "net_minor" in coming else NOTHING,
        monthly_minor=promised["monthly_minor"],
        term_last_on=date.fromisoformat(promised["term_until"]) - timedelta(days=1),
    )


def changes_between(before: Quote, now: Quote) -> list[Change]:
    """This function will list the sums that differ between what was shown before and what is shown now."""
    was, is_now = before.promised, now.promised
    compared = [
        (_("Due now, net"), was["due_now"]["net_minor"], is_now["due_now"]["net_minor"]),
        (_("Due now, with VAT"), was["due_now"]["gross_minor"], is_now["due_now"]["gross_minor"]),
        (_("Credit on your next invoice"), was["credit_minor"], is_now["credit_minor"]),
        (_("Every month, net"), was["monthly_minor"], is_now["monthly_minor"]),
    ]
    return [
        Change(label=label, before_minor=former, now_minor=latter)
        for label, former, latter in compared
        if former != latter
    ]


def _taxed(amounts: Mapping[str, Any]) -> Taxed:
    return Taxed(
        net_minor=amounts["net_minor"],
        taxes=tuple((tax["percent"], tax["tax_minor"]) for tax in amounts["taxes"]),
        gross_minor=amounts["gross_minor"],
    )
