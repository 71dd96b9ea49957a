"""Loading the catalogue file: the same content changes nothing, a change becomes the next version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction

from switchroom.catalog.changes import changes
from switchroom.catalog.file import LicenceSpec, ProductSpec, ServiceLevelSpec, parse_catalogue
from switchroom.catalog.models import Licence, LicenceKind, Product, ProductVersion
from switchroom.catalog.queries import latest_version, spec_of
from switchroom.plumbing.locks import lock_row


@dataclass(frozen=True)
class Loaded:
    """What loading a file did: the version that is current now, and what it changed, in words."""

    version: ProductVersion
    is_new: bool
    changes: tuple[str, ...]


class LoadedBackwards(Exception):
    """A version would be on sale from an earlier day than the version before it."""

    def __init__(self, latest: ProductVersion, day: date) -> None:
        super().__init__(
            f"{latest} is on sale from {latest.valid_from_on}; a change cannot be on sale from {day} already."
        )


@transaction.atomic
def load_catalogue(text: str, day: date) -> Loaded:
    """This function will put a catalogue file's product on sale from a day on.

    Raises CatalogueError with line and reason, and LoadedBackwards when a later version exists.
    """
    spec = parse_catalogue(text, currency=settings.INSTALLATION.currency)
    product = _locked_product(spec)
    latest = latest_version(product)
    if latest is not None and latest.content_hash == spec.content_hash:
        return Loaded(latest, False, ())
    if latest is not None and day < latest.valid_from_on:
        raise LoadedBackwards(latest, day)
    changed = () if latest is None else tuple(changes(spec_of(latest), spec))
    product.name = spec.name
    product.save(update_fields=["name"])
    version = _store(spec, product, number=latest.number + 1 if latest else 1, day=day)
    return Loaded(version, True, changed)


def _locked_product(spec: ProductSpec) -> Product:
    """Two operators who load at once come one after the other."""
    Product.objects.get_or_create(key=spec.key, defaults={"name": spec.name})
    return lock_row(Product, Product.objects.get(key=spec.key).pk)


def _store(spec: ProductSpec, product: Product, *, number: int, day: date) -> ProductVersion:
    version = ProductVersion.objects.create(
        product=product,
        number=number,
        valid_from_on=day,
        description=spec.description,
        currency=spec.currency,
        term_months=spec.term_months,
        trial_days=spec.trial_days,
        trial_grace_days=spec.trial_grace_days,
        trial_trunk_lines=spec.trial_grants.trunk_lines,
        trial_endpoints=spec.trial_grants.endpoints,
        trial_phone_numbers=spec.trial_grants.phone_numbers,
        reduction_in_term=spec.reduction_in_term.value,
        retention_days=spec.retention_days,
        number_quarantine_days=spec.number_quarantine_days,
        content_hash=spec.content_hash,
    )
    Licence.objects.bulk_create(
        _row(one, version, position) for position, one in enumerate(spec.bookable, start=1)
    )
    return version


def _row(spec: LicenceSpec | ServiceLevelSpec, version: ProductVersion, position: int) -> Licence:
    row = Licence(
        version=version,
        key=spec.key,
        position=position,
        name=spec.name,
        description=spec.description,
        unit_price_minor=spec.unit_price_minor,
        currency=version.currency,
    )
    if isinstance(spec, ServiceLevelSpec):
        row.kind = LicenceKind.SERVICE_LEVEL
        row.reaction_time = spec.reaction_time
        row.maximum = 1
    else:
        row.kind = LicenceKind.LICENCE
        row.maximum = spec.maximum
        row.trunk_lines = spec.grants.trunk_lines
        row.endpoints = spec.grants.endpoints
        row.phone_numbers = spec.grants.phone_numbers
    return row
