"""An office that works late: it does a day's work when it feels like it, twice, and before a member's wish.

It is what rule 2.3 promises to survive. It lives the same facts through the same rules as the replay, but
bills by difference against its own ledger of what was billed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from switchroom.replay.format import Event, Life
from switchroom.replay.lives import Living
from switchroom.rules.credits import Credit
from switchroom.rules.documents import Draft, monthly_document
from switchroom.rules.owing import still_to_bill
from switchroom.rules.periods import Month
from switchroom.rules.promise import Id
from switchroom.rules.reductions import after_bite


class LateOffice(Living):
    """Bills only when ``settle`` is called; ``bills`` holds month → draft."""

    def __init__(self, life: Life) -> None:
        super().__init__(life)
        self.bills: dict[Month, Draft] = {}
        self.billed: set[tuple[Id, Month]] = set()

    def wish(self, number: int, event: Event) -> None:
        """This function will settle the account first, as every journey does, and then hear the wish."""
        self.settle(event.on)
        super().wish(number, event)

    def settle(self, day: date) -> None:
        """This function will do all that is due up to ``day``, oldest month first, one document each."""
        if self.promise is None or self.promise.bought_on is None:
            return
        month = Month.of(self.promise.bought_on)
        while month <= Month.of(day):
            reduction = self.promise.reduction
            if reduction is not None and reduction.bites_on <= month.first_on:
                self.promise = after_bite(self.promise, reduction, new_ids=self.ids)
            self._bill_month(month)
            month = month.plus(1)

    def _issue(self, day: date, draft: Draft) -> int:
        self.billed.update((charge.item_id, charge.month) for charge in draft.charges)
        return super()._issue(day, draft)

    def _bill_month(self, month: Month) -> None:
        assert self.promise is not None
        charges = still_to_bill(
            self.promise.items, ends_on=self.promise.ends_on, through=month, billed=self.billed
        )
        credits = [
            Credit(place, credit.grant.granted_on, credit.left_minor, self.rate)
            for place, credit in enumerate(self.lived.credits)
        ]
        draft = monthly_document(charges, credits, month, lambda _: self.rate)
        if draft is None:
            return
        assert month not in self.bills, "a second run found something"
        self._issue(month.first_on, draft)
        self.bills[month] = draft
        for use in draft.uses:
            self.lived.credits[int(use.credit_id)].used_minor += use.net_minor


def live_late(life: Life, run_days: Iterable[date]) -> LateOffice:
    """This function will live a life with runs on ``run_days`` alone, each twice, and before every wish."""
    office = LateOffice(life)
    wishes = [(event.on, number, event) for number, event in enumerate(life.events) if event.on <= life.until]
    runs = sorted(day for day in [*run_days, life.until] if day <= life.until)
    for on, number, event in wishes:
        while runs and runs[0] <= on:
            _run_twice(office, runs.pop(0))
        office.wish(number, event)
    for day in runs:
        _run_twice(office, day)
    return office


def _run_twice(office: LateOffice, day: date) -> None:
    office.settle(day)
    before = len(office.lived.documents)
    office.settle(day)
    assert len(office.lived.documents) == before
