"""The Django app of journeys."""

from __future__ import annotations

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "switchroom.journeys"
    label = "journeys"
