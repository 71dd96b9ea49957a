"""The lines of a bill as pages show them: grouped by subscription, each with its reason.

An issued document and one that is still to come look the same, so that the preview can be laid beside the
invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from switchroom.billing.models import Credit, Invoice, InvoiceLine, LineKind
from switchroom.plumbing.ids import row_id
from switchroom.plumbing.wording import long_day, month_name, spoken
from switchroom.portal.explaining import (
    Explained,
    Orders,
    explain_charge,
    explain_credit,
    explain_line,
)
from switchroom.rules.documents import Draft
from switchroom.rules.forecasts import charges_in
from switchroom.rules.owing import Charge
from switchroom.rules.periods import Month
from switchroom.subscriptions.models import Item, Subscription
from switchroom.subscriptions.promises import promise_of


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """One line: what, for when, how many at which price (minor units, net), and why."""

    text: str
    period: str
    quantity: int
    unit_price_minor: int
    net_minor: int
    is_credit: bool
    origin_id: UUID | None
    origin: str
    why: Explained


@dataclass(frozen=True, kw_only=True)
class BillGroup:
    """The lines of one subscription."""

    subscription: Subscription
    lines: tuple[BillLine, ...]

    @property
    def net_minor(self) -> int:
        """Their sum, net."""
        return sum(line.net_minor for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class BillAhead:
    """A monthly invoice that is still to come, as the facts stand today."""

    month: Month
    draft: Draft
    groups: tuple[BillGroup, ...]
    credits: tuple[BillLine, ...]


def groups_of(invoice: Invoice, *, orders: Orders) -> list[BillGroup]:
    """This function will group an issued document's lines by subscription, in the order of the document."""
    lines: dict[UUID, list[BillLine]] = {}
    subscriptions: dict[UUID, Subscription] = {}
    for line in invoice.lines.all():
        subscriptions[line.subscription_id] = line.subscription
        lines.setdefault(line.subscription_id, []).append(line_of(line, orders=orders))
    return [
        BillGroup(subscription=subscription, lines=tuple(lines[subscription_id]))
        for subscription_id, subscription in subscriptions.items()
    ]


def line_of(line: InvoiceLine, *, orders: Orders) -> BillLine:
    """This function will put a line of an issued document into words."""
    name = spoken(line.item.licence.name)
    origin = line.credit.line.invoice if line.kind == LineKind.CREDIT and line.credit is not None else None
    if origin is not None:
        text = _("Credit from invoice {reference}").format(reference=origin.reference)
        period = _gone(name, line.quantity, Month.of(line.month_on), line.days, line.of_days)
    else:
        text = name if line.kind == LineKind.CHARGE else _("Correction: {licence}").format(licence=name)
        period = _period(Month.of(line.month_on), line.days, line.of_days)
    return BillLine(
        text=text,
        period=period,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        net_minor=line.net_minor,
        is_credit=origin is not None,
        origin_id=origin.id if origin is not None else None,
        origin=origin.reference if origin is not None else "",
        why=explain_line(line, orders=orders),
    )


def bill_ahead(
    month: Month,
    draft: Draft,
    subscriptions: Sequence[Subscription],
    *,
    credits: Sequence[Credit],
    orders: Orders,
) -> BillAhead:
    """This function will put a coming monthly invoice into lines.

    ``subscriptions`` are those that the draft was made of, ``credits`` the rows of those that it may use.
    """
    groups = []
    for subscription in subscriptions:
        charges = charges_in([promise_of(subscription)], month)
        if charges:
            lines = tuple(_coming_line(charge, subscription, orders=orders) for charge in charges)
            groups.append(BillGroup(subscription=subscription, lines=lines))
    rows = {credit.id: credit for credit in credits}
    used = [(rows[row_id(use.credit_id)], use.net_minor) for use in draft.uses]
    return BillAhead(
        month=month,
        draft=draft,
        groups=tuple(groups),
        credits=tuple(_coming_use(credit, minor, orders=orders) for credit, minor in used),
    )


def _coming_line(charge: Charge, subscription: Subscription, *, orders: Orders) -> BillLine:
    item = _item_of(charge, subscription)
    return BillLine(
        text=spoken(item.licence.name),
        period=_period(charge.month, charge.days, charge.of),
        quantity=charge.quantity,
        unit_price_minor=charge.unit_price_minor,
        net_minor=charge.net_minor,
        is_credit=False,
        origin_id=None,
        origin="",
        why=explain_charge(charge, item, version=subscription.product_version, orders=orders),
    )


def _coming_use(credit: Credit, used_minor: int, *, orders: Orders) -> BillLine:
    line, invoice = credit.line, credit.line.invoice
    name = spoken(line.item.licence.name)
    return BillLine(
        text=_("Credit from invoice {reference}").format(reference=invoice.reference),
        period=_gone(name, line.quantity, Month.of(line.month_on), credit.days, credit.of_days),
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        net_minor=-used_minor,
        is_credit=True,
        origin_id=invoice.id,
        origin=invoice.reference,
        why=explain_credit(credit, orders=orders),
    )


def _item_of(charge: Charge, subscription: Subscription) -> Item:
    """What remains of a reduction that has not bitten is no row yet; it is like the item it was cut from."""
    items = list(subscription.items.all())
    booked = next((item for item in items if item.id == charge.item_id), None)
    if booked is not None:
        return booked
    return next(item for item in items if item.licence.key == charge.licence)


def _period(month: Month, days: int | None, of_days: int | None) -> str:
    if days is None or of_days is None:
        return month_name(month)
    first_on = month.first_on.replace(day=of_days - days + 1)
    return _("{first} to the end of {month}").format(first=long_day(first_on), month=month_name(month))


def _gone(name: str, count: int, month: Month, days: int | None, of_days: int | None) -> str:
    return _("{count} × {licence}: the first {days} of {of} days of {month}").format(
        count=count, licence=name, days=days, of=of_days, month=month_name(month)
    )
