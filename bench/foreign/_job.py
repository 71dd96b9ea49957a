"""What the jobs of other billing programs have in common: settings without a file, and their tables.

They run in an environment of their own, in which there is nothing of ours but the standard library's and
``bench._steps``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command


def make_ready(database_url: str, apps: list[str], **more: Any) -> None:
    """This function will configure Django for an empty PostgreSQL database and make the tables of apps."""
    address = urlsplit(database_url)
    settings.configure(
        INSTALLED_APPS=apps,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": address.hostname,
                "PORT": address.port,
                "USER": address.username,
                "NAME": address.path[1:],
            }
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SECRET_KEY="for measuring only",  # noqa: S106  # nothing is signed
        USE_TZ=True,
        LOGGING_CONFIG=None,
        **more,
    )
    django.setup()
    call_command("migrate", verbosity=0)
