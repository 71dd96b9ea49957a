"""Phone systems as the edge is to know them.

One is read through the models when the edge is told of it, those of many accounts as bare rows when the edge
is asked whether it still knows them so; both are composed here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from switchroom.phonesystems.edges.contract import Tenant, TenantEndpoint, TenantNumber
from switchroom.plumbing.bulk import read_rows
from switchroom.rules.promise import Grants

PHONE_SYSTEMS = """
    SELECT p.id, p.subscription_id, p.account_id, p.name, p.sip_label, p.realm, p.is_on, p.barring,
           p.trunk_lines, p.endpoint_limit, p.number_limit, p.revision, p.edge_revision,
           EXISTS (
               SELECT 1 FROM phonesystems_operation o WHERE o.phone_system_id = p.id AND o.state = 'waiting'
           )
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
    SELECT n.phone_system_id, n.e164, n.is_live
    FROM phonesystems_phonenumber n JOIN phonesystems_phonesystem p ON p.id = n.phone_system_id
    JOIN subscriptions_subscription s ON s.id = p.subscription_id
    WHERE s.account_id BETWEEN %s AND %s
    ORDER BY n.phone_system_id, n.position, n.e164
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


def compose(
    phone_system: Written, *, endpoints: Iterable[WrittenEndpoint], numbers: Iterable[WrittenNumber]
) -> Tenant:
    """This function will make the tenant of what is written down; endpoints and numbers come in the member's
    own order.
    """
    return Tenant(
        label=phone_system.sip_label,
        phone_system_id=phone_system.id,
        revision=phone_system.revision,
        realm=phone_system.realm,
        is_on=phone_system.is_on,
        barring=phone_system.barring,
        trunk_lines=phone_system.trunk_lines,
        endpoints=tuple(
            TenantEndpoint(
                sip_user=endpoint.sip_user,
                ha1=endpoint.ha1,
                extension=endpoint.extension,
                over=place >= phone_system.endpoint_limit,
            )
            for place, endpoint in enumerate(endpoints)
        ),
        numbers=tuple(
            TenantNumber(e164=number.e164, over=place >= phone_system.number_limit)
            for place, number in enumerate(numbers)
            if number.is_live
        ),
    )


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


def read_tenants(span: tuple[str, str]) -> list[tuple[PhoneSystemRow, Tenant]]:
    """This function will read the phone systems of all subscriptions of the accounts from ``span[0]`` through
    ``span[1]``, each with the tenant that the edge is to know, in three queries.
    """
    endpoints: dict[str, list[_Endpoint]] = defaultdict(list)
    for id_, *endpoint in read_rows(ENDPOINTS, span):
        endpoints[id_].append(_Endpoint(*endpoint))
    numbers: dict[str, list[_Number]] = defaultdict(list)
    for id_, e164, is_live in read_rows(NUMBERS, span):
        numbers[id_].append(_Number(e164, bool(is_live)))
    tenants = []
    for row in read_rows(PHONE_SYSTEMS, span):
        written = _row(row)
        tenant = compose(written, endpoints=endpoints.get(row[0], ()), numbers=numbers.get(row[0], ()))
        tenants.append((written, tenant))
    return tenants


def _row(row: tuple[Any, ...]) -> PhoneSystemRow:
    id_, subscription_id, account_id, name, label, realm, is_on, barring, *figures, has_open_request = row
    texts = (subscription_id, account_id, name, label, realm)
    return PhoneSystemRow._make([UUID(id_), *texts, bool(is_on), barring, *figures, bool(has_open_request)])
