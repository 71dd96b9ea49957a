"""The installation that tests run in: an empty folder, a movable clock, cheap passwords, plain static files.

Only the database comes from outside: ``SWITCHROOM_DATABASE_URL`` names a PostgreSQL server, without it SQLite
is used.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from pyrage.x25519 import Identity

DATABASE_URL = os.environ.get("SWITCHROOM_DATABASE_URL", "")
for name in [name for name in os.environ if name.startswith("SWITCHROOM_")]:
    del os.environ[name]
# Only named here: a run of the tests makes and removes it; whoever merely reads this file leaves nothing.
FOLDER = Path(tempfile.gettempdir()) / f"switchroom-tests-{secrets.token_hex(8)}"
os.environ["SWITCHROOM_DATABASE_URL"] = DATABASE_URL
os.environ["SWITCHROOM_DATA_DIR"] = str(FOLDER)
os.environ["SWITCHROOM_MOVABLE_CLOCK"] = "1"
os.environ["SWITCHROOM_SECRET_KEY"] = "key of an installation that lasts as long as a test"
os.environ["SWITCHROOM_MASTER_KEY"] = str(Identity.generate())
os.environ["SWITCHROOM_ALLOWED_HOSTS"] = '["*"]'

from switchroom.config.settings import *  # noqa: E402, F403
from switchroom.config.settings import DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
FORGETFUL = "; PRAGMA synchronous=OFF"  # what a test writes to SQLite need not outlive a power cut
if not DATABASE_URL:
    DATABASES["default"]["OPTIONS"]["init_command"] += FORGETFUL
