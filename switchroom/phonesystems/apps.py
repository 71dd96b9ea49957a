"""The Django app of phonesystems."""

from __future__ import annotations

from django.apps import AppConfig


class PhoneSystemsConfig(AppConfig):
    name = "switchroom.phonesystems"
    label = "phonesystems"
