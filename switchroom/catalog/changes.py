"""What a new catalogue file changes against the version before, in a sentence for each change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from switchroom.catalog.file import LicenceSpec, ProductSpec, ServiceLevelSpec
from switchroom.rules.money import decimal_text

_BOOKABLE = ("licences", "service_levels")


def changes(before: ProductSpec, after: ProductSpec) -> list[str]:
    """This function will list what differs between two versions of a product, in the order of the file."""
    return [
        *_field_changes("", _fields_of(before), _fields_of(after)),
        *_bookable_changes("licence", before.licences, after.licences),
        *_bookable_changes("service level", before.service_levels, after.service_levels),
    ]


def _bookable_changes(
    word: str,
    before: Sequence[LicenceSpec | ServiceLevelSpec],
    after: Sequence[LicenceSpec | ServiceLevelSpec],
) -> Iterator[str]:
    former = {one.key: one for one in before}
    latter = {one.key: one for one in after}
    for key, one in latter.items():
        if key in former:
            yield from _field_changes(f"{word} {key}: ", _fields_of(former[key]), _fields_of(one))
        else:
            yield f"{word} {key} is new at {decimal_text(one.unit_price_minor)}"
    for key in former:
        if key not in latter:
            yield f"{word} {key} is no longer sold"
    kept = [key for key in former if key in latter]
    if kept != [key for key in latter if key in former]:
        yield f"{word}s stand in another order"


def _field_changes(place: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name, value in after.items():
        if before[name] != value:
            yield f"{place}{name} was {before[name]}, is {value}"


def _fields_of(spec: msgspec.Struct) -> dict[str, str]:
    """This function will flatten a spec to name → value as the file writes them (``grants.endpoints``)."""
    fields: dict[str, str] = {}
    for name, value in msgspec.to_builtins(spec).items():
        if name in _BOOKABLE:
            continue
        if name == "unit_price_minor":
            fields["unit_price"] = decimal_text(value)
        elif isinstance(value, dict):
            fields.update({f"{name}.{part}": str(inner) for part, inner in value.items()})
        else:
            fields[name] = str(value)
    return fields
