"""Makes the frame of a page: who is here, for which account, where the role may go, in the demo the day.

It is made when a template first draws it, so a fragment of a page pays nothing for it, and it shares what the
page has read already: the memberships and the clock are asked once a request.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from switchroom.accounts.models import Member, User
from switchroom.accounts.policy import Capability, can
from switchroom.plumbing import clock
from switchroom.portal.access import instant, member_chosen, memberships
from switchroom.portal.frame import AccountChoice, Frame, Place, Town

PLACES: tuple[tuple[str, str, str, Capability, Callable[[], str]], ...] = (
    (
        "subscriptions",
        "portal:subscriptions",
        "layers",
        Capability.SEE_SUBSCRIPTIONS,
        lambda: _("Subscriptions"),
    ),
    ("phone-systems", "portal:phone_systems", "phone", Capability.SEE_PHONES, lambda: _("Phone systems")),
    ("credits", "portal:credits", "coins", Capability.SEE_BILLING, lambda: _("Credits")),
    ("invoices", "portal:invoices", "receipt-text", Capability.SEE_BILLING, lambda: _("Invoices")),
    ("members", "portal:members", "users", Capability.SEE_MEMBERS, lambda: _("Members")),
    ("account", "portal:account", "building-2", Capability.SEE_BILLING, lambda: _("Account")),
)
"""Key, route, icon, what the role must include, and the word, in the order of the navigation."""

SHORT: dict[str, Callable[[], str]] = {"phone-systems": lambda: _("Phones")}
"""Shorter words for the bar at the bottom of a small screen, by key."""

OWN_PLACES: tuple[tuple[str, str, str, Callable[[], str]], ...] = (
    ("profile", "portal:profile", "circle-user-round", lambda: _("Profile")),
    ("email", "account_email", "mail", lambda: _("E-mail address")),
    ("password", "account_change_password", "key-round", lambda: _("Password")),
    ("two-factor", "mfa_index", "shield-check", lambda: _("Two-factor sign-in")),
    ("sessions", "usersessions_list", "monitor-smartphone", lambda: _("Devices")),
)


def frame(request: HttpRequest) -> dict[str, object]:
    """This function will give every template its frame, as ``frame``."""
    return {"frame": SimpleLazyObject(lambda: frame_of(request))}


def frame_of(request: HttpRequest) -> Frame:
    """This function will make the frame of a request; without a person it holds help and town alone."""
    town = _town(request)
    person = getattr(request, "user", None)
    if not isinstance(person, User):
        return Frame(help_url=reverse("portal:help"), town=town)
    member = member_chosen(request)
    return Frame(
        person=person.get_full_name(),
        email=person.email,
        accounts=_choices(request, member),
        choose_url=reverse("portal:choose_account"),
        places=_places(member),
        person_places=[
            Place(key=key, label=word(), url=reverse(route), icon=icon)
            for key, route, icon, word in OWN_PLACES
        ],
        help_url=reverse("portal:help"),
        town=town,
    )


def _choices(request: HttpRequest, member: Member | None) -> list[AccountChoice]:
    return [
        AccountChoice(id=one.account_id, name=one.account.name, current=one == member)
        for one in memberships(request)
    ]


def _places(member: Member | None) -> list[Place]:
    if member is None:
        return []
    return [
        Place(key=key, label=word(), url=reverse(route), icon=icon, short=short(key))
        for key, route, icon, capability, word in PLACES
        if can(member, capability)
    ]


def short(key: str) -> str:
    """This function will give the shorter word of a place, empty where its label fits."""
    return SHORT[key]() if key in SHORT else ""


def _town(request: HttpRequest) -> Town | None:
    if not settings.INSTALLATION.movable_clock:
        return None
    return Town(day=clock.local_day(instant(request)), move_url=reverse("demo:move"))
