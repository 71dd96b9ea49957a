"""A subscription in a few words: its state, what it costs, what is in use, and what happens next and when.

Home, details and the back of every wizard show the same summary, so it is made in one place, from the
promise and the phone system alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.queries import with_use
from switchroom.plumbing.wording import long_day
from switchroom.portal.access import Visit
from switchroom.rules.entitlements import entitlements_on
from switchroom.rules.lifecycle import USABLE, State, deleted_on, state_on, switched_off_on
from switchroom.rules.periods import ONE_DAY, Month
from switchroom.rules.promise import Grants, Promise, items_in_force
from switchroom.rules.quotes import monthly_minor
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of, subscriptions_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from switchroom.phonesystems.queries import InUse

ENDING_SOON_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Use:
    """One service: how much is in use of how much is entitled; ``key`` names it as in the glossary.

    ``used`` is none where nothing measures it: trunk lines are in use by calls, which nobody counts yet.
    """

    key: str
    used: int | None
    entitled: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a member wants to know of a subscription at a glance. Amounts are minor units a month, net."""

    subscription: Subscription
    promise: Promise
    phone_system: PhoneSystem | None
    state: State
    word: str
    next_sentence: str
    monthly_minor: int
    currency: str
    entitled: Grants
    uses: tuple[Use, ...]

    @property
    def is_usable(self) -> bool:
        """Whether the phone system works."""
        return self.state in USABLE

    @property
    def can_upgrade(self) -> bool:
        """Whether licences can be bought (rule 4.3)."""
        return self.state in USABLE or self.state is State.EXPIRED

    @property
    def can_reduce(self) -> bool:
        """Whether anything is booked that could be reduced, now or later (rule 6)."""
        return self.state in (State.ACTIVE, State.CANCELLED)

    @property
    def can_cancel(self) -> bool:
        """Whether a cancellation is possible (rule 7.1)."""
        return self.promise.cancellation is None and self.state not in (State.ENDED, State.DELETED)

    @property
    def can_withdraw(self) -> bool:
        """Whether a cancellation is pending that has not taken effect (rule 7.4)."""
        return self.promise.cancellation is not None and self.state in (State.TRIAL, State.CANCELLED)


def summaries_for(visit: Visit) -> list[Summary]:
    """This function will summarise all subscriptions of the account; those that still live first.

    The number of queries does not depend on how many there are.
    """
    made = summaries_of(subscriptions_of(visit.account.id), account_id=visit.account.id, day=visit.day)
    over = (State.ENDED, State.DELETED)
    return sorted(made, key=lambda summary: summary.state in over)


def summary_for(visit: Visit, subscription: Subscription) -> Summary:
    """This function will summarise one subscription."""
    return summaries_of([subscription], account_id=visit.account.id, day=visit.day)[0]


def summaries_of(subscriptions: Iterable[Subscription], *, account_id: UUID, day: date) -> list[Summary]:
    """This function will summarise subscriptions of one account on a day."""
    phone_systems = {
        one.subscription_id: one for one in with_use(PhoneSystem.objects.filter(account_id=account_id))
    }
    return [_summary(subscription, phone_systems.get(subscription.id), day) for subscription in subscriptions]


def _summary(
    subscription: Subscription, phone_system: WithAnnotations[PhoneSystem, InUse] | None, day: date
) -> Summary:
    used = Grants()
    if phone_system is not None:
        used = Grants(0, phone_system.endpoints_in_use, phone_system.numbers_in_use)
    promise = promise_of(subscription)
    state = state_on(promise, day)
    entitled = entitlements_on(promise, day)
    return Summary(
        subscription=subscription,
        promise=promise,
        phone_system=phone_system,
        state=state,
        word=state_word(promise, day),
        next_sentence=next_sentence(promise, day),
        monthly_minor=monthly_minor(items_in_force(promise, day)),
        currency=subscription.product_version.currency,
        entitled=entitled,
        uses=(
            Use(key="trunk_lines", used=None, entitled=entitled.trunk_lines),
            Use(key="endpoints", used=used.endpoints, entitled=entitled.endpoints),
            Use(key="phone_numbers", used=used.phone_numbers, entitled=entitled.phone_numbers),
        ),
    )


def state_word(promise: Promise, day: date) -> str:
    """This function will say in a few words what a subscription is: the text of its chip."""
    state = state_on(promise, day)
    ends_on = promise.ends_on
    if state is State.TRIAL:
        last_on = (ends_on or promise.trial.until_on) - ONE_DAY
        left = (last_on - day).days
        if left == 0:
            return _("Trial, last day")
        return ngettext("Trial, {n} day left", "Trial, {n} days left", left).format(n=left)
    if state is State.CANCELLED and ends_on is not None:
        return _("Ends {day}").format(day=long_day(ends_on - ONE_DAY))
    if state is State.ACTIVE and promise.reduction is not None:
        return _("Reduction on {day}").format(day=long_day(promise.reduction.bites_on))
    words = {
        State.PLANNED: _("Planned"),
        State.EXPIRED: _("Trial expired"),
        State.ACTIVE: _("Active"),
        State.ENDED: _("Ended"),
        State.DELETED: _("Deleted"),
    }
    return words[state]


def state_chip(promise: Promise, state: State) -> str:
    """This function will give the colour of a subscription's chip: its state, or that it will be reduced."""
    pending = state is State.ACTIVE and promise.reduction is not None
    return "reduction" if pending else state.value


def next_sentence(promise: Promise, day: date) -> str:
    """This function will say in one sentence what happens next, and when."""
    state = state_on(promise, day)
    gone_on = deleted_on(promise)
    off_on = switched_off_on(promise)
    if state is State.PLANNED:
        return _("Begins on {day}.").format(day=long_day(promise.trial.from_on))
    if state is State.TRIAL and off_on is not None:
        if promise.cancellation is not None:
            sentence = _("Works until {last}, then it is switched off and deleted for good.")
        else:
            sentence = _("Free until {last}, then it is switched off unless you upgrade.")
        return sentence.format(last=long_day(off_on - ONE_DAY))
    if state is State.EXPIRED and gone_on is not None:
        return _("Switched off. Upgrade by {last} to switch it on again; after that it is deleted.").format(
            last=long_day(gone_on - ONE_DAY)
        )
    if state is State.CANCELLED and off_on is not None:
        return _("Works until {last}, then it is switched off and deleted for good.").format(
            last=long_day(off_on - ONE_DAY)
        )
    if state is State.ENDED and gone_on is not None:
        return _("Switched off. Its data are deleted on {day}.").format(day=long_day(gone_on))
    if state is State.DELETED and gone_on is not None:
        return _("Deleted for good on {day}.").format(day=long_day(gone_on))
    if promise.reduction is not None:
        return _("You will hold less from {day} on.").format(day=long_day(promise.reduction.bites_on))
    return _("Next invoice on {day}.").format(day=long_day(Month.of(day).until_on))


def ends_soon(promise: Promise, day: date) -> bool:
    """This function will say whether a subscription ends within thirty days."""
    ends_on = promise.ends_on
    return ends_on is not None and day < ends_on <= day + timedelta(days=ENDING_SOON_DAYS)
