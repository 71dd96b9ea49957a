"""The Django app of orders."""

from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "switchroom.orders"
    label = "orders"
