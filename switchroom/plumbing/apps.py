"""The Django app of the plumbing: wires laws to migrations and lets every app declare its effects."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules


class PlumbingConfig(AppConfig):
    name = "switchroom.plumbing"
    label = "plumbing"

    def ready(self) -> None:
        from switchroom.plumbing.laws import after_migrate, before_migrate

        # Sent once per app; for one app each is enough, and the plumbing comes first and last on purpose:
        # pre_migrate is sent before any table changes, post_migrate after all have changed.
        pre_migrate.connect(before_migrate, sender=self, dispatch_uid="drop-laws")
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="install-laws")
        import_module("switchroom.plumbing.mail")  # the one effect of the plumbing itself
        autodiscover_modules("effects")
