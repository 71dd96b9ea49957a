"""What every telephone edge must be able to do, whatever drives it.

An edge hears of a phone system as a whole and never of a single change, so that a lost, repeated or
late message does no harm. Two things make late ones harmless: a tenant's revision, which only grows for
one SIP label, and the phone system's id, which no other ever has.
``tests/phonesystems/test_edge_contract.py`` and ``tests/edge/test_contract.py`` hold each edge to this.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec


class TenantEndpoint(msgspec.Struct, frozen=True):
    """A device that may register. ``over`` the limit it makes emergency calls only (rule 6.3)."""

    sip_user: str
    ha1: str
    extension: str
    over: bool


class TenantNumber(msgspec.Struct, frozen=True):
    """A number that takes calls. ``over`` the limit it takes none and is no caller's number (rule 6.3).

    It rings one ``endpoint`` (its user), one ring ``group`` (its extension), or all phones when both are
    empty.
    """

    e164: str
    over: bool
    endpoint: str = ""
    group: str = ""


class TenantRing(msgspec.Struct, frozen=True):
    """An endpoint of a ring group, and for how many seconds it rings before the next does."""

    sip_user: str
    seconds: int


class TenantGroup(msgspec.Struct, frozen=True):
    """A ring group by its extension: its ``rings`` come all at once, or ``in_order`` one after another.

    Endpoints over the limit are left out.
    """

    extension: str
    in_order: bool
    rings: tuple[TenantRing, ...] = ()


class Tenant(msgspec.Struct, frozen=True):
    """A phone system as its edge knows it.

    ``label`` is the SIP label, ``realm`` that of the digest hashes, ``trunk_lines`` how many external
    calls run at once. When it is not ``is_on``, emergency calls pass and nothing else;
    ``barring`` says which calls do not while bills are overdue: ``outgoing`` or ``all``. ``endpoints``
    and ``numbers`` are in the member's own order, ``groups`` in that of their extensions; numbers that are
    not live are left out. Where there are several edges, ``home_edge`` serves it, or ``standby_edge`` while
    that is dead; all of them when it has no home.
    """

    label: str
    phone_system_id: UUID
    revision: int
    realm: str
    is_on: bool
    trunk_lines: int
    barring: str = ""
    endpoints: tuple[TenantEndpoint, ...] = ()
    numbers: tuple[TenantNumber, ...] = ()
    groups: tuple[TenantGroup, ...] = ()
    home_edge: str = ""
    standby_edge: str = ""


class Registration(msgspec.Struct, frozen=True):
    """How a device is registered: what it calls itself, from where it came (host and port), and the instant
    (UTC) at which it last renewed that.
    """

    device: str
    address: str
    renewed_at: datetime


class Live(msgspec.Struct, frozen=True):
    """What a phone system does right now: how many trunk lines it uses, and which of the users that were
    asked for are registered (user → how).
    """

    lines_in_use: int
    registrations: dict[str, Registration]


class Edge(Protocol):
    """A telephone edge. Every call may be repeated; each raises any exception when the edge cannot be
    reached.
    """

    carries_calls: bool
    """Whether phones really call, so that lines in use can be counted."""

    def live(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> Live:
        """This function will say what a phone system does right now, and which of these users are
        registered.
        """

    def push(self, tenant: Tenant) -> None:
        """This function will make the edge work by this tenant, unless it knows a newer revision of its
        label.
        """

    def delete(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> None:
        """This function will make the edge forget the tenant of a label, unless the label is another's by
        now. ``sip_users`` are those that it had, as far as they are known.
        """

    def is_gone(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> bool:
        """This function will say whether the edge knows nothing of this phone system under this label."""

    def known(self, sip_label: str) -> Tenant | None:
        """This function will return the tenant that the edge works by under a label, none when it knows
        none.
        """

    def known_among(self, sip_labels: Collection[str]) -> dict[str, Tenant]:
        """This function will return the tenants that the edge works by under these labels, all at once; one
        that makes no sense is left out like one that is not there.
        """

    def holders_of(self, sip_labels: Collection[str]) -> dict[str, UUID]:
        """This function will say whose tenant each of these labels is (label → id of the phone system), as
        far as the edge knows anything of it.
        """
