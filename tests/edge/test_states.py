"""What a phone system may do when it is switched off, barred, over its limits or deleted (rules 6.3, 8.1, 9).

Emergency calls pass in every state, from every endpoint, until the deletion.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.edge.conftest import EdgeTown, Tenant
from tests.edge.messages import user_in
from tests.edge.phone import Phone
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"
OK = (200, "OK")


def helps(edge_town: EdgeTown, phone: Phone, number: str = "112") -> str:
    """Makes an emergency call that must pass, and gives the number it was shown with."""
    before = len(edge_town.carrier.incoming)
    call = phone.call(number)
    assert said(call) == OK
    assert call.hang_up() == 200
    (sent,) = edge_town.carrier.incoming[before:]
    assert sent.uri.startswith(f"sip:{number}@")
    return user_in(sent["from"])


def inward(edge_town: EdgeTown, tenant: Tenant) -> tuple[int, str]:
    return said(edge_town.carrier.call(f"sip:{tenant.numbers[0]}@127.0.0.1"))


@pytest.mark.parametrize("number", ["110", "112"])
def test_help_is_called_while_all_lines_are_busy(edge_town: EdgeTown, number: str) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    busy = phone.call(OUTSIDE)
    assert said(phone.call(OUTSIDE)) == (486, "All Trunk Lines Busy")
    assert helps(edge_town, phone, number) == acme.numbers[0]
    assert busy.hang_up() == 200


def test_a_phone_system_that_is_off_calls_for_help_and_nothing_else(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20")
    acme.changes(is_on=False)
    edge_town.follows()
    off = (403, "Phone System Switched Off")
    assert (said(phone.call(OUTSIDE)), said(phone.call("21")), inward(edge_town, acme)) == (off, off, off)
    assert phone.register().status == 200
    assert helps(edge_town, phone) == acme.numbers[0]
    acme.changes(is_on=True)
    edge_town.follows()
    call = phone.call(OUTSIDE)
    assert said(call) == OK
    call.hang_up()


def test_barred_outgoing_calls_leave_those_that_come_in(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone, colleague = acme.phone("20"), acme.phone("21")
    acme.changes(barring="outgoing", barred_on=date(2026, 6, 1))
    edge_town.follows()
    assert said(phone.call(OUTSIDE)) == (403, "Outgoing Calls Are Barred")
    inside = colleague.call("20")
    assert (said(inside), inward(edge_town, acme)) == (OK, OK)
    assert helps(edge_town, phone) == acme.numbers[0]


def test_when_all_is_barred_help_is_still_called(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20")
    acme.changes(barring="all", barred_on=date(2026, 6, 1))
    edge_town.follows()
    barred = (403, "Calls Are Barred")
    assert (said(phone.call(OUTSIDE)), said(phone.call("21")), inward(edge_town, acme)) == (barred,) * 3
    assert helps(edge_town, phone) == acme.numbers[0]


def test_endpoints_and_numbers_over_the_limit_call_for_help_only(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=2, numbers=2)
    first, second = acme.phone("20"), acme.phone("21")
    kept, surplus = acme.numbers
    acme.changes(endpoint_limit=1, number_limit=1)
    edge_town.follows()
    over = (403, "Endpoint Is Over The Limit")
    assert (said(second.call(OUTSIDE)), said(second.call("20"))) == (over, over)
    assert said(first.call("21")) == (480, "Phone Not Registered")
    assert second.register().status == 200
    assert helps(edge_town, second) == kept
    assert said(edge_town.carrier.call(f"sip:{surplus}@127.0.0.1")) == (404, "Number Is Over The Limit")
    call = edge_town.carrier.call(f"sip:{kept}@127.0.0.1")
    assert (said(call), len(first.incoming), len(second.incoming)) == (OK, 1, 0)
    call.hang_up()
    out = first.call(OUTSIDE, {"p-preferred-identity": f"<sip:{surplus}@{acme.domain}>"})
    assert said(out) == OK
    assert user_in(edge_town.carrier.incoming[-1]["from"]) == kept
    out.hang_up()


def test_help_is_called_whatever_domain_the_phone_writes(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20")
    before = len(edge_town.carrier.incoming)
    call = phone.call("sip:112@example.net")
    assert (said(call), edge_town.carrier.incoming[before].uri[:8]) == (OK, "sip:112@")
    call.hang_up()


def test_help_is_called_without_a_number_too(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(numbers=0)
    phone = acme.phone("20")
    assert helps(edge_town, phone) == phone.user


def test_a_deleted_phone_system_is_unknown(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone, number = acme.phone("20"), acme.numbers[0]
    phone_system = acme.customer.phone_system
    assert phone_system is not None
    phone_system.numbers.update(phone_system=None, is_live=False)
    acme.changes(is_on=False)
    type(phone_system).objects.filter(id=phone_system.id).delete()
    edge_town.follows()
    gone = (404, "No Such Phone System")
    assert (said(phone.register()), said(phone.call(OUTSIDE)), said(phone.call("112"))) == (gone, gone, gone)
    assert said(edge_town.carrier.call(f"sip:{number}@127.0.0.1")) == (404, "No Such Number")
