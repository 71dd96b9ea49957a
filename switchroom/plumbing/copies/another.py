"""Asking another database than the installation's own: a copy that is not in use yet, or one that is left.

Everything in the house asks Django's default database. Who wants the same questions answered by another one
opens it under a name and lets it stand in for the default one, in this thread alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler


@contextmanager
def opened(name: str, settings: dict[str, Any]) -> Iterator[None]:
    """This function will make a database known under a name while the block runs; ``settings`` are those of
    one entry of Django's ``DATABASES``.
    """
    connections[name] = ConnectionHandler({DEFAULT_DB_ALIAS: {}, name: settings})[name]
    try:
        yield
    finally:
        connections[name].close()
        del connections[name]


@contextmanager
def standing_in(name: str) -> Iterator[None]:
    """This function will let a database that is open under a name answer for the default one."""
    own = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections[name]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = own
