"""My subscriptions: every phone system of the account at a glance, and the bills that are to come."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from switchroom.accounts.policy import Capability
from switchroom.billing import ledger, rates
from switchroom.portal.access import Visit, visit
from switchroom.portal.likely import Likely, drafts_of, likely_next
from switchroom.portal.summaries import Summary, state_chip, summaries_for
from switchroom.rules.forecasts import coming_documents
from switchroom.rules.lifecycle import State
from switchroom.rules.periods import Month

MONTHS_AHEAD = 12
OVER = (State.ENDED, State.DELETED)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A phone system on the home page, and what one most likely wants to do with it."""

    summary: Summary
    chip: str
    likely: Likely


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the account pays in the months to come: gross amounts, minor units; ``credit_minor`` is net."""

    months: list[tuple[Month, int]]
    credit_minor: int
    currency: str

    @property
    def total_minor(self) -> int:
        """All the months together."""
        return sum(amount for _month, amount in self.months)


@require_safe
def subscriptions(request: HttpRequest) -> HttpResponse:
    """This function will list the account's phone systems, those that live first, with the coming bills."""
    who = visit(request, Capability.SEE_SUBSCRIPTIONS)
    summaries = summaries_for(who)
    drafts = drafts_of(who.account.id) if who.can(Capability.ORDER) else {}
    cards = [
        Card(
            summary=one,
            chip=state_chip(one.promise, one.state),
            likely=likely_next(one, who, others=summaries, drafts=drafts),
        )
        for one in summaries
    ]
    return render(
        request,
        "portal/subscriptions/home.html",
        {
            "visit": who,
            "living": [card for card in cards if card.summary.state not in OVER],
            "over": [card for card in cards if card.summary.state in OVER],
            "outlook": _outlook(who, summaries) if who.can(Capability.SEE_BILLING) else None,
            "may_order": who.can(Capability.ORDER),
        },
    )


def _outlook(who: Visit, summaries: list[Summary]) -> Outlook | None:
    """None for an account that has bought nothing: a year of empty bills says nothing."""
    credits = ledger.credits_left(who.account.id)
    if not any(one.promise.bought_on for one in summaries):
        return None
    documents = coming_documents(
        [one.promise for one in summaries],
        credits,
        first=Month.of(who.day).plus(1),
        count=MONTHS_AHEAD,
        rate_of=rates.rate_of,
    )
    return Outlook(
        months=[(month, draft.gross_minor if draft else 0) for month, draft in documents],
        credit_minor=sum(credit.left_minor for credit in credits),
        currency=summaries[0].currency,
    )
