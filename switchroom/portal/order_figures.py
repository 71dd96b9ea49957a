"""What an order costs and brings, as the summary beside the store wizard shows it.

Every amount comes from the quote that the purchase would bill (rule 5.8), together with what explains it:
days, denominator, price version and the event. Amounts are minor units; monthly sums are net.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from switchroom.catalog.models import ProductVersion
from switchroom.catalog.queries import licences_of
from switchroom.journeys.quote import Basis, quote_from
from switchroom.orders.wizard import NothingAdded
from switchroom.rules.documents import Draft
from switchroom.rules.entitlements import Shortfall, entitlements_on, granted_by, shortfall
from switchroom.rules.forecasts import with_reduction_done
from switchroom.rules.owing import Charge, CreditGrant
from switchroom.rules.periods import ONE_DAY, Month
from switchroom.rules.promise import FirstMonth, Grants, Item, Promise, Trial, items_in_force
from switchroom.rules.quotes import Quote, monthly_minor
from switchroom.rules.upgrades import after_upgrade
from switchroom.rules.vat import percent_text

SERVICES = ("trunk_lines", "endpoints", "phone_numbers")


@dataclass(frozen=True, kw_only=True)
class HeldLine:
    """What one licence costs in a whole month; ``name`` is by language."""

    key: str
    name: Mapping[str, str]
    quantity: int
    unit_price_minor: int

    @property
    def total_minor(self) -> int:
        """Quantity times unit price."""
        return self.quantity * self.unit_price_minor


@dataclass(frozen=True, kw_only=True)
class AddedLine:
    """One licence of the order: its charge in the first month, and the credit that comes with it, if any."""

    name: Mapping[str, str]
    item: Item
    charge: Charge | None
    credit: CreditGrant | None


@dataclass(frozen=True, kw_only=True)
class Taxed:
    """A document's sums: net, (percent, tax) for each rate, gross; the charges, and credits used on them."""

    net_minor: int
    taxes: tuple[tuple[str, int], ...]
    gross_minor: int
    charged_minor: int = 0
    used_minor: int = 0


@dataclass(frozen=True, kw_only=True)
class ServiceChange:
    """One service before and after the order; ``missing`` is how many in use it would no longer cover."""

    key: str
    before: int
    after: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class Reduced:
    """What a pending reduction makes of it: from which day on, and then how much a month, net."""

    from_on: date
    monthly_minor: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything beside the wizard. ``quote`` is none while nothing is added; the sums are then zero."""

    day: date
    starts_on: date
    version: ProductVersion
    quote: Quote | None
    added: tuple[AddedLine, ...]
    due_now: Taxed
    first_month: Taxed
    next_month: Month
    next_document: Taxed
    held_after: tuple[HeldLine, ...]
    monthly_before_minor: int
    services: tuple[ServiceChange, ...]
    is_follow_up: bool
    is_first_purchase: bool
    term_last_on: date | None
    ends_last_on: date | None
    reduced: Reduced | None
    counts_others: bool

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return self.version.currency

    @property
    def month(self) -> Month:
        """The month in which what is ordered begins."""
        return Month.of(self.starts_on)

    @property
    def credit_minor(self) -> int:
        """The credit that the order brings, before tax."""
        return 0 if self.quote is None else self.quote.credit_minor

    @property
    def days_gone(self) -> int:
        """How many days of the month had passed when the order was made (rule 5.2)."""
        return self.starts_on.day - 1

    @property
    def is_direct(self) -> bool:
        """Whether only the remaining days are charged, because a credit could never be used (rule 5.5)."""
        return any(line.item.first_month is FirstMonth.DIRECT for line in self.added)

    @property
    def monthly_minor(self) -> int:
        """What the subscription costs in every whole month afterwards."""
        return sum(line.total_minor for line in self.held_after)

    @property
    def shortfall(self) -> list[ServiceChange]:
        """The services of which less would be entitled than is in use (rule 3.2)."""
        return [change for change in self.services if change.missing]


def figures_of(basis: Basis, *, day: date, used: Grants) -> Figures:
    """This function will work out an order's figures for a day; ``used`` is what is set up by then.

    Raises ``Refused`` 4.3 and 7.6 when the order is no longer possible.
    """
    try:
        quote = quote_from(basis, day=day)
    except NothingAdded:
        quote = None
    return figures_from(basis, quote, day=day, used=used)


def figures_from(basis: Basis, quote: Quote | None, *, day: date, used: Grants) -> Figures:
    """This function will put a quote that was worked out from ``basis`` into the summary's sums."""
    starts_on = day if quote is None else quote.day
    grown = _promise_after(basis, quote, day)
    after = items_in_force(grown, starts_on)
    before = entitlements_on(basis.promise, day)
    first = NOTHING if quote is None else taxed(quote.due_now)
    next_month, document = (Month.of(starts_on).plus(1), None) if quote is None else quote.coming[0]
    term_until = basis.promise.term_until if quote is None else quote.term_until
    ends_on = None if basis.is_follow_up or basis.is_first_purchase else basis.promise.ends_on
    return Figures(
        day=day,
        starts_on=starts_on,
        version=basis.version,
        quote=quote,
        added=() if quote is None else _added(quote, names_of(basis.version)),
        due_now=NOTHING if basis.is_follow_up else first,
        first_month=first,
        next_month=next_month,
        next_document=NOTHING if document is None else taxed(document),
        held_after=held_lines(after, names_of(basis.version)),
        monthly_before_minor=monthly_minor(items_in_force(basis.promise, day)),
        services=_services(before, granted_by(after), used),
        is_follow_up=basis.is_follow_up,
        is_first_purchase=basis.is_first_purchase,
        term_last_on=None if term_until is None else term_until - ONE_DAY,
        ends_last_on=None if ends_on is None else ends_on - ONE_DAY,
        reduced=_reduced(grown),
        counts_others=any(other.bought_on is not None for other in basis.others),
    )


def taxed(draft: Draft) -> Taxed:
    """This function will give a draft's sums, the credits used on it among them."""
    return Taxed(
        net_minor=draft.net_minor,
        taxes=tuple((percent_text(line.rate), line.tax_minor) for line in draft.taxes),
        gross_minor=draft.gross_minor,
        charged_minor=draft.charged_minor,
        used_minor=draft.used_minor,
    )


def names_of(version: ProductVersion) -> dict[str, Mapping[str, str]]:
    """This function will give the names (by language) of all that a version sells."""
    return {licence.key: licence.name for licence in licences_of(version)}


def held_lines(items: Iterable[Item], names: Mapping[str, Mapping[str, str]]) -> tuple[HeldLine, ...]:
    """This function will add up items by licence and price, in the order of the store."""
    quantities: dict[tuple[str, int], int] = {}
    for item in items:
        kind = (item.licence, item.unit_price_minor)
        quantities[kind] = quantities.get(kind, 0) + item.quantity
    order = list(names)
    return tuple(
        HeldLine(key=key, name=names[key], quantity=quantity, unit_price_minor=price)
        for (key, price), quantity in sorted(quantities.items(), key=lambda line: order.index(line[0][0]))
    )


def _promise_after(basis: Basis, quote: Quote | None, day: date) -> Promise:
    """The promise as it is once the order is carried out; a follow-up's is its own."""
    if basis.is_follow_up:
        starts_on = day if quote is None else quote.day
        items = () if quote is None else quote.decided.items
        return Promise(policy=basis.promise.policy, trial=Trial(starts_on, starts_on), items=items)
    return basis.promise if quote is None else after_upgrade(basis.promise, quote.decided, day=day)


def _reduced(grown: Promise) -> Reduced | None:
    if grown.reduction is None:
        return None
    bites_on = grown.reduction.bites_on
    left = items_in_force(with_reduction_done(grown), bites_on)
    return Reduced(from_on=bites_on, monthly_minor=monthly_minor(left))


def _added(quote: Quote, names: Mapping[str, Mapping[str, str]]) -> tuple[AddedLine, ...]:
    charges = {charge.item_id: charge for charge in quote.due_now.charges}
    credits = {credit.item_id: credit for credit in quote.credits}
    return tuple(
        AddedLine(
            name=names[item.licence],
            item=item,
            charge=charges.get(item.id),
            credit=credits.get(item.id),
        )
        for item in quote.decided.items
    )


def _services(before: Grants, after: Grants, used: Grants) -> tuple[ServiceChange, ...]:
    missing: Shortfall = shortfall(after, used)
    return tuple(
        ServiceChange(
            key=service,
            before=getattr(before, service),
            after=getattr(after, service),
            missing=getattr(missing, service),
        )
        for service in SERVICES
    )


NOTHING = Taxed(net_minor=0, taxes=(), gross_minor=0)
