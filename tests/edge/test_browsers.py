"""Browsers come in: from pages of the portal only, and with logins that are good for minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import transaction

from switchroom.phonesystems.browsers import BrowserLogin, browser_login
from switchroom.phonesystems.edges.kamailio import relay
from switchroom.phonesystems.endpoints import new_secret
from switchroom.plumbing import clock
from tests.edge.conftest import EdgeTown, Tenant
from tests.edge.web_phone import WebSocket

pytestmark = pytest.mark.skipif(
    relay.program() is None, reason="rtpengine is not installed: sudo apt install rtpengine-daemon"
)
OK = (200, "OK")


def test_only_a_page_of_the_portal_comes_in(edge_town: EdgeTown) -> None:
    here = edge_town.installation.base_url
    answers = {}
    for origin in (here, "https://evil.example.com", f"{here}.example.com", "null", None):
        with WebSocket(edge_town.browsers_port, origin) as connection:
            answers[origin] = connection.status
    assert answers == {
        here: 101,
        "https://evil.example.com": 403,
        f"{here}.example.com": 403,
        "null": 403,
        None: 403,
    }


def test_a_login_is_good_for_its_endpoint_and_for_minutes(edge_town: EdgeTown) -> None:
    acme, zeta = edge_town.customer(), edge_town.customer()
    fresh, expired = login(acme), login(acme, ago=timedelta(minutes=11))
    prolonged = msgspec.structs.replace(expired, login=fresh.login)
    abroad = msgspec.structs.replace(fresh, domain=zeta.domain)
    user, secret = acme.secrets["20"]
    permanent = msgspec.structs.replace(fresh, login=user, secret=secret)
    assert registers(edge_town, fresh) == OK
    assert registers(edge_town, expired) == (403, "Login Has Expired")
    assert registers(edge_town, prolonged)[0] == 401
    assert registers(edge_town, abroad) == (403, "No Such Endpoint")
    assert registers(edge_town, permanent) == (403, "Identity Mismatch")
    assert registers(edge_town, fresh) == OK


def test_a_new_secret_makes_logins_void(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    before = login(acme)
    assert registers(edge_town, before) == OK
    endpoint = endpoint_of(acme)
    with transaction.atomic():
        new_secret(endpoint=endpoint, at=clock.now())
    edge_town.follows()
    assert registers(edge_town, before)[0] == 401
    assert registers(edge_town, login(acme)) == OK


def login(tenant: Tenant, extension: str = "20", *, ago: timedelta = timedelta()) -> BrowserLogin:
    return browser_login(endpoint_of(tenant, extension), now=clock.real_now() - ago)


def endpoint_of(tenant: Tenant, extension: str = "20") -> Any:
    phone_system = tenant.customer.phone_system
    assert phone_system is not None
    return phone_system.endpoints.select_related("phone_system").get(extension=extension)


def registers(edge_town: EdgeTown, login: BrowserLogin) -> tuple[int, str]:
    with WebSocket(edge_town.browsers_port, edge_town.installation.base_url) as connection:
        return connection.registers(login)
