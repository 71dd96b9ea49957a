"""The Django app of the jobs: it has no tables, it makes the recurring effects known."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "switchroom.jobs"
    label = "jobs"
