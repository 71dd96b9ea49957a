"""The Django app of billing."""

from __future__ import annotations

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "switchroom.billing"
    label = "billing"
