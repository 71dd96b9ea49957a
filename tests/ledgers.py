"""What an account was billed and what happened to it, as text that can be worked out on paper.

A document is a head line and its lines; months that differ in nothing but their name and number are drawn
together, so that a year reads as one entry. ``paper`` puts an expectation into the same form.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from switchroom.billing import ledger
from switchroom.billing.models import Credit, Invoice, InvoiceKind, InvoiceLine, LineKind
from switchroom.plumbing.models import AuditEvent
from switchroom.rules.money import decimal_text
from switchroom.rules.periods import Month

AMOUNTS_BEGIN = 62


def paper(text: str) -> str:
    """This function will give an expectation as ``statement_of`` writes it: amounts stand in one column."""
    return "\n".join(_aligned(line) for line in textwrap.dedent(text).splitlines() if line.strip())


def statement_of(account_id: UUID) -> str:
    """This function will write every document of an account in the order of issue, then every credit."""
    written = [
        _Written.of(invoice)
        for invoice in Invoice.objects.filter(account_id=account_id).order_by("series", "number")
    ]
    lines = [line for group in _groups(written) for line in _together(group)]
    credits = ledger.with_left(Credit.objects.filter(account_id=account_id)).select_related(
        "line__invoice", "line__item__licence"
    )
    lines += [_credit(credit, credit.left_minor) for credit in credits.order_by("granted_on", "sequence")]
    return "\n".join(_aligned(line) for line in lines)


@dataclass(frozen=True)
class _Written:
    """A document as text; ``alike`` is the same without what tells one regular month from the next."""

    invoice: Invoice
    head: str
    lines: tuple[str, ...]
    alike: tuple[str, ...]
    is_regular: bool

    @classmethod
    def of(cls, invoice: Invoice) -> _Written:
        rows = list(
            invoice.lines.select_related("item__licence", "credit__line__invoice").order_by("position")
        )
        own_month = str(Month.of(invoice.month_on))
        lines = tuple(_line(row) for row in rows)
        kind = f"monthly {own_month}" if invoice.kind == InvoiceKind.MONTHLY else invoice.kind
        return cls(
            invoice,
            head=f"{invoice.reference} {invoice.issued_on} {kind}, {_sums(invoice)}",
            lines=lines,
            alike=(_sums(invoice), *(line.replace(own_month, "the month") for line in lines)),
            is_regular=invoice.kind == InvoiceKind.MONTHLY and invoice.issued_on == invoice.month_on,
        )

    def goes_on(self, before: _Written) -> bool:
        """Whether this is the document after ``before``, one month later and otherwise the same."""
        return (
            self.is_regular
            and before.is_regular
            and self.invoice.series_id == before.invoice.series_id
            and self.invoice.number == before.invoice.number + 1
            and Month.of(self.invoice.month_on) == Month.of(before.invoice.month_on).plus(1)
            and self.alike == before.alike
        )


def _groups(written: Iterable[_Written]) -> list[list[_Written]]:
    groups: list[list[_Written]] = []
    for one in written:
        if groups and one.goes_on(groups[-1][-1]):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _together(group: list[_Written]) -> list[str]:
    first, last = group[0], group[-1]
    if first is last:
        return [first.head, *first.lines]
    months = f"{Month.of(first.invoice.month_on)} to {Month.of(last.invoice.month_on)}"
    head = f"{first.invoice.reference} to {last.invoice.number:06d} monthly {months}, each"
    sums, *lines = first.alike
    return [f"{head} {sums}", *lines]


def _sums(invoice: Invoice) -> str:
    taxes = " + ".join(
        f"{decimal_text(tax.tax_minor)} ({tax.rate_bp / 100:g}%)" for tax in invoice.taxes.all()
    )
    net, gross = decimal_text(invoice.net_minor), decimal_text(invoice.gross_minor)
    return f"net {net} vat {taxes} gross {gross}"


def _line(row: InvoiceLine) -> str:
    days = "" if row.days is None else f", {row.days} of {row.of_days} days"
    origin = "" if row.credit is None else f", {row.credit.line.invoice.reference}"
    word = "" if row.kind == LineKind.CHARGE else f"{row.kind} "
    amount = decimal_text(row.net_minor)
    return f"  {Month.of(row.month_on)} {word}{_piece(row)}{days}{origin} = {amount}"


def _piece(row: InvoiceLine) -> str:
    return f"{row.quantity} × {row.item.licence.key} {decimal_text(row.unit_price_minor)}"


def _credit(credit: Credit, left_minor: int) -> str:
    granted, used = credit.granted_minor, credit.granted_minor - left_minor
    return (
        f"credit {credit.granted_on} {_piece(credit.line)}, {credit.days}/{credit.of_days} days, "
        f"{credit.line.invoice.reference}: granted {decimal_text(granted)} used {decimal_text(used)} "
        f"left {decimal_text(left_minor)}"
    )


def _aligned(line: str) -> str:
    if not line.startswith("  "):
        return line.strip()
    text, amount = line.strip().rsplit(" = ", 1)
    return f"  {text.strip():<{AMOUNTS_BEGIN}}{amount.strip():>10}"


Facts = dict[str, Any]


def events_text(events: Iterable[AuditEvent]) -> list[str]:
    """This function will write events as short texts; an event of a kind unknown here is an error."""
    return [f"{event.happened_on} {_EVENTS[event.kind](event.facts)}" for event in events]


def _ordered(facts: Facts) -> str:
    added = ", ".join(f"+{quantity} {licence}" for licence, quantity in facts["added"])
    withdrew = ", cancellation withdrawn" if facts["withdrew_cancellation"] else ""
    what = f"ordered follow-up from {facts['starts_on']}" if facts["order_kind"] == "follow_up" else "ordered"
    return (
        f"{what} {added}: {_money(facts, 'net_minor')} now, {_money(facts, 'credit_minor')} credit, "
        f"{_money(facts, 'monthly_minor')} a month, term until {facts['term_until']}{withdrew}"
    )


def _invoice_issued(facts: Facts) -> str:
    granted = f", credit {_money(facts, 'credit_granted_minor')}" if facts["credit_granted_minor"] else ""
    reference = Invoice.objects.get(id=facts["invoice_id"]).reference
    return f"invoice {reference} {facts['invoice_kind']} {_money(facts, 'net_minor')}{granted}"


def _entitlements(facts: Facts) -> str:
    return f"entitled to {_services(facts['after'])}, before {_services(facts['before'])}"


def _services(grants: dict[str, int]) -> str:
    return "{trunk_lines}/{endpoints}/{phone_numbers}".format(**grants)


def _held(quantities: dict[str, int]) -> str:
    return ", ".join(f"{number} {licence}" for licence, number in sorted(quantities.items()))


def _numbers(facts: Facts) -> str:
    return ", ".join(facts["numbers"])


def _money(facts: Facts, name: str) -> str:
    return decimal_text(facts[name])


_EVENTS: dict[str, Callable[[Facts], str]] = {
    "trial_started": lambda facts: f"trial started, over on {facts['until_on']}",
    "ordered": _ordered,
    "invoice_issued": _invoice_issued,
    "cancelled": lambda facts: f"cancelled, ends on {facts['ends_on']}",
    "cancellation_withdrawn": lambda facts: f"cancellation to {facts['would_have_ended_on']} withdrawn",
    "reduction_entered": lambda facts: f"reduction to {_held(facts['targets'])} on {facts['bites_on']}",
    "reduction_withdrawn": lambda facts: "reduction withdrawn",
    "reduction_done": lambda facts: f"reduced from {_held(facts['before'])} to {_held(facts['after'])}",
    "follow_up_begun": lambda facts: "follow-up begun",
    "reminded": lambda facts: f"reminded of {facts['coming']} on {facts['coming_on']}",
    "trial_expired": lambda facts: f"trial expired, deleted on {facts['deleted_on']}",
    "ended": lambda facts: f"ended, deleted on {facts['deleted_on']}",
    "entitlements_changed": _entitlements,
    "endpoint_added": lambda facts: f"endpoint {facts['extension']} added",
    "number_taken": lambda facts: f"number {facts['number']} taken",
    "port_in_asked": lambda facts: f"{_numbers(facts)} asked for from {facts['present_provider']}",
    "port_in_handed_in": lambda facts: f"{_numbers(facts)} handed in",
    "port_in_confirmed": lambda facts: f"{_numbers(facts)} confirmed for {facts['confirmed_on']}",
    "port_in_done": lambda facts: f"{_numbers(facts)} have come",
    "port_in_refused": lambda facts: f"{_numbers(facts)} refused: {facts['reason']}",
    "port_in_withdrawn": lambda facts: f"{_numbers(facts)} withdrawn",
    "port_in_dropped": lambda facts: f"{_numbers(facts)} dropped, which was {facts['was']}",
    "number_live": lambda facts: f"number {facts['number']} rings",
    "phone_system_switched_on": lambda facts: "phone system switched on",
    "outgoing_calls_barred": lambda facts: f"outgoing calls barred, {_money(facts, 'overdue_minor')} overdue",
    "all_calls_barred": lambda facts: f"all calls barred, {_money(facts, 'overdue_minor')} overdue",
    "calls_unbarred": lambda facts: "calls no longer barred",
    "phone_system_switched_off": lambda facts: "phone system switched off",
    "phone_system_deleted": lambda facts: (
        f"phone system deleted by rule {facts['rule']}: {facts['endpoints']} endpoints, "
        f"{facts['phone_numbers']} numbers, {facts['backups']} backups"
    ),
}
