"""What the installation's two addresses mean to Django: the database's and the mail server's.

SQLite is one file in the data folder, with the three settings that make it safe for many threads: a
write-ahead log, transactions that take the write lock at their start, and a wait of twenty seconds for it.
PostgreSQL is one URL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"
SQLITE_WAIT_SECONDS = 20
POSTGRESQL_CONNECTION_SECONDS = 60
# A machine that is cut off says no goodbye. Both ends give the connection up before its work is given to
# another (half a minute), for until then the server keeps its transaction open, and what that has locked.
POSTGRESQL_OPTIONS = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "
    "-c tcp_user_timeout=25000",
}


class AddressNotUnderstood(ValueError):
    """An address in the settings that names nothing we can connect to."""


def database_settings(url: str, data_dir: Path) -> dict[str, Any]:
    """This function will return Django's ``DATABASES["default"]`` for a PostgreSQL URL, or for SQLite when it
    is empty.

    Raises AddressNotUnderstood when the URL is not of the form ``postgresql://user:password@host:port/name``.
    """
    if not url:
        return _sqlite(data_dir / "switchroom.sqlite3")
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgresql", "postgres") or not name:
        raise AddressNotUnderstood(
            "SWITCHROOM_DATABASE_URL must read postgresql://user:password@host:port/name; empty means SQLite."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": POSTGRESQL_OPTIONS | dict(parse_qsl(parts.query, keep_blank_values=True)),
        "CONN_MAX_AGE": POSTGRESQL_CONNECTION_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


def _sqlite(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_WAIT_SECONDS,
            "init_command": SQLITE_PRAGMAS,
        },
        "ATOMIC_REQUESTS": False,
        # Tests use a file too: threads must meet in one database, with the same log and locks as in
        # production.
        "TEST": {"NAME": file.with_name("test.sqlite3")},
    }


def mail_settings(url: str) -> dict[str, Any]:
    """This function will return Django's ``EMAIL_*`` settings for ``file:`` or
    ``smtp://user:password@host:port``.

    Raises AddressNotUnderstood for any other address. ``smtps://`` speaks TLS from the first byte.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": "switchroom.plumbing.mail_files.FileBackend"}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise AddressNotUnderstood("SWITCHROOM_MAIL_URL must read file: or smtp://user:password@host:port.")
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and parts.port == 587,  # the submission port always upgrades to TLS
        "EMAIL_TIMEOUT": 30,
    }
