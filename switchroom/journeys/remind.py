"""Reminders before an end, each once, and none that a later one has overtaken (rules 3.3 and 7.7)."""

from __future__ import annotations

from datetime import date

from switchroom.journeys import letters
from switchroom.phonesystems.backups import is_at_home
from switchroom.phonesystems.queries import phone_system_of
from switchroom.plumbing.audit_trail import record, story_of
from switchroom.rules.reminders import reminders
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def remind(*, subscription: Subscription, due_on: date, day: date) -> None:
    """This function will send the reminder that is due on ``due_on``; a late run sends only what is still
    ahead.

    ``day`` is the day of the real run. A reminder whose successor is due as well by then is left to that one;
    one that has gone out does not go out again when the same day is lived once more.
    """
    phone_system = phone_system_of(subscription.id)
    if phone_system is None:
        return
    wanted = reminders(promise_of(subscription))
    for reminder in wanted:
        if reminder.due_on != due_on or reminder.coming_on <= day:
            continue
        if any(other.coming == reminder.coming and due_on < other.due_on <= day for other in wanted):
            continue
        facts: dict[str, str | int] = {
            "coming": reminder.coming.value,
            "coming_on": reminder.coming_on.isoformat(),
            "days_before": reminder.days_before,
        }
        if _has_gone_out(subscription, facts):
            continue
        letters.reminder(
            subscription,
            reminder,
            days_left=(reminder.coming_on - day).days,
            has_backup=is_at_home(phone_system),
        )
        record(
            kind="reminded",
            day=day,
            account_id=subscription.account_id,
            subscription_id=subscription.id,
            facts=facts,
        )


def _has_gone_out(subscription: Subscription, facts: dict[str, str | int]) -> bool:
    told = story_of(subscription_id=subscription.id).filter(kind="reminded")
    return facts in told.values_list("facts", flat=True)
