"""What is done again and again beside an edge, each in a thread of its own, until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import structlog
from django.db import Error, connection

log = structlog.get_logger(__name__)


class Repeating:
    """Something that is done again and again until ``stop``; while something is away, it waits for that."""

    def __init__(self) -> None:
        self._stop = Event()

    def stop(self) -> None:
        """This function will have what is repeated return, once what is under way is done."""
        self._stop.set()

    def _repeat(
        self,
        act: Callable[[], object],
        *,
        seconds: float,
        waits: float,
        word: str,
        away: tuple[type[Exception], ...],
    ) -> None:
        """Acts every so many seconds, and after so many when something was ``away`` or the database, which is
        told by this word.
        """
        waited_for: tuple[type[Exception], ...] = (Error, *away)
        wait = 0.0
        while not self._stop.wait(wait):
            try:
                act()
                wait = seconds
            except waited_for as why:
                connection.close()
                log.warning(word, why=str(why).strip())
                wait = waits
        connection.close()
