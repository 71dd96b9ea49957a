"""Phone systems as the edge is to know them.

One is read through the models when the edge is told of it, those of many accounts as bare rows when the edge
is asked whether it still knows them so; both are composed here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from switchroom.phonesystems.edges.contract import (
    Tenant,
    TenantEndpoint,
    TenantGroup,
    TenantNumber,
    TenantRing,
)
from switchroom.phonesystems.models import Manner
from switchroom.plumbing.bulk import key_of, read_rows
from switchroom.rules.promise import Grants

PHONE_SYSTEMS = """
    SELECT p.id, p.subscription_id, p.account_id, p.name, p.sip_label, p.realm, p.is_on, p.barring,
           p.home_edge, p.standby_edge,
           p.trunk_lines, p.endpoint_limit, p.number_limit, p.revision, p.edge_revision,
           EXISTS (
               SELECT 1 FROM phonesystems_operation o WHERE o.phone_system_id = p.id AND o.state = 'waiting'
           ),
           EXISTS (SELECT 1 FROM phonesystems_ringgroup g WHERE g.phone_system_id = p.id)
    FROM phonesystems_phonesystem p JOIN subscriptions_subscription s ON s.id = p.subscription_id
    WHERE s.account_id BETWEEN %s AND %s
"""
ENDPOINTS = """
    SELECT e.phone_system_id, e.sip_user, e.ha1, e.extension
    FROM phonesystems_endpoint e JOIN phonesystems_phonesystem p ON p.id = e.phone_system_id
    JOIN subscriptions_subscription s ON s.id = p.subscription_id
    WHERE s.account_id BETWEEN %s AND %s
    ORDER BY e.phone_system_id, e.position
"""
NUMBERS = """
    SELECT n.phone_system_id, n.e164, n.is_live, COALESCE(e.sip_user, ''), COALESCE(g.extension, '')
    FROM phonesystems_phonenumber n JOIN phonesystems_phonesystem p ON p.id = n.phone_system_id
    JOIN subscriptions_subscription s ON s.id = p.subscription_id
    LEFT JOIN phonesystems_endpoint e ON e.id = n.rings_endpoint_id
    LEFT JOIN phonesystems_ringgroup g ON g.id = n.rings_group_id
    WHERE s.account_id BETWEEN %s AND %s
    ORDER BY n.phone_system_id, n.position, n.e164
"""
RINGS = """
    SELECT g.phone_system_id, g.extension, g.manner, e.sip_user, m.seconds
    FROM phonesystems_ringgroup g JOIN phonesystems_phonesystem p ON p.id = g.phone_system_id
    JOIN subscriptions_subscription s ON s.id = p.subscription_id
    LEFT JOIN phonesystems_ringgroupmember m ON m.ring_group_id = g.id
    LEFT JOIN phonesystems_endpoint e ON e.id = m.endpoint_id
    WHERE s.account_id BETWEEN %s AND %s
    ORDER BY g.phone_system_id, g.extension, m.position
"""


class Written(Protocol):
    """What is written down of a phone system itself, whether in a row or in a model."""

    @property
    def id(self) -> UUID: ...
    @property
    def sip_label(self) -> str: ...
    @property
    def realm(self) -> str: ...
    @property
    def is_on(self) -> bool: ...
    @property
    def barring(self) -> str: ...
    @property
    def home_edge(self) -> str: ...
    @property
    def standby_edge(self) -> str: ...
    @property
    def trunk_lines(self) -> int: ...
    @property
    def endpoint_limit(self) -> int: ...
    @property
    def number_limit(self) -> int: ...
    @property
    def revision(self) -> int: ...


class WrittenEndpoint(Protocol):
    """What is written down of an endpoint."""

    @property
    def sip_user(self) -> str: ...
    @property
    def ha1(self) -> str: ...
    @property
    def extension(self) -> str: ...


class WrittenNumber(Protocol):
    """What is written down of a phone number."""

    @property
    def e164(self) -> str: ...
    @property
    def is_live(self) -> bool: ...
    @property
    def rings_user(self) -> str: ...
    @property
    def rings_extension(self) -> str: ...


class Ring(NamedTuple):
    """An endpoint of a ring group; of a group that has none there is one without a user."""

    extension: str
    manner: str
    sip_user: str | None
    seconds: int | None


def compose(
    phone_system: Written,
    *,
    endpoints: Iterable[WrittenEndpoint],
    numbers: Iterable[WrittenNumber],
    rings: Iterable[Ring],
) -> Tenant:
    """This function will make the tenant of what is written down; endpoints and numbers come in the member's
    own order, the endpoints of ring groups in that of the groups' extensions and their turns.
    """
    known = tuple(
        TenantEndpoint(
            sip_user=endpoint.sip_user,
            ha1=endpoint.ha1,
            extension=endpoint.extension,
            over=place >= phone_system.endpoint_limit,
        )
        for place, endpoint in enumerate(endpoints)
    )
    return Tenant(
        label=phone_system.sip_label,
        phone_system_id=phone_system.id,
        revision=phone_system.revision,
        realm=phone_system.realm,
        is_on=phone_system.is_on,
        barring=phone_system.barring,
        home_edge=phone_system.home_edge,
        standby_edge=phone_system.standby_edge if phone_system.home_edge else "",
        trunk_lines=phone_system.trunk_lines,
        endpoints=known,
        numbers=tuple(
            TenantNumber(
                e164=number.e164,
                over=place >= phone_system.number_limit,
                endpoint=number.rings_user,
                group=number.rings_extension,
            )
            for place, number in enumerate(numbers)
            if number.is_live
        ),
        groups=tuple(_groups(rings, {one.sip_user for one in known if not one.over})),
    )


def _groups(rings: Iterable[Ring], working: set[str]) -> Iterator[TenantGroup]:
    for (extension, manner), of_it in groupby(rings, lambda ring: (ring.extension, ring.manner)):
        members = [
            TenantRing(ring.sip_user, ring.seconds or 0)
            for ring in of_it
            if ring.sip_user is not None and ring.sip_user in working
        ]
        yield TenantGroup(extension, in_order=manner == Manner.IN_ORDER, rings=tuple(members))


class PhoneSystemRow(NamedTuple):
    """A phone system as its row has it. Its own id is one; the others are text (``plumbing.bulk``)."""

    id: UUID
    subscription_id: str
    account_id: str
    name: str
    sip_label: str
    realm: str
    is_on: bool
    barring: str
    home_edge: str
    standby_edge: str
    trunk_lines: int
    endpoint_limit: int
    number_limit: int
    revision: int
    edge_revision: int
    has_open_request: bool
    """Whether the edge was asked for something that it has not confirmed yet."""

    @property
    def entitled(self) -> Grants:
        """The entitlements that it works by."""
        return Grants(self.trunk_lines, self.endpoint_limit, self.number_limit)


class _Endpoint(NamedTuple):
    sip_user: str
    ha1: str
    extension: str


class _Number(NamedTuple):
    e164: str
    is_live: bool
    rings_user: str
    rings_extension: str


def read_tenants(span: tuple[str, str]) -> list[tuple[PhoneSystemRow, Tenant]]:
    """This function will read the phone systems of all subscriptions of the accounts from ``span[0]`` through
    ``span[1]``, each with the tenant that the edge is to know, in three queries, in
    four where there are ring groups.
    """
    endpoints: dict[str, list[_Endpoint]] = defaultdict(list)
    for id_, *endpoint in read_rows(ENDPOINTS, span):
        endpoints[id_].append(_Endpoint(*endpoint))
    numbers: dict[str, list[_Number]] = defaultdict(list)
    for id_, e164, is_live, *target in read_rows(NUMBERS, span):
        numbers[id_].append(_Number(e164, bool(is_live), *target))
    phone_systems = [_row(row) for row in read_rows(PHONE_SYSTEMS, span)]
    rings: dict[str, list[Ring]] = defaultdict(list)
    if any(has_ring_groups for _, has_ring_groups in phone_systems):
        for id_, *ring in read_rows(RINGS, span):
            rings[id_].append(Ring(*ring))
    tenants = []
    for written, _ in phone_systems:
        key = key_of(written.id)
        tenant = compose(
            written,
            endpoints=endpoints.get(key, ()),
            numbers=numbers.get(key, ()),
            rings=rings.get(key, ()),
        )
        tenants.append((written, tenant))
    return tenants


def _row(row: tuple[Any, ...]) -> tuple[PhoneSystemRow, bool]:
    """The phone system, and whether it has ring groups."""
    id_, subscription_id, account_id, name, label, realm, is_on, *rest, has_open_request, has_groups = row
    texts = (subscription_id, account_id, name, label, realm)
    written = PhoneSystemRow._make([UUID(id_), *texts, bool(is_on), *rest, bool(has_open_request)])
    return written, bool(has_groups)
