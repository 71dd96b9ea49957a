"""The Django app of subscriptions."""

from __future__ import annotations

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "switchroom.subscriptions"
    label = "subscriptions"
