"""A phone behind NAT is heard through the relay and reached within its calls; all others speak directly."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from switchroom.phonesystems.edges.kamailio import relay
from tests.edge.conftest import EdgeTown, Tenant, wait_for
from tests.edge.messages import token
from tests.edge.phone import SDP, Phone
from tests.edge.test_registering import said

pytestmark = pytest.mark.skipif(
    relay.program() is None, reason="rtpengine is not installed: sudo apt install rtpengine-daemon"
)
PRIVATE = "10.11.12.13:5060"
RELAYED = re.compile(r"c=IN IP4 127[.]0[.]0[.]1\r\n.*m=audio 42[0-9]{3} RTP/AVP 0\r\n", re.DOTALL)


def behind_nat(phone: Phone) -> Mapping[str, str]:
    """What a phone says that does not know by which address it is seen."""
    return {
        "via": f"SIP/2.0/UDP {PRIVATE};branch=z9hG4bK{token()};rport",
        "contact": f"<sip:{phone.user}@{PRIVATE}>",
    }


def test_a_caller_behind_nat(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    caller, desk = acme.phone("20"), acme.phone("21")
    call = caller.call("21", behind_nat(caller))
    assert said(call) == (200, "OK")
    assert RELAYED.search(desk.incoming[0].body)
    assert RELAYED.search(call.final.body)
    ends_all_calls(edge_town, acme)
    wait_for(lambda: (len(caller.ended), len(desk.ended)) == (1, 1))


def test_a_phone_behind_nat_is_called(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    caller, hidden = acme.phone("20"), acme.phone("21", registered=False)
    assert said(hidden.register(behind_nat(hidden))) == (200, "OK")
    call = caller.call("21")
    assert said(call) == (200, "OK")
    assert RELAYED.search(hidden.incoming[0].body)
    assert RELAYED.search(call.final.body)
    assert call.hang_up() == 200


def test_phones_that_see_each_other_speak_directly(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    caller, desk = acme.phone("20"), acme.phone("21")
    call = caller.call("21")
    assert (desk.incoming[0].body, call.final.body) == (SDP, SDP)
    assert call.hang_up() == 200


def ends_all_calls(edge_town: EdgeTown, tenant: Tenant) -> None:
    for call in edge_town.ask("dlg.profile_list", "calls", tenant.label):
        edge_town.ask("dlg.end_dlg", call["h_entry"], call["h_id"])
