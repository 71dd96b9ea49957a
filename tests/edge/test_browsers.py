"""Browsers come in: from pages of the portal only, and with logins that are good for minutes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from django.db import transaction

from switchroom.phonesystems.browsers import BrowserLogin, browser_login
from switchroom.phonesystems.edges.kamailio import relay
from switchroom.phonesystems.endpoints import new_secret
from switchroom.plumbing import clock
from tests.edge.conftest import EdgeTown, Tenant, another_edge, free_port
from tests.edge.phone import SDP
from tests.edge.test_reaching import behind_nat
from tests.edge.test_registering import said
from tests.edge.web_phone import WebSocket

pytestmark = pytest.mark.skipif(
    relay.program() is None, reason="rtpengine is not installed: sudo apt install rtpengine-daemon"
)
OUTSIDE = "+493012345678"
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


def test_limits_and_bars_hold_for_browsers(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=2)
    first, second = login(acme, "20"), login(acme, "21")
    acme.changes(endpoint_limit=1, barring="outgoing", barred_on=date(2026, 6, 1))
    edge_town.follows()
    assert calls(edge_town, first, OUTSIDE) == (403, "Outgoing Calls Are Barred")
    assert calls(edge_town, second, "20") == (403, "Endpoint Is Over The Limit")
    acme.changes(endpoint_limit=2, barring="", barred_on=None, trunk_lines=0)
    edge_town.follows()
    assert calls(edge_town, first, OUTSIDE) == (486, "All Trunk Lines Busy")
    assert calls(edge_town, second, "20") == (480, "Phone Not Registered")


def test_while_the_relay_is_away_browsers_are_told_and_phones_call(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    port, for_browsers = free_port(), free_port()
    changes = {
        "edge_listen": [f"udp:127.0.0.1:{port}", f"ws:127.0.0.1:{for_browsers}"],
        "edge_media_relay": f"127.0.0.1:{free_port()}",
    }
    with another_edge(edge_town, **changes):
        with WebSocket(for_browsers, edge_town.installation.base_url) as browser:
            refused = (503, "No Media Relay")
            assert browser.calls(login(acme), OUTSIDE) == refused
            assert browser.calls(login(acme), OUTSIDE) == refused  # and not busy: the line was given back
        phone = acme.phone("20", registered=False)
        phone.edge = ("127.0.0.1", port)
        call = phone.call(OUTSIDE, behind_nat(phone))
        assert said(call) == (200, "OK")
        assert edge_town.carrier.incoming[-1].body == SDP
        assert call.hang_up() == 200


def login(tenant: Tenant, extension: str = "20", *, ago: timedelta = timedelta()) -> BrowserLogin:
    return browser_login(endpoint_of(tenant, extension), now=clock.real_now() - ago)


def endpoint_of(tenant: Tenant, extension: str = "20") -> Any:
    phone_system = tenant.customer.phone_system
    assert phone_system is not None
    return phone_system.endpoints.select_related("phone_system").get(extension=extension)


def calls(edge_town: EdgeTown, login: BrowserLogin, number: str) -> tuple[int, str]:
    with WebSocket(edge_town.browsers_port, edge_town.installation.base_url) as connection:
        return connection.calls(login, number)


def registers(edge_town: EdgeTown, login: BrowserLogin) -> tuple[int, str]:
    with WebSocket(edge_town.browsers_port, edge_town.installation.base_url) as connection:
        return connection.registers(login)
