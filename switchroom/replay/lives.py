"""Lives one life: on each day first what the day asks for by itself, then the member's wishes in their order.

Nothing is decided here. The rules say what a wish does, what is owed and how credits are used; this only
keeps the facts as they grow. Going from due day to due day gives the same life as living every single day.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from fractions import Fraction

import msgspec

from switchroom.replay.format import Event, Life, Verb
from switchroom.rules.cancellations import cancel, withdraw_cancellation
from switchroom.rules.credits import Credit
from switchroom.rules.documents import Draft, credits_granted, monthly_document, order_document
from switchroom.rules.entitlements import entitlements_on
from switchroom.rules.lifecycle import State, deleted_on, state_on, switched_off_on
from switchroom.rules.owing import CreditGrant, still_to_bill
from switchroom.rules.periods import ONE_DAY, Month
from switchroom.rules.promise import Grants, Promise, Trial
from switchroom.rules.reductions import after_bite, reduce, withdraw_reduction
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.rules.reminders import next_due_on
from switchroom.rules.terms import trial_until
from switchroom.rules.upgrades import Addition, after_upgrade, upgrade


class Document(msgspec.Struct, frozen=True):
    """An issued document: its number in this life, from 1, its day and its contents."""

    number: int
    on: date
    draft: Draft


class GrantedCredit(msgspec.Struct):
    """A credit with the number of the document it came with and what of it was used, in minor units."""

    grant: CreditGrant
    from_document: int
    used_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What can still be used."""
        return self.grant.net_minor - self.used_minor


class Refusal(msgspec.Struct, frozen=True):
    """A wish that the rules did not grant: the event's place in the input, from 0, and why."""

    event: int
    refused: Refused


class LivedLife(msgspec.Struct):
    """All that came of a life. States and entitlements are those at the end of a day, noted where they
    change.

    A credit use names its credit by its place in ``credits``, from 0.
    """

    documents: list[Document] = []
    credits: list[GrantedCredit] = []
    states: list[tuple[date, State]] = []
    entitlements: list[tuple[date, Grants]] = []
    refusals: list[Refusal] = []
    switched_off_on: date | None = None
    deleted_on: date | None = None


def live(life: Life, *, every_day: bool = False) -> LivedLife:
    """This function will live a life from its first event to ``life.until``, both included.

    With ``every_day`` no day is passed over; without it only days on which something happens are visited.
    """
    living = Living(life)
    events = list(enumerate(life.events))
    day = life.events[0].on if events else None
    while day is not None and day <= life.until:
        living.begin(day)
        while events and events[0][1].on == day:
            living.wish(*events.pop(0))
        living.close(day)
        following = (
            [day + ONE_DAY] if every_day else [living.next_due_on(day), events[0][1].on if events else None]
        )
        day = min((one for one in following if one is not None), default=None)
    return living.looked_back_on(life.until)


class Living:
    """A life under way: the promise as it stands, and what has come of it so far."""

    def __init__(self, life: Life) -> None:
        self.product = life.product
        self.rate = life.vat_rate
        self.promise: Promise | None = None
        self.lived = LivedLife()
        self.ids = itertools.count(1)
        self.wishes: dict[Verb, Callable[[Promise, Event], Promise]] = {
            Verb.UPGRADE: self._upgrade,
            Verb.REDUCE: _reduce,
            Verb.CANCEL: _cancel,
            Verb.WITHDRAW_CANCELLATION: _withdraw_cancellation,
            Verb.WITHDRAW_REDUCTION: _withdraw_reduction,
        }

    def begin(self, day: date) -> None:
        """This function will do what a day asks for by itself: a reduction that bites, and on the 1st the
        bill.
        """
        if self.promise is None:
            return
        reduction = self.promise.reduction
        if reduction is not None and reduction.bites_on <= day:
            self.promise = after_bite(self.promise, reduction, new_ids=self.ids)
        if day.day == 1:
            self._bill(self.promise, day)

    def wish(self, number: int, event: Event) -> None:
        """This function will grant an event or note its refusal, which changes nothing."""
        try:
            if event.verb is Verb.TRIAL:
                self.promise = self._start(event.on)
            else:
                self.promise = self.wishes[event.verb](self._begun(event.verb), event)
        except Refused as refused:
            self.lived.refusals.append(Refusal(number, refused))

    def close(self, day: date) -> None:
        """This function will note the state and the entitlements at the end of a day where they changed."""
        if self.promise is None:
            return
        state = state_on(self.promise, day)
        if not self.lived.states or self.lived.states[-1][1] is not state:
            self.lived.states.append((day, state))
        entitled = entitlements_on(self.promise, day)
        if not self.lived.entitlements or self.lived.entitlements[-1][1] != entitled:
            self.lived.entitlements.append((day, entitled))

    def next_due_on(self, day: date) -> date | None:
        """This function will give the next day on which something happens by itself."""
        return None if self.promise is None else next_due_on(self.promise, after=day)

    def looked_back_on(self, until: date) -> LivedLife:
        """This function will give what came of the life, with the days of switching off and deletion if
        reached.
        """
        if self.promise is not None:
            off, gone = switched_off_on(self.promise), deleted_on(self.promise)
            self.lived.switched_off_on = off if off is not None and off <= until else None
            self.lived.deleted_on = gone if gone is not None and gone <= until else None
        return self.lived

    def _start(self, day: date) -> Promise:
        if self.promise is not None:
            raise Refused(
                "3.1", gettext_noop("This subscription has had its trial; a second one is not possible.")
            )
        policy = self.product.policy
        return Promise(policy, Trial(day, trial_until(day, policy.trial_days), self.product.trial_grants))

    def _begun(self, verb: Verb) -> Promise:
        if self.promise is not None:
            return self.promise
        rule, text = _WITHOUT_A_TRIAL[verb]
        raise Refused(rule, text)

    def _upgrade(self, promise: Promise, event: Event) -> Promise:
        additions = [
            Addition(
                id=next(self.ids),
                licence=key,
                quantity=quantity,
                unit_price_minor=self.product.licences[key].unit_price_minor,
                grants=self.product.licences[key].grants,
            )
            for key, quantity in event.quantities.items()
        ]
        decided = upgrade(promise, additions, day=event.on, other_goes_on=False)
        grown = after_upgrade(promise, decided, day=event.on)
        charges = still_to_bill(
            decided.items, ends_on=grown.ends_on, through=Month.of(event.on), billed=frozenset()
        )
        number = self._issue(event.on, order_document(charges, self._rate_of))
        self.lived.credits += [GrantedCredit(grant, number) for grant in credits_granted(decided.items)]
        return grown

    def _bill(self, promise: Promise, day: date) -> None:
        month = Month.of(day)
        charges = still_to_bill(
            promise.items, ends_on=promise.ends_on, since=month, through=month, billed=frozenset()
        )
        credits = [
            Credit(place, credit.grant.granted_on, credit.left_minor, self.rate)
            for place, credit in enumerate(self.lived.credits)
            if credit.left_minor
        ]
        draft = monthly_document(charges, credits, month, self._rate_of)
        if draft is None:
            return
        self._issue(day, draft)
        for use in draft.uses:
            self.lived.credits[int(use.credit_id)].used_minor += use.net_minor

    def _issue(self, day: date, draft: Draft) -> int:
        number = len(self.lived.documents) + 1
        self.lived.documents.append(Document(number, day, draft))
        return number

    def _rate_of(self, month: Month) -> Fraction:
        """A life has one rate, whatever the month."""
        return self.rate


def _reduce(promise: Promise, event: Event) -> Promise:
    return msgspec.structs.replace(promise, reduction=reduce(promise, event.quantities, day=event.on))


def _cancel(promise: Promise, event: Event) -> Promise:
    decided = cancel(promise, day=event.on, at_once=event.at_once)
    return msgspec.structs.replace(promise, cancellation=decided)


def _withdraw_cancellation(promise: Promise, event: Event) -> Promise:
    withdraw_cancellation(promise, day=event.on)
    return msgspec.structs.replace(promise, cancellation=None)


def _withdraw_reduction(promise: Promise, event: Event) -> Promise:
    withdraw_reduction(promise, day=event.on)
    return msgspec.structs.replace(promise, reduction=None)


_WITHOUT_A_TRIAL = {
    Verb.UPGRADE: (
        "4.3",
        gettext_noop("There is no subscription yet that could be upgraded; start a trial first."),
    ),
    Verb.REDUCE: (
        "6.2",
        gettext_noop("There is no subscription yet, so nothing is booked that could be reduced."),
    ),
    Verb.CANCEL: ("7.1", gettext_noop("There is no subscription yet, so there is nothing to cancel.")),
    Verb.WITHDRAW_CANCELLATION: (
        "7.4",
        gettext_noop("There is no subscription yet, so no cancellation can be withdrawn."),
    ),
    Verb.WITHDRAW_REDUCTION: (
        "6.2",
        gettext_noop("There is no subscription yet, so no reduction can be withdrawn."),
    ),
}
