"""Why an amount is what it is: days, denominator, the exact fraction and its rounding, price, event.

Nothing is computed anew that the rules decide: the figures are those of the line, written out so that
everybody can check them on paper (rules 5.2, 5.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from babel.numbers import format_decimal, get_currency_symbol
from django.utils.translation import gettext as _

from switchroom.billing.models import Credit, InvoiceLine, LineKind
from switchroom.catalog.models import ProductVersion
from switchroom.orders.models import Order
from switchroom.plumbing.wording import locale, long_day, money, month_name, quantity, short_day
from switchroom.rules.money import MINOR_PER_MAJOR
from switchroom.rules.owing import Charge
from switchroom.rules.periods import ONE_DAY, Month
from switchroom.subscriptions.models import Item

DIGITS = 6  # decimals of an exact amount that does not end
TIMES = "\u2009×\u2009"


@dataclass(frozen=True)
class Bought:
    """When an order was placed, and by whose address."""

    on: date
    by: str


Orders = Mapping[UUID, Bought]
"""Order id to what is known of it; of one that is missing only the item's first day is told."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """The answer to "why this amount?", in the reader's language; empty parts are left out."""

    steps: tuple[str, ...]
    days: str = ""
    rounding: str = ""
    price: str = ""
    event: str = ""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is multiplied: a quantity of a licence at a price (minor units, net) in a month."""

    quantity: int
    unit_price_minor: int
    month: Month
    currency: str

    @property
    def whole_minor(self) -> int:
        """The line for the whole month."""
        return self.quantity * self.unit_price_minor

    @property
    def product(self) -> str:
        """The multiplication, written out."""
        unit, whole = money(self.unit_price_minor, self.currency), money(self.whole_minor, self.currency)
        return f"{quantity(self.quantity)}{TIMES}{unit} = {whole}"


def orders_of(items: Iterable[Item]) -> dict[UUID, Bought]:
    """This function will read the orders that booked items, with who bought, in one query."""
    wanted = {item.order_id for item in items if item.order_id is not None}
    if not wanted:
        return {}
    orders = Order.objects.filter(id__in=wanted, purchased_on__isnull=False)
    rows = orders.values_list("id", "purchased_on", "purchased_by__email")
    return {order_id: Bought(on, by or "") for order_id, on, by in rows if on is not None}


def explain_line(line: InvoiceLine, *, orders: Orders) -> Explained:
    """This function will explain a line of an issued document.

    It reads nothing when ``billing.queries.invoice_of`` read the line.
    """
    if line.kind == LineKind.CREDIT and line.credit is not None:
        return _use(line, line.credit, orders=orders)
    if line.kind == LineKind.CORRECTION and line.corrects is not None:
        return _correction(line)
    figures = Figures(
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        month=Month.of(line.month_on),
        currency=line.invoice.currency,
    )
    return _charge(figures, line.net_minor, line.days, line.item, line.item.licence.version, orders=orders)


def explain_charge(charge: Charge, item: Item, *, version: ProductVersion, orders: Orders) -> Explained:
    """This function will explain a charge of a document that is not issued yet; ``version`` is the one whose
    prices its subscription pays.
    """
    figures = Figures(
        quantity=charge.quantity,
        unit_price_minor=charge.unit_price_minor,
        month=charge.month,
        currency=version.currency,
    )
    remainder = charge.item_id != item.id
    return _charge(figures, charge.net_minor, charge.days, item, version, orders=orders, remainder=remainder)


def explain_credit(credit: Credit, *, orders: Orders) -> Explained:
    """This function will explain how much was granted with the charge that a credit comes from."""
    line = credit.line
    figures = Figures(
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        month=Month.of(line.month_on),
        currency=credit.currency,
    )
    last_on = credit.granted_on - ONE_DAY
    return Explained(
        steps=(
            figures.product,
            _part(figures, credit.days, credit.of_days, credit.granted_minor),
        ),
        days=_("{first} to {last}: {days} of {of} days had passed.").format(
            first=short_day(figures.month.first_on),
            last=long_day(last_on),
            days=credit.days,
            of=credit.of_days,
        ),
        rounding=_rounding(
            Fraction(figures.whole_minor * credit.days, credit.of_days),
            credit.granted_minor,
            credit.currency,
        ),
        price=_price(line.item.licence.version),
        event=_event(line.item, orders),
    )


def _charge(
    figures: Figures,
    net_minor: int,
    days: int | None,
    item: Item,
    version: ProductVersion,
    *,
    orders: Orders,
    remainder: bool = False,
) -> Explained:
    price, event = _price(version), _remainder_event(figures.month) if remainder else _event(item, orders)
    if days is None:
        whole = _("{month}, all of it: {days} of {days} days.").format(
            month=month_name(figures.month), days=figures.month.days
        )
        return Explained(steps=(figures.product,), days=whole, price=price, event=event)
    of_days = figures.month.days
    gone_minor = figures.whole_minor - net_minor
    return Explained(
        steps=(
            figures.product,
            _part(figures, of_days - days, of_days, gone_minor),
            _difference(figures, gone_minor, net_minor),
        ),
        days=_(
            "{gone} of {of} days had passed, {days} are yours. They are charged directly, because the "
            "subscription ends with this month and a credit could never be used."
        ).format(gone=of_days - days, of=of_days, days=days),
        rounding=_rounding(
            Fraction(figures.whole_minor * (of_days - days), of_days), gone_minor, figures.currency
        ),
        price=price,
        event=event,
    )


def _use(line: InvoiceLine, credit: Credit, *, orders: Orders) -> Explained:
    granted = explain_credit(credit, orders=orders)
    used = _("Used here: {used} of {granted}").format(
        used=money(-line.net_minor, line.invoice.currency),
        granted=money(credit.granted_minor, credit.currency),
    )
    return Explained(
        steps=(*granted.steps, used),
        days=granted.days,
        rounding=granted.rounding,
        price=granted.price,
        event=_("{event} The credit came with invoice {reference}.").format(
            event=granted.event, reference=credit.line.invoice.reference
        ),
    )


def _correction(line: InvoiceLine) -> Explained:
    return Explained(
        steps=(f"− ({money(-line.net_minor, line.invoice.currency)})",),
        event=_("It takes back what an earlier invoice charged in the same line."),
    )


def _part(figures: Figures, days: int, of_days: int, part_minor: int) -> str:
    whole, part = money(figures.whole_minor, figures.currency), money(part_minor, figures.currency)
    return f"{whole}{TIMES}{days}/{of_days} = {part}"


def _difference(figures: Figures, gone_minor: int, net_minor: int) -> str:
    whole, gone, net = (
        money(minor, figures.currency) for minor in (figures.whole_minor, gone_minor, net_minor)
    )
    return f"{whole} − {gone} = {net}"


def _rounding(exact_minor: Fraction, rounded_minor: int, currency: str) -> str:
    if exact_minor == rounded_minor:
        return _("It comes out to the cent; nothing is rounded.")
    return _("Exactly {exact}, rounded once to {rounded}, half a cent up.").format(
        exact=exact_money(exact_minor, currency), rounded=money(rounded_minor, currency)
    )


def exact_money(minor: Fraction, currency: str) -> str:
    """This function will write an exact number of minor units; one that does not end is cut off with …."""
    scaled = minor / MINOR_PER_MAJOR * 10**DIGITS
    cut = Decimal(scaled.numerator // scaled.denominator).scaleb(-DIGITS)
    number = format_decimal(cut, format="#,##0.00####", locale=locale(), decimal_quantization=False)
    goes_on = "" if scaled.denominator == 1 else "…"
    return f"{number}{goes_on}\u00a0{get_currency_symbol(currency, locale=locale())}"


def _price(version: ProductVersion) -> str:
    return _("Version {number} of {product}, the one you bought.").format(
        number=version.number, product=version.product.key
    )


def _event(item: Item, orders: Orders) -> str:
    if item.order_id is None:
        return _("What remained after the reduction on {day}.").format(day=long_day(item.from_on))
    bought = orders.get(item.order_id)
    if bought is None or not bought.by:
        return _("Ordered for {day}.").format(day=long_day(item.from_on))
    return _("Ordered on {day} by {person}.").format(day=long_day(bought.on), person=bought.by)


def _remainder_event(month: Month) -> str:
    return _("What remains once the planned reduction has taken effect, in {month} at the latest.").format(
        month=month_name(month)
    )
