"""What stands around every page: who is here, for which account, where one can go, in the demo the day.

A context processor makes a ``Frame`` for every request and gives it to the templates as ``frame``; the
layouts draw it. Pages that nobody is signed in to, and the page for a broken server, have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Place:
    """An entry of the navigation; a page names its ``key`` in the block ``place`` to be shown as current.

    ``short`` is the word at the bottom of a small screen, where the label would wrap; empty when it fits.
    """

    key: str
    label: str
    url: str
    icon: str
    short: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountChoice:
    """An account that the person may act for."""

    id: UUID
    name: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class Town:
    """The demo's day and the address that moves it; its form posts ``move`` = day, month or next."""

    day: date
    move_url: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The frame of one request.

    ``places`` are those the member's role may enter, in order; the bar at the bottom of a small screen holds
    the first four and puts the others behind "More". Empty texts and lists leave their part out.
    ``choose_url`` takes a POST with ``account``.
    """

    person: str = ""
    email: str = ""
    accounts: Sequence[AccountChoice] = ()
    choose_url: str = ""
    places: Sequence[Place] = ()
    person_places: Sequence[Place] = ()
    help_url: str = ""
    town: Town | None = None

    @property
    def account_name(self) -> str:
        """The account for which the person acts now, empty without one."""
        return next((choice.name for choice in self.accounts if choice.current), "")
