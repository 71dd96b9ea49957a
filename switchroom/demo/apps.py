"""The Django app of demo."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "switchroom.demo"
    label = "demo"
