"""The Django app of backoffice."""

from __future__ import annotations

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "switchroom.backoffice"
    label = "backoffice"
