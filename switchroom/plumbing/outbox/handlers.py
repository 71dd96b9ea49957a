"""Who carries out which kind of effect: each app's ``effects.py`` says so once, by decorator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Handler = Callable[[dict[str, Any]], None]

LEASE = timedelta(seconds=60)  # a handler must be done well before; outside calls time out after 30 s


class Hopeless(Exception):
    """Raised by a handler when trying again cannot help: the entry goes to the dead list at once."""


class Interrupted(Exception):
    """Raised by a handler that ends early because its worker is to end: another one begins anew at once."""


class UnknownEffect(LookupError):
    """There is no handler for a kind of effect."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"Nothing handles the effect {kind!r}.")


@dataclass(frozen=True)
class Registered:
    """One handler and how it is to be run."""

    handler: Handler
    outside: bool
    lease: timedelta


registered: dict[str, Registered] = {}


def handles(kind: str, *, outside: bool = False, lease: timedelta = LEASE) -> Callable[[Handler], Handler]:
    """This function will register the decorated function as the handler of a kind of effect.

    ``outside`` says that it does more than write to the database in one go: it then runs without a
    transaction, so that no lock is held while a server is slow, and must bear being repeated. ``lease`` is
    how long it may take on SQLite before another worker takes over; on PostgreSQL a worker may take as long
    as its heart beats.
    """

    def register(handler: Handler) -> Handler:
        if kind in registered and registered[kind].handler is not handler:
            raise ValueError(f"The effect {kind!r} has two handlers.")
        registered[kind] = Registered(handler, outside, lease)
        return handler

    return register


def handler_of(kind: str) -> Registered:
    """This function will return the handler of a kind of effect. Raises UnknownEffect."""
    if kind not in registered:
        raise UnknownEffect(kind)
    return registered[kind]
