"""The letters of the journeys: what happened, what it means, what to do; each once to each who should know.

The member who acted always gets one. Beside them money goes to owners and billing members (an invoice also to
the invoice address), technical ends go to owners and technical members. Everybody is written to in their own
language. An account in which nobody suits gets no letter, which stops nothing. Operators hear of what members
ask them to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from switchroom.accounts.models import Role, User
from switchroom.accounts.queries import billing_address_of, members_of, operators_who_may
from switchroom.billing.issuing import Issued
from switchroom.billing.models import Invoice, LineKind
from switchroom.catalog.queries import licences_of
from switchroom.journeys.quote import has_follow_up
from switchroom.orders.models import Order, OrderKind
from switchroom.phonesystems import entitling
from switchroom.phonesystems.models import DeletionRecord, PhoneSystem
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.porting import numbers_of
from switchroom.phonesystems.queries import phone_system_of
from switchroom.plumbing.bulk import uuid_text
from switchroom.plumbing.mail import defer_mail
from switchroom.plumbing.outbox import defer
from switchroom.rules.barring import OUTGOING_ALONE, Overdue
from switchroom.rules.entitlements import entitlements_on, shortfall
from switchroom.rules.forecasts import with_reduction_done
from switchroom.rules.lifecycle import deleted_on
from switchroom.rules.promise import Promise, held_on, items_in_force
from switchroom.rules.quotes import Quote, monthly_minor
from switchroom.rules.reminders import Reminder
from switchroom.subscriptions.models import Cancellation, Reduction, Subscription
from switchroom.subscriptions.promises import fresh, promise_of

MONEY = (Role.OWNER, Role.BILLING)
"""Who hears of orders, invoices and reductions."""
ENDS = (Role.OWNER, Role.TECHNICAL)
"""Who hears of cancellations, reminders, what is switched off or deleted, and of numbers that are brought."""
SEE_TO_PORT_INS = "phonesystems.change_portin"
"""The right of operators who work off what members ask for."""
ONE_DAY = timedelta(days=1)
ANNOUNCE = "journeys.announce_invoices"


def trial_started(subscription: Subscription, *, user: User) -> None:
    """This function will welcome the member who started a trial (rule 3.1)."""
    promise = promise_of(subscription)
    phone_system = phone_system_of(subscription.id)
    label = phone_system.sip_label if phone_system is not None else subscription.name
    words = {
        "subscription": subscription,
        "sip_domain": f"{label}.{settings.INSTALLATION.sip_domain}",
        "grants": promise.trial.grants,
        "last_on": promise.trial.until_on - ONE_DAY,
        "switched_off_on": promise.trial.until_on,
        "deleted_on": deleted_on(promise),
    }
    _send("trial_started", [user], words, key=f"trial_started:{subscription.id}")


def order_received(order: Order, bought: Subscription, quote: Quote, *, user: User) -> None:
    """This function will acknowledge an order: what, at what price, until when (§ 312i BGB, rule 4.6)."""
    names = {licence.key: licence.name for licence in licences_of(bought.product_version)}
    words = {
        "order": order,
        "subscription": bought,
        "currency": bought.product_version.currency,
        "follow_up_begins_on": quote.day if order.kind == OrderKind.FOLLOW_UP else None,
        "lines": [(names[item.licence], item) for item in quote.decided.items],
        "due_now": quote.due_now,
        "credit_minor": quote.credit_minor,
        "monthly_minor": quote.monthly_minor,
        "term_last_on": quote.term_until - ONE_DAY,
        "ends_last_on": _last_day(promise_of(bought)),
    }
    readers = _readers(bought.account_id, MONEY, acting=user)
    _send("order_received", readers, words, key=f"order_received:{order.id}")


def announce(issued: Sequence[Issued]) -> None:
    """This function will promise the letters of invoices just issued; they are written after the commit.

    Where many were issued each becomes an effect of its own, so that all workers share in writing.
    """
    if issued:
        defer(ANNOUNCE, {"invoice_ids": [uuid_text(one.id) for one in issued]})


def invoices_issued(invoice_ids: Sequence[UUID]) -> None:
    """This function will write the letters of an invoice, or promise those of each when there are many."""
    if len(invoice_ids) == 1:
        invoice_issued(Invoice.objects.get(id=invoice_ids[0]))
    else:
        for id_ in invoice_ids:
            defer(ANNOUNCE, {"invoice_ids": [str(id_)]}, key=f"{ANNOUNCE}:{id_}")


def invoice_issued(invoice: Invoice) -> None:
    """This function will announce an invoice to all who pay it, and to the invoice address."""
    credits = [line.net_minor for line in invoice.lines.all() if line.kind == LineKind.CREDIT]
    words = {
        "invoice": invoice,
        "used_minor": -sum(credits),
        "taxes": list(invoice.taxes.all()),
    }
    readers = _readers(invoice.account_id, MONEY)
    _send("invoice_issued", readers, words, key=f"invoice_issued:{invoice.id}")
    address = billing_address_of(invoice.account_id)
    known = {reader.email for reader in readers}
    if address is not None and address.invoice_email.lower() not in known:
        defer_mail(
            to=address.invoice_email,
            template="invoice_issued",
            context=words,
            language=readers[0].language if readers else settings.LANGUAGE_CODE,
            key=f"invoice_issued:{invoice.id}:address",
        )


def cancellation_confirmed(subscription: Subscription, cancellation: Cancellation, *, user: User) -> None:
    """This function will confirm a cancellation with day and time of its receipt (§ 312k BGB, rule 7.4)."""
    promise = promise_of(fresh(subscription.id))
    words = {
        "subscription": subscription,
        "cancellation": cancellation,
        "at_once": cancellation.ends_on == cancellation.entered_on,
        "last_on": cancellation.ends_on - ONE_DAY,
        "deleted_on": deleted_on(promise),
        "is_paid": promise.bought_on is not None,
    }
    readers = _readers(subscription.account_id, ENDS, acting=user)
    _send("cancellation_confirmed", readers, words, key=f"cancellation_confirmed:{cancellation.id}")


def cancellation_withdrawn(subscription: Subscription, cancellation: Cancellation, *, user: User) -> None:
    """This function will confirm that a cancellation was withdrawn and all goes on (rule 7.4)."""
    words = {
        "subscription": subscription,
        "cancellation": cancellation,
        "is_paid": subscription.bought_on is not None,
        "trial_last_on": promise_of(subscription).trial.until_on - ONE_DAY,
    }
    readers = _readers(subscription.account_id, ENDS, acting=user)
    _send("cancellation_withdrawn", readers, words, key=f"cancellation_withdrawn:{cancellation.id}")


def reduction_entered(subscription: Subscription, reduction: Reduction, *, user: User) -> None:
    """This function will confirm a reduction: from when on how many, and the new price (rule 6.2)."""
    promise = promise_of(fresh(subscription.id))
    before = held_on(promise, reduction.entered_on)
    reduced = with_reduction_done(promise)
    words = {
        "subscription": subscription,
        "reduction": reduction,
        "last_on": reduction.bites_on - ONE_DAY,
        "changes": [
            (name, before.get(key, 0), reduction.targets[key])
            for key, name in _names(subscription)
            if key in reduction.targets and reduction.targets[key] != before.get(key, 0)
        ],
        "monthly_minor": monthly_minor(items_in_force(reduced, reduction.bites_on)),
        "currency": subscription.product_version.currency,
    }
    readers = _readers(subscription.account_id, MONEY, acting=user)
    _send("reduction_entered", readers, words, key=f"reduction_entered:{reduction.id}")


def reduction_done(subscription: Subscription, *, day: date) -> None:
    """This function will tell that a reduction took effect and what now waits for it (rule 6.3)."""
    promise = promise_of(subscription)
    held = held_on(promise, day)
    entitled = entitlements_on(promise, day)
    phone_system = phone_system_of(subscription.id)
    over = shortfall(entitled, entitling.usage(phone_system)) if phone_system is not None else None
    words = {
        "subscription": subscription,
        "day": day,
        "held": [(name, held[key]) for key, name in _names(subscription) if key in held],
        "entitled": entitled,
        "over": over if over is not None and over.any else None,
        "monthly_minor": monthly_minor(items_in_force(promise, day)),
        "currency": subscription.product_version.currency,
    }
    readers = _readers(subscription.account_id, (*MONEY, *ENDS))
    _send("reduction_done", readers, words, key=f"reduction_done:{subscription.id}:{day}")


def trial_expired(subscription: Subscription, *, deleted_on: date | None) -> None:
    """This function will tell that a trial is over, and until when an upgrade brings all back (rule 3.3)."""
    words = {"subscription": subscription, "deleted_on": deleted_on}
    readers = _readers(subscription.account_id, ENDS)
    _send("trial_expired", readers, words, key=f"trial_expired:{subscription.id}")


def reminder(subscription: Subscription, reminder: Reminder, *, days_left: int, has_backup: bool) -> None:
    """This function will remind of what comes, and say whether a fresh backup exists (rule 7.7)."""
    promise = promise_of(subscription)
    words = {
        "subscription": subscription,
        "coming_on": reminder.coming_on,
        "last_on": reminder.coming_on - ONE_DAY,
        "deleted_on": deleted_on(promise),
        "days_left": days_left,
        "has_backup": has_backup,
        "is_paid": promise.bought_on is not None,
        "has_follow_up": has_follow_up(subscription),
    }
    key = f"reminder:{subscription.id}:{reminder.coming}:{reminder.coming_on}:{reminder.days_before}"
    _send(f"reminder_{reminder.coming}", _readers(subscription.account_id, ENDS), words, key=key)


def phone_system_deleted(subscription: Subscription, deleted: DeletionRecord) -> None:
    """This function will tell what was deleted for good, by which rule, and what stays (rule 7.5)."""
    quarantine = timedelta(days=subscription.product_version.number_quarantine_days)
    words = {
        "subscription": subscription,
        "deleted": deleted,
        "numbers_free_on": deleted.deleted_on + quarantine,
        "is_paid": subscription.bought_on is not None,
        "has_follow_up": has_follow_up(subscription),
    }
    readers = _readers(subscription.account_id, ENDS)
    _send("phone_system_deleted", readers, words, key=f"phone_system_deleted:{deleted.phone_system_id}")


def port_in_changed(port_in: PortIn, *, at: datetime, acting: User | None = None) -> None:
    """This function will tell where a port-in stands now: asked for, handed in, confirmed, done, refused or
    withdrawn.

    What a member does (``acting``) is told to the operators as well who see to it.
    """
    words = {
        "port_in": port_in,
        "numbers": numbers_of(port_in),
        "phone_system": port_in.phone_system,
        "subscription": port_in.phone_system.subscription,
    }
    readers = _readers(port_in.phone_system.account_id, ENDS, acting=acting)
    _send("port_in", readers, words, key=f"port_in:{port_in.id}:{port_in.state}:{at.isoformat()}")
    if acting is not None:
        operators = operators_who_may(SEE_TO_PORT_INS)
        _send("port_in_waits", operators, words, key=f"port_in_waits:{port_in.id}:{port_in.state}")


def barring_changed(phone_system: PhoneSystem, *, overdue: Overdue | None, at: datetime) -> None:
    """This function will tell what is barred from now on and how it is lifted, or that nothing is (rule
    9.1).
    """
    words = {
        "phone_system": phone_system,
        "subscription": phone_system.subscription,
        "emergency_numbers": settings.INSTALLATION.emergency_numbers,
        "all_from_on": None if phone_system.barred_on is None else phone_system.barred_on + OUTGOING_ALONE,
        "overdue": overdue.gross if overdue is not None else None,
    }
    readers = _readers(phone_system.account_id, (*MONEY, *ENDS))
    _send("barring_changed", readers, words, key=f"barring_changed:{phone_system.id}:{at.isoformat()}")


def _readers(account_id: UUID, roles: Iterable[Role], *, acting: User | None = None) -> list[User]:
    """Whoever acted, then the members with these roles in the order of joining; each once, active ones."""
    wanted = set(roles)
    members = [member.user for member in members_of(account_id) if member.role in wanted]
    first = [] if acting is None else [acting]
    return [user for user in dict.fromkeys([*first, *members]) if user.is_active]


def _send(template: str, readers: Iterable[User], words: Mapping[str, Any], *, key: str) -> None:
    for reader in readers:
        defer_mail(
            to=reader.email,
            template=template,
            context={**words, "reader": reader},
            language=reader.language,
            key=f"{key}:{reader.id}",
        )


def _names(subscription: Subscription) -> list[tuple[str, dict[str, str]]]:
    """Key and names (by language) of all that the product offers, in the order of the store."""
    return [(licence.key, licence.name) for licence in licences_of(subscription.product_version)]


def _last_day(promise: Promise) -> date | None:
    return None if promise.ends_on is None else promise.ends_on - ONE_DAY
