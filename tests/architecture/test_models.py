"""The tables: keys point down, have no reverse name across apps, and what counts has a sentence beside it."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.source import ROOT

OURS = [model for model in apps.get_models() if model.__module__.startswith("switchroom.")]
KEYS = [
    (model, field)
    for model in OURS
    for field in model._meta.get_fields()
    if isinstance(field, models.ForeignKey | models.ManyToManyField)
]
COUNTS = ("_minor", "_on", "_at", "_until", "_days", "state", "rate")


@cache
def storeys() -> dict[str, int]:
    """The storey of each app, counted from the ground."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one["id"] == "storeys")
    layers = list(reversed(contract["layers"]))
    return {room.strip(): number for number, layer in enumerate(layers) for room in layer.split("|")}


def name_of(value: object) -> str:
    if isinstance(value, type) and issubclass(value, models.Model):
        return value._meta.label
    return value.name if isinstance(value, models.Field) else str(value)


@pytest.mark.parametrize(("model", "field"), KEYS, ids=name_of)
def test_a_key_points_down_or_stays_at_home(
    model: type[models.Model], field: models.ForeignKey[models.Model, models.Model]
) -> None:
    here, there = model._meta.app_label, field.related_model._meta.app_label
    if here == there or there not in storeys():
        return
    assert storeys()[there] < storeys()[here], f"{here} may not know {there}"


@pytest.mark.parametrize(("model", "field"), KEYS, ids=name_of)
def test_a_key_to_another_app_has_no_reverse_name(
    model: type[models.Model], field: models.ForeignKey[models.Model, models.Model]
) -> None:
    is_djangos_own = field.name in ("groups", "user_permissions")
    if field.related_model._meta.app_label != model._meta.app_label and not is_djangos_own:
        assert field.remote_field.related_name == "+"


def _explained(field: models.Field[object, object]) -> bool:
    """By a sentence of its own, or (a state) by choices whose class says what each means."""
    return bool(field.help_text or field.choices)


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_money_time_and_state_are_explained(model: type[models.Model]) -> None:
    if model._meta.label == "accounts.User":
        return  # its columns are Django's
    silent = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.Field) and field.name.endswith(COUNTS) and not _explained(field)
    ]
    assert not silent


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_days_are_days_and_instants_are_instants(model: type[models.Model]) -> None:
    for field in model._meta.get_fields():
        if isinstance(field, models.DateTimeField):
            assert field.name.endswith(("_at", "_until", "date_joined", "last_login")), field.name
        elif isinstance(field, models.DateField):
            assert field.name.endswith(("_on", "_until")) or field.name == "day", field.name


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_money_is_whole_minor_units(model: type[models.Model]) -> None:
    for field in model._meta.get_fields():
        if isinstance(field, models.Field) and field.name.endswith("_minor"):
            assert isinstance(field, models.BigIntegerField)
