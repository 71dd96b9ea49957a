"""Reads what is on sale, and hands rows to the rules in the rules' own shapes."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from uuid import UUID

from switchroom.catalog.file import LicenceSpec, ProductSpec, ServiceLevelSpec
from switchroom.catalog.models import Licence, LicenceKind, Product, ProductVersion
from switchroom.plumbing.bulk import key_of
from switchroom.rules.promise import Grants, Policy, ReductionInTerm
from switchroom.rules.upgrades import Addition


class NotOnSale(Exception):
    """No version of the product is on sale on that day."""

    def __init__(self, product_key: str, day: date) -> None:
        super().__init__(f"No version of {product_key} is on sale on {day}. Load a catalogue file first.")


def version_on_sale(product_key: str, day: date) -> ProductVersion:
    """This function will return the version in which a product is sold on a day: the latest valid by then.

    Raises NotOnSale.
    """
    versions = ProductVersion.objects.select_related("product").filter(
        product__key=product_key, valid_from_on__lte=day
    )
    version = versions.order_by("number").last()
    if version is None:
        raise NotOnSale(product_key, day)
    return version


def latest_version(product: Product) -> ProductVersion | None:
    """This function will return the version loaded last, None when there is none yet."""
    return ProductVersion.objects.select_related("product").filter(product=product).order_by("number").last()


def licences_of(version: ProductVersion) -> list[Licence]:
    """This function will return all bookable items of a version in the order of the store, licences first.

    A version never changes once it is stored, so a process reads its licences once. They are for reading.
    """
    return list(_licences_of(version.id))


@lru_cache(maxsize=64)
def _licences_of(version_id: UUID) -> tuple[Licence, ...]:
    return tuple(Licence.objects.filter(version_id=version_id).order_by("position"))


def service_levels_of(version: ProductVersion) -> list[Licence]:
    """This function will return the service levels of a version; the one at 0 is what everybody has."""
    return [one for one in licences_of(version) if one.kind == LicenceKind.SERVICE_LEVEL]


def policy_of(version: ProductVersion) -> Policy:
    """This function will return a version's terms as the rules read them."""
    return Policy(
        trial_days=version.trial_days,
        trial_grace_days=version.trial_grace_days,
        term_months=version.term_months,
        reduction_in_term=ReductionInTerm(version.reduction_in_term),
        retention_days=version.retention_days,
    )


def trial_grants_of(version: ProductVersion) -> Grants:
    """This function will return what a trial may use."""
    return Grants(version.trial_trunk_lines, version.trial_endpoints, version.trial_phone_numbers)


def grants_of(licence: Licence) -> Grants:
    """This function will return what one piece of a licence grants; nothing for a service level."""
    return Grants(licence.trunk_lines, licence.endpoints, licence.phone_numbers)


def addition_of(licence: Licence, *, item_id: UUID, quantity: int) -> Addition:
    """This function will return a quantity of a licence as the rules add it to a subscription."""
    return Addition(
        id=item_id,
        licence=licence.key,
        quantity=quantity,
        unit_price_minor=licence.unit_price_minor,
        grants=grants_of(licence),
        is_service_level=licence.kind == LicenceKind.SERVICE_LEVEL,
    )


def spec_of(version: ProductVersion) -> ProductSpec:
    """This function will return a stored version in the shape in which a catalogue file says it.

    The product's name is that of the version loaded last.
    """
    licences = licences_of(version)
    return ProductSpec(
        key=version.product.key,
        name=version.product.name,
        description=version.description,
        currency=version.currency,
        term_months=version.term_months,
        trial_days=version.trial_days,
        trial_grace_days=version.trial_grace_days,
        trial_grants=trial_grants_of(version),
        reduction_in_term=ReductionInTerm(version.reduction_in_term),
        retention_days=version.retention_days,
        number_quarantine_days=version.number_quarantine_days,
        licences=tuple(_licence(one) for one in licences if one.kind == LicenceKind.LICENCE),
        service_levels=tuple(
            _service_level(one) for one in licences if one.kind == LicenceKind.SERVICE_LEVEL
        ),
    )


def _licence(row: Licence) -> LicenceSpec:
    return LicenceSpec(
        key=row.key,
        name=row.name,
        description=row.description,
        unit_price_minor=row.unit_price_minor,
        grants=grants_of(row),
        maximum=row.maximum,
    )


def _service_level(row: Licence) -> ServiceLevelSpec:
    return ServiceLevelSpec(
        key=row.key,
        name=row.name,
        description=row.description,
        unit_price_minor=row.unit_price_minor,
        reaction_time=row.reaction_time,
    )


def versions_by_key() -> dict[str, ProductVersion]:
    """This function will return every version under its id as text (``plumbing.bulk.key_of``)."""
    return {key_of(version.id): version for version in ProductVersion.objects.select_related("product")}


def licences_by_key() -> dict[str, Licence]:
    """This function will return every bookable item of every version under its id as text."""
    return {key_of(licence.id): licence for licence in Licence.objects.all()}


def licence_keys_of_versions() -> dict[tuple[str, str], str]:
    """This function will return (version's id, licence's key) → licence's id, ids as text."""
    return {(key_of(one.version_id), one.key): key_of(one.id) for one in Licence.objects.all()}
