"""``next_due_on``: the one thing that is computed ahead, so that a day's work is one query."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from switchroom.plumbing.bulk import update_rows
from switchroom.rules.reminders import next_due_on, turning_points
from switchroom.subscriptions.facts import SubscriptionFacts
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def set_next_due(*, subscription: Subscription, after: date) -> None:
    """This function will note the next day after ``after`` on which the subscription asks for something."""
    subscription.next_due_on = next_due_on(promise_of(subscription), after=after)
    subscription.save(update_fields=["next_due_on"])


def next_due_after_bill(subscription: SubscriptionFacts, *, through: date) -> tuple[str, date | None] | None:
    """This function will give the next due day (as id and day) of a subscription that is billed through the
    month that begins on ``through``; none when it stays as noted.

    One that asks for more than its bill by then (an end, a reminder) stays due: the day's work follows.
    """
    since = subscription.next_due_on
    if since is None or since > through:
        return None
    promise = subscription.promise
    for day in turning_points(promise):
        if since <= day <= through:
            return None
    return subscription.id, next_due_on(promise, after=through)


def note_next_due(next_days: Iterable[tuple[str, date | None]]) -> None:
    """This function will note the next due days of many subscriptions, given as id and day."""
    update_rows(Subscription, "next_due_on", next_days)


def accounts_due(day: date) -> list[UUID]:
    """This function will list the accounts that have anything due on or before a day, longest due first."""
    due = Subscription.objects.filter(next_due_on__lte=day).order_by("next_due_on", "account_id")
    return list(dict.fromkeys(due.values_list("account_id", flat=True)))


def is_anything_due(day: date, *, besides: Collection[UUID]) -> bool:
    """This function will say whether an account other than those of ``besides`` has anything due on or before
    a day.
    """
    due = Subscription.objects.filter(next_due_on__lte=day)
    return due.exclude(account_id__in=besides).exists()


def next_day_of_all(after: date) -> date | None:
    """This function will give the next day after ``after`` on which any subscription asks for something."""
    due = Subscription.objects.filter(next_due_on__gt=after).order_by("next_due_on")
    return due.values_list("next_due_on", flat=True).first()
