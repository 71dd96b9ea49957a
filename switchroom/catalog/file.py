"""The catalogue file: one product with its terms, licences and service levels, as text for an operator.

Reading it either gives a whole ``ProductSpec`` or raises ``CatalogueError`` with the line and the reason;
nothing is guessed. Prices are decimal text, never floats. No database and no Django: the what-if tool reads
it too.
"""

from __future__ import annotations

import hashlib
import tomllib
from importlib.resources import files

import msgspec

from switchroom.catalog.lines import line_of, position_of_error
from switchroom.catalog.reading import MOST_OF_A_SERVICE, Misfit, Table
from switchroom.rules.promise import Grants, Policy, ReductionInTerm
from switchroom.rules.terms import LONGEST_TERM_MONTHS

LONGEST_DAYS = 365
SHORTEST_QUARANTINE_DAYS = 31
"""For at least a month a number's holder may still take it along (rule 7.8, § 59(6) TKG)."""


class CatalogueError(Exception):
    """A catalogue file that cannot be used: the line, from 1, and the reason in plain words."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class LicenceSpec(msgspec.Struct, frozen=True):
    """A licence: ``unit_price_minor`` net a month and piece; ``maximum`` bounds what is booked."""

    key: str
    name: dict[str, str]
    description: dict[str, str]
    unit_price_minor: int
    grants: Grants
    maximum: int


class ServiceLevelSpec(msgspec.Struct, frozen=True):
    """A service level: ``unit_price_minor`` net a month; the one at 0 is included without booking it."""

    key: str
    name: dict[str, str]
    description: dict[str, str]
    unit_price_minor: int
    reaction_time: dict[str, str]


class ProductSpec(msgspec.Struct, frozen=True):
    """A product as the file says it; texts are language code → text, lengths in days or as named."""

    key: str
    name: dict[str, str]
    description: dict[str, str]
    currency: str
    term_months: int
    trial_days: int
    trial_grace_days: int
    trial_grants: Grants
    reduction_in_term: ReductionInTerm
    retention_days: int
    number_quarantine_days: int
    licences: tuple[LicenceSpec, ...]
    service_levels: tuple[ServiceLevelSpec, ...]

    @property
    def bookable(self) -> tuple[LicenceSpec | ServiceLevelSpec, ...]:
        """All that can be booked, in the order of the store."""
        return (*self.licences, *self.service_levels)

    @property
    def policy(self) -> Policy:
        """The terms as the rules read them."""
        return Policy(
            trial_days=self.trial_days,
            trial_grace_days=self.trial_grace_days,
            term_months=self.term_months,
            reduction_in_term=self.reduction_in_term,
            retention_days=self.retention_days,
        )

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of all that the file says; comments and layout play no part."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


def parse_catalogue(text: str, *, currency: str | None = None) -> ProductSpec:
    """This function will read a catalogue file.

    ``currency`` is the provider's, which the file must agree with; None accepts any. Raises CatalogueError.
    """
    text = text.replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(*position_of_error(text, error)) from error
    try:
        return _product(Table(values, ()), currency)
    except Misfit as misfit:
        raise CatalogueError(line_of(text, misfit.path), misfit.reason) from misfit


def shipped_catalogue() -> str:
    """This function will return the text of the catalogue file that comes with the project: product ONE."""
    return files("switchroom.catalog").joinpath("shipped/one.toml").read_text(encoding="utf-8")


def _product(top: Table, currency: str | None) -> ProductSpec:
    product = top.table("product")
    licences = top.tables("licences")
    service_levels = top.tables("service_levels")
    top.refuse_unknown()
    spec = ProductSpec(
        key=product.key("key"),
        name=product.texts("name"),
        description=product.texts("description"),
        currency=_currency(product, currency),
        term_months=product.number("term_months", least=1, most=LONGEST_TERM_MONTHS),
        trial_days=product.number("trial_days", least=1, most=LONGEST_DAYS),
        trial_grace_days=product.number("trial_grace_days", least=0, most=LONGEST_DAYS),
        trial_grants=product.grants("trial_grants"),
        reduction_in_term=ReductionInTerm(
            product.choice("reduction_in_term", [policy.value for policy in ReductionInTerm])
        ),
        retention_days=product.number("retention_days", least=0, most=LONGEST_DAYS),
        number_quarantine_days=product.number(
            "number_quarantine_days", least=SHORTEST_QUARANTINE_DAYS, most=10 * LONGEST_DAYS
        ),
        licences=tuple(_licence(table) for table in licences),
        service_levels=tuple(_service_level(table) for table in service_levels),
    )
    product.refuse_unknown()
    _refuse_repeated_keys(spec)
    _refuse_wrong_number_included(spec)
    return spec


def _currency(product: Table, expected: str | None) -> str:
    currency = product.text("currency")
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise product.misfit("currency", f'“currency” must be a code such as "EUR", found "{currency}".')
    if expected is not None and currency != expected:
        raise product.misfit(
            "currency", f"“currency” must be {expected}, in which this provider bills, found {currency}."
        )
    return currency


def _licence(table: Table) -> LicenceSpec:
    spec = LicenceSpec(
        key=table.key("key"),
        name=table.texts("name"),
        description=table.texts("description"),
        unit_price_minor=table.price_minor("unit_price"),
        grants=table.grants("grants"),
        maximum=table.number("maximum", least=1, most=MOST_OF_A_SERVICE),
    )
    table.refuse_unknown()
    return spec


def _service_level(table: Table) -> ServiceLevelSpec:
    spec = ServiceLevelSpec(
        key=table.key("key"),
        name=table.texts("name"),
        description=table.texts("description"),
        unit_price_minor=table.price_minor("unit_price"),
        reaction_time=table.texts("reaction_time"),
    )
    table.refuse_unknown()
    return spec


def _refuse_repeated_keys(spec: ProductSpec) -> None:
    seen: set[str] = set()
    licences = [("licences", position, one.key) for position, one in enumerate(spec.licences)]
    levels = [("service_levels", position, one.key) for position, one in enumerate(spec.service_levels)]
    for kind, position, key in licences + levels:
        if key in seen:
            raise Misfit(
                (kind, position, "key"), f'“key” must differ from all others; "{key}" stands above already.'
            )
        seen.add(key)


def _refuse_wrong_number_included(spec: ProductSpec) -> None:
    included = [position for position, one in enumerate(spec.service_levels) if one.unit_price_minor == 0]
    sentence = 'Exactly one service level must have unit_price = "0.00": the one that everybody has.'
    if not included:
        raise Misfit(("service_levels",), f"{sentence} Here none has.")
    if len(included) > 1:
        raise Misfit(("service_levels", included[1], "unit_price"), f"{sentence} This is one more.")
