"""The story of a subscription: everything that happened, newest first, and what is still to come.

Each event is told in a sentence with its day, who did it and what it meant in money, and opens to its
details. Devices and numbers that one person set up on one day are told together, and what the phone system
may use from then on is told with the order that changed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from switchroom.billing.models import InvoiceLine
from switchroom.plumbing.models import AuditEvent
from switchroom.plumbing.wording import (
    long_day,
    money,
    month_name,
    quantity,
    signed_money,
    spoken,
)
from switchroom.portal.bill_lines import BillLine, line_of
from switchroom.portal.explaining import Bought, Orders
from switchroom.portal.phone_tellings import MANY, PHONE_TELLINGS
from switchroom.portal.port_in_tellings import PORT_IN_TELLINGS
from switchroom.portal.telling import Details, Names, Telling, day_in, last_in, number_in
from switchroom.subscriptions.models import Subscription

CHANGE = "entitlements_changed"
CAUSES = frozenset({"ordered", "reduction_done", "follow_up_begun"})
"""Kinds of which a change of the entitlements on the same day is the consequence."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One entry of the timeline. ``lines`` are those of an invoice; ``money`` is written out."""

    title: str
    day: date
    icon: str = "check"
    tone: str = "neutral"
    who: str = ""
    money: str = ""
    details: Details = ()
    lines: tuple[BillLine, ...] = ()
    invoice_id: str = ""
    invoice: str = ""


def names_in(subscription: Subscription) -> dict[str, str]:
    """This function will name the licences that a subscription ever booked, by key."""
    return {item.licence.key: spoken(item.licence.name) for item in subscription.items.all()}


def orders_in(events: Iterable[AuditEvent]) -> dict[UUID, Bought]:
    """This function will say who placed the orders that a story tells of."""
    return {
        UUID(event.facts["order_id"]): Bought(event.happened_on, event.actor)
        for event in events
        if event.kind == "ordered"
    }


def together(events: Sequence[AuditEvent]) -> list[list[AuditEvent]]:
    """This function will put events into entries, newest first.

    What one person set up on one day is one entry; so is what changed entitlements, and the change.
    """
    entries: list[list[AuditEvent]] = []
    open_entries: dict[tuple[str, date, str], list[AuditEvent]] = {}
    causes: dict[date, list[AuditEvent]] = {}
    for event in events:
        if event.kind == CHANGE and event.happened_on in causes:
            causes[event.happened_on].append(event)
            continue
        key = (event.kind, event.happened_on, event.actor)
        if event.kind in MANY and key in open_entries:
            open_entries[key].append(event)
            continue
        open_entries[key] = [event]
        entries.append(open_entries[key])
        if event.kind in CAUSES:
            causes[event.happened_on] = open_entries[key]
    return entries[::-1]


def told(
    entries: Iterable[list[AuditEvent]],
    *,
    names: Names,
    currency: str,
    references: Mapping[str, str],
    lines: Iterable[InvoiceLine],
    orders: Orders,
) -> list[Told]:
    """This function will tell entries. ``references`` are the numbers of the invoices told of, by id,
    ``lines`` the subscription's lines of them.
    """
    of_invoice: dict[str, list[BillLine]] = {}
    for line in lines:
        of_invoice.setdefault(str(line.invoice_id), []).append(line_of(line, orders=orders))
    return [_told(entry, names, currency, references, of_invoice) for entry in entries]


def _told(
    entry: list[AuditEvent],
    names: Names,
    currency: str,
    references: Mapping[str, str],
    of_invoice: Mapping[str, list[BillLine]],
) -> Told:
    event = entry[0]
    if event.kind in MANY and len(entry) > 1:
        return _told_together(entry)
    telling = TELLINGS[event.kind]
    invoice_id = str(event.facts.get("invoice_id", "")) if event.kind == "invoice_issued" else ""
    reference = references.get(invoice_id, "")
    return Told(
        title=telling.title({**event.facts, "reference": reference}, names),
        day=event.happened_on,
        icon=telling.icon,
        tone=telling.tone,
        who=event.actor,
        money=_money_effect(event, currency),
        details=sum((TELLINGS[one.kind].details(one.facts, names) for one in entry), ()),
        lines=tuple(of_invoice.get(invoice_id, ())),
        invoice_id=invoice_id,
        invoice=reference,
    )


def _told_together(entry: list[AuditEvent]) -> Told:
    first = entry[0]
    title, icon, tone = MANY[first.kind]
    return Told(
        title=title(len(entry)),
        day=first.happened_on,
        icon=icon,
        tone=tone,
        who=first.actor,
        details=tuple(_thing(event.facts) for event in entry),
    )


def _thing(facts: Mapping[str, Any]) -> tuple[str, str]:
    if "extension" in facts:
        return (str(facts["extension"]), str(facts["name"]))
    return (number_in(facts), str(facts.get("area", "")))


def _money_effect(event: AuditEvent, currency: str) -> str:
    facts = event.facts
    if event.kind == "invoice_issued":
        return money(facts["net_minor"], facts["currency"])
    if event.kind == "ordered" and facts["credit_minor"]:
        return _("credit {amount}").format(amount=signed_money(facts["credit_minor"], currency))
    return ""


def _held(quantities: Mapping[str, int] | Iterable[tuple[str, int]], names: Names) -> str:
    pairs = quantities.items() if isinstance(quantities, Mapping) else quantities
    return ", ".join(f"{quantity(count)}\u00a0× {names.get(key, key)}" for key, count in pairs)


def _ordered(facts: Mapping[str, Any], names: Names) -> str:
    added = _held([(key, count) for key, count in facts["added"]], names)
    if facts["order_kind"] == "follow_up":
        return _("Ordered as a follow-up: {added}").format(added=added)
    return _("Ordered: {added}").format(added=added)


def _order_details(facts: Mapping[str, Any], _names: Names) -> Details:
    details = [
        (_("Every month from then on"), _("{amount}, net").format(amount=money(facts["monthly_minor"])))
    ]
    if facts["net_minor"]:
        details.insert(0, (_("Billed at once"), _("{amount}, net").format(amount=money(facts["net_minor"]))))
    if facts["credit_minor"]:
        details.insert(1, (_("Credit for the days gone"), money(facts["credit_minor"])))
    if facts["first_purchase"]:
        details.append((_("Minimum term until"), last_in(facts["term_until"])))
    if facts["withdrew_cancellation"]:
        details.append((_("Cancellation"), _("withdrawn by this order")))
    return tuple(details)


def _invoice_title(facts: Mapping[str, Any], _names: Names) -> str:
    reference = facts["reference"]
    if facts["invoice_kind"] == "monthly":
        month = month_name(day_in(facts["month_on"]))
        return _("Invoice {reference} for {month}").format(reference=reference, month=month)
    if facts["invoice_kind"] == "correction":
        return _("Correction {reference}").format(reference=reference)
    return _("Invoice {reference} for the order").format(reference=reference)


def _entitlements(facts: Mapping[str, Any], _names: Names) -> Details:
    before, after = facts["before"], facts["after"]
    words = {
        "trunk_lines": _("Trunk lines"),
        "endpoints": _("Endpoints"),
        "phone_numbers": _("Phone numbers"),
    }
    return tuple((word, f"{quantity(before[key])} → {quantity(after[key])}") for key, word in words.items())


def _reminded(facts: Mapping[str, Any], _names: Names) -> str:
    day = last_in(facts["coming_on"])
    sentences = {
        "trial_end": _("Reminded by e-mail: the trial ends on {day}"),
        "trial_deletion": _("Reminded by e-mail: deletion after {day}"),
        "end": _("Reminded by e-mail: it ends on {day}"),
    }
    return sentences[facts["coming"]].format(day=day)


TELLINGS: dict[str, Telling] = {
    "trial_started": Telling(
        title=lambda facts, names: _("Trial started, free until {day}").format(
            day=last_in(facts["until_on"])
        ),
        icon="sprout",
        tone="good",
    ),
    "ordered": Telling(title=_ordered, icon="plus", tone="good", details=_order_details),
    "invoice_issued": Telling(title=_invoice_title, icon="receipt-text"),
    "reduction_entered": Telling(
        title=lambda facts, names: _("Reduction planned for {day}").format(
            day=long_day(day_in(facts["bites_on"]))
        ),
        icon="arrow-down",
        tone="caution",
        details=lambda facts, names: ((_("From then on"), _held(facts["targets"], names)),),
    ),
    "reduction_withdrawn": Telling(title=lambda facts, names: _("Reduction withdrawn"), icon="undo-2"),
    "reduction_done": Telling(
        title=lambda facts, names: _("Reduced"),
        icon="arrow-down",
        tone="caution",
        details=lambda facts, names: (
            (_("Before"), _held(facts["before"], names)),
            (_("From then on"), _held(facts["after"], names)),
        ),
    ),
    "cancelled": Telling(
        title=lambda facts, names: _("Cancelled, works until {day}").format(day=last_in(facts["ends_on"])),
        icon="x",
        tone="bad",
    ),
    "cancellation_withdrawn": Telling(
        title=lambda facts, names: _("Cancellation withdrawn, it goes on"), icon="undo-2", tone="good"
    ),
    "trial_expired": Telling(
        title=lambda facts, names: _("Trial over, switched off"),
        icon="clock",
        tone="bad",
        details=lambda facts, names: ((_("Deleted on"), long_day(day_in(facts["deleted_on"]))),),
    ),
    "ended": Telling(title=lambda facts, names: _("Ended"), icon="clock", tone="bad"),
    "follow_up_begun": Telling(
        title=lambda facts, names: _("Took over name and numbers from the subscription before"),
        icon="step-forward",
        tone="good",
    ),
    "reminded": Telling(title=_reminded, icon="mail"),
    **PHONE_TELLINGS,
    **PORT_IN_TELLINGS,
    CHANGE: Telling(
        title=lambda facts, names: _("What the phone system may use has changed"),
        icon="layers",
        details=_entitlements,
    ),
}
"""How each kind of event is told. A kind that is missing here is an error, and a test looks for it."""
