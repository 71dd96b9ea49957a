"""The Django app of catalog."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "switchroom.catalog"
    label = "catalog"
