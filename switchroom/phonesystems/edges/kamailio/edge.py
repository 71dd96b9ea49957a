"""The telephone edge that carries calls: Kamailio, beside this process on the same machine.

It reads what phone systems may do from the database by itself, so nothing is carried to it. What is left to
do here is to have it look at once, to make sure that it works by what was written, and to end what still runs
of a phone system that was deleted.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from switchroom.phonesystems.edges.contract import (
    Live,
    Registration,
    Tenant,
    TenantEndpoint,
    TenantGroup,
    TenantNumber,
    TenantRing,
)
from switchroom.phonesystems.edges.kamailio.configuration import Home
from switchroom.phonesystems.edges.kamailio.control import EdgeRefused, ask
from switchroom.phonesystems.edges.kamailio.views import TENANT_COLUMNS
from switchroom.phonesystems.models import Manner
from switchroom.plumbing.bulk import read_rows

PAGE_SECONDS = 0.5
"""A page waits no longer for one answer of an edge beside it."""
LONGEST_DEVICE = 60
BROWSERS = "browser~"
"""What stands before a user's name where it is registered by a browser (``browsers.cfg``)."""
SEVERAL = 500
"""So many labels are asked for in one query."""


class NotInForce(Exception):
    """The edge looked at the database and still does not work by what it says; it is to be asked again."""

    def __init__(self, sip_label: str, revision: int) -> None:
        super().__init__(f"The edge does not work by revision {revision} of {sip_label} yet.")


class _Known(NamedTuple):
    """What the edge holds of a phone system itself, whether in its memory or in the view it reads."""

    label: str
    state: str
    trunk_lines: int
    realm: str
    first_number: str
    first_is_over: int
    phone_system_id: UUID
    revision: int


class KamailioEdge:
    """Keeps the contract by the views (``views.py``) and by what the edge itself answers (``control.py``)."""

    carries_calls = True

    def __init__(self) -> None:
        self._home = Home.of(settings.INSTALLATION)

    def push(self, tenant: Tenant) -> None:
        """This function will have the edge look at the database now, and make sure that it works by this
        revision or a newer one.

        Raises NotInForce, and EdgeAway when it does not run here.
        """
        self._look()
        known = self._in_memory(tenant.label)
        is_its = known is not None and known.phone_system_id == tenant.phone_system_id
        if known is None or not is_its or known.revision < tenant.revision:
            raise NotInForce(tenant.label, tenant.revision)

    def delete(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> None:
        """This function will end the calls and registrations of a phone system that is no longer in the
        database, unless the label is another's by now.
        """
        self._look()
        if self._in_memory(sip_label) is not None:
            return
        for entry, id_ in self._calls(sip_label):
            self._ask("dlg.end_dlg", entry, id_)
        for user in self._registered(sip_label, sip_users):
            self._ask("ul.rm", "location", f"{user}@{self._domain(sip_label)}")

    def is_gone(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> bool:
        """This function will say whether the edge holds nothing of this phone system: neither what it may do,
        nor a registration, nor a call.
        """
        known = self._in_memory(sip_label)
        if known is not None:
            return known.phone_system_id != phone_system_id
        return not self._registered(sip_label, sip_users) and not list(self._calls(sip_label))

    def known(self, sip_label: str) -> Tenant | None:
        """This function will return the tenant that the edge works by under a label, none when it knows
        none.
        """
        return self.known_among([sip_label]).get(sip_label)

    def known_among(self, sip_labels: Collection[str]) -> dict[str, Tenant]:
        """This function will return the tenants of which the edge's memory is what its views show."""
        shown = _shown(list(sip_labels))
        return {one.label: tenant for one, tenant in shown if self._in_memory(one.label) == one}

    def holders_of(self, sip_labels: Collection[str]) -> dict[str, UUID]:
        """This function will say whose tenant each of these labels is in the edge's memory."""
        known = {label: self._in_memory(label) for label in sip_labels}
        return {label: one.phone_system_id for label, one in known.items() if one is not None}

    def live(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> Live:
        """This function will say how many trunk lines a phone system uses right now, and which of these users
        are registered.
        """
        lines = ask(self._home.control, "dlg.profile_get_size", "lines", sip_label, seconds=PAGE_SECONDS)
        found: dict[str, Registration] = {}
        for user in sip_users:
            for contact in self._contacts(sip_label, user):
                found[user] = _registration(contact)
        return Live(lines_in_use=int(lines), registrations=found)

    def _contacts(self, label: str, user: str) -> list[dict[str, Any]]:
        """The devices of a name that are registered, as the edge has them in memory."""
        address = f"{user}@{self._domain(label)}"
        try:
            answer = ask(self._home.control, "ul.lookup", "location", address, seconds=PAGE_SECONDS)
        except EdgeRefused:  # nobody of that name is registered
            return []
        contacts = [one["Contact"] for one in answer["Contacts"]]
        return [one for one in contacts if isinstance(one["Expires"], int)]  # else a word: deleted, expired

    def _ask(self, method: str, *parameters: str | int) -> Any:
        return ask(self._home.control, method, *parameters)

    def loaded(self) -> dict[str, int]:
        """This function will return the revision of each view that the edge has loaded. Raises EdgeAway."""
        names = [name for (name,) in read_rows("SELECT name FROM view_edge_revision")]
        return {name: int(self._item("loaded", name) or 0) for name in names}

    def _look(self) -> None:
        """Has the edge reload whatever it has not seen yet."""
        for name, revision in read_rows("SELECT name, revision FROM view_edge_revision"):
            if self._item("loaded", name) != str(revision):
                self._ask("htable.reload", name)

    def _item(self, table: str, key: str) -> str | None:
        try:
            found = self._ask("htable.get", table, key)
        except EdgeRefused:  # it has a number of its own for "no such key", and another for "no such table"
            return None
        return str(found["item"]["value"])

    def _in_memory(self, label: str) -> _Known | None:
        kept = self._item("tenant", label)
        return None if kept is None else _read([label, *kept.split(",")])

    def _calls(self, label: str) -> Iterator[tuple[int, int]]:
        for call in self._ask("dlg.profile_list", "calls", label) or []:
            yield call["h_entry"], call["h_id"]

    def _registered(self, label: str, sip_users: Collection[str]) -> list[str]:
        """The names of a phone system that are registered: of those that it is known to have had, by phone or
        by browser, and of those that the edge has written down, which it does now and then.
        """
        with closing(sqlite3.connect(f"file:{self._home.state}?mode=ro", uri=True)) as state:
            written = state.execute("SELECT username FROM location WHERE domain = ?", [self._domain(label)])
            names = {user for (user,) in written}
        names |= {*sip_users, *(f"{BROWSERS}{user}" for user in sip_users)}
        return sorted(name for name in names if self._contacts(label, name))

    def _domain(self, label: str) -> str:
        return f"{label}.{settings.INSTALLATION.sip_domain}"


def _registration(contact: dict[str, Any]) -> Registration:
    """``[not set]`` and ``n/a`` are how the edge writes what a device did not say."""
    said = {name: "" if text in ("[not set]", "n/a") else text for name, text in contact.items()}
    came_from = said.get("Received") or said["Address"]
    return Registration(
        device=said.get("User-Agent", "")[:LONGEST_DEVICE],
        address=came_from.removeprefix("sip:").partition(";")[0].rpartition("@")[2],
        renewed_at=datetime.fromtimestamp(int(said["Last-Modified"]), UTC),
    )


def _read(row: Any) -> _Known:
    label, state, lines, realm, first, first_is_over, id_, revision = row
    return _Known(label, state, int(lines), realm, first, int(first_is_over), UUID(id_), int(revision))


def tenants_shown(sip_labels: Collection[str]) -> dict[str, Tenant]:
    """This function will return what the views show of these labels."""
    return {one.label: tenant for one, tenant in _shown(list(sip_labels))}


def _shown(labels: list[str]) -> Iterator[tuple[_Known, Tenant]]:
    for first in range(0, len(labels), SEVERAL):
        some = labels[first : first + SEVERAL]
        endpoints, numbers, groups = _endpoints_shown(some), _numbers_shown(some), _groups_shown(some)
        homes = _homes_shown(some)
        for one, barring in _tenants_shown(some):
            yield (
                one,
                Tenant(
                    label=one.label,
                    phone_system_id=one.phone_system_id,
                    revision=one.revision,
                    realm=one.realm,
                    is_on=one.state != "off",
                    barring=barring,
                    trunk_lines=one.trunk_lines,
                    endpoints=tuple(endpoints[one.label]),
                    numbers=tuple(numbers[one.label]),
                    groups=tuple(groups[one.label]),
                    home_edge=homes[one.label][0],
                    standby_edge=homes[one.label][1],
                ),
            )


def _tenants_shown(labels: Sequence[str]) -> Iterator[tuple[_Known, str]]:
    """What the view says of these phone systems, as the edge reads it, and what is barred."""
    columns = ", ".join(TENANT_COLUMNS)
    for *row, barring in read_rows(
        f"SELECT {columns}, barring FROM view_edge_tenant WHERE label IN ({_places(labels)})",  # noqa: S608
        labels,
    ):
        yield _read(row), barring


def _endpoints_shown(labels: Sequence[str]) -> dict[str, list[TenantEndpoint]]:
    shown: dict[str, list[TenantEndpoint]] = defaultdict(list)
    for label, sip_user, ha1, extension, is_over in read_rows(
        "SELECT label, sip_user, ha1, extension, is_over FROM view_edge_endpoint "  # noqa: S608
        f"WHERE label IN ({_places(labels)}) ORDER BY label, place",
        labels,
    ):
        shown[label].append(TenantEndpoint(sip_user, ha1, extension, bool(is_over)))
    return shown


def _numbers_shown(labels: Sequence[str]) -> dict[str, list[TenantNumber]]:
    shown: dict[str, list[TenantNumber]] = defaultdict(list)
    for label, e164, is_over, endpoint, group in read_rows(
        "SELECT label, e164, is_over, endpoint, ring_group FROM view_edge_number "  # noqa: S608
        f"WHERE label IN ({_places(labels)}) ORDER BY label, turn",
        labels,
    ):
        shown[label].append(TenantNumber(e164, bool(is_over), endpoint, group))
    return shown


def _groups_shown(labels: Sequence[str]) -> dict[str, list[TenantGroup]]:
    shown: dict[str, list[TenantGroup]] = defaultdict(list)
    for label, address, manner, rings in read_rows(
        "SELECT label, address, manner, rings FROM view_edge_group "  # noqa: S608
        f"WHERE label IN ({_places(labels)}) AND address <> label",
        labels,
    ):
        members = [ring.partition(":")[::2] for ring in rings.split(";") if ring]
        of_it = tuple(TenantRing(user, int(seconds)) for seconds, user in members)
        shown[label].append(TenantGroup(address.partition("@")[0], manner == Manner.IN_ORDER, of_it))
    for groups in shown.values():
        groups.sort(key=lambda group: group.extension)
    return shown


def _homes_shown(labels: Sequence[str]) -> dict[str, tuple[str, str]]:
    shown = dict.fromkeys(labels, ("", ""))
    for label, home, standby in read_rows(
        f"SELECT label, home_edge, standby_edge FROM view_edge_home WHERE label IN ({_places(labels)})",  # noqa: S608
        labels,
    ):
        shown[label] = (home, standby)
    return shown


def _places(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))
