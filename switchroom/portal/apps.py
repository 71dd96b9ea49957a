"""The Django app of portal."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "switchroom.portal"
    label = "portal"
