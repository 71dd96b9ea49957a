"""Which of several edges serves a phone system: its home, its standby, or all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.messages import token
from tests.edge.phone import Call
from tests.edge.several import Edge, customer, follow, lines_at, two_edges
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"
ELSEWHERE = (503, "Another Edge Is Home")
NOTICED_SECONDS = 25.0
"""So long until an edge notices that another one is dead or there again."""

Edges = tuple[Edge, Edge]


@pytest.fixture(scope="module")
def edges(edge_town: EdgeTown) -> Iterator[Edges]:
    """North and south, which count each for itself."""
    with two_edges(edge_town) as both:
        yield both


def comes_in_at(edge: Edge, edge_town: EdgeTown, number: str) -> Call:
    """A call of the carrier that reaches this edge."""
    edge_town.carrier.edge = edge.address
    try:
        return edge_town.carrier.call(f"sip:{number}@{edge.address[0]}")
    finally:
        edge_town.carrier.edge = ("127.0.0.1", edge_town.port)


def test_a_phone_that_comes_to_another_edge_is_told_to_look_further(
    edge_town: EdgeTown, edges: Edges
) -> None:
    north, south = edges
    acme = customer(edge_town, edges, home_edge="north", standby_edge="south")
    phone = north.phone_of(acme, "20")
    lost = acme.phone("21", registered=False)
    lost.edge = south.address
    answer = lost.register()
    assert (said(answer), answer["retry-after"]) == (ELSEWHERE, "5")
    assert said(lost.call("20")) == ELSEWHERE
    for_help = lost.call("112")  # help is called by whichever edge is reached
    assert said(for_help) == (200, "OK")
    for_help.hang_up()
    call = phone.call(OUTSIDE)
    assert said(call) == (200, "OK")
    call.hang_up()


def test_what_a_carrier_brings_to_another_edge_is_carried_home(edge_town: EdgeTown, edges: Edges) -> None:
    north, south = edges
    acme = customer(edge_town, edges, lines=1, home_edge="north")
    phone = north.phone_of(acme, "20")
    call = comes_in_at(south, edge_town, acme.numbers[0])
    assert said(call) == (200, "OK")
    assert len(phone.incoming) == 1
    assert phone.incoming[0]["x-switchroom-from"] == ""
    assert (lines_at(north, acme), lines_at(south, acme)) == (1, 0)
    assert said(comes_in_at(south, edge_town, acme.numbers[0])) == (486, "All Trunk Lines Busy")
    assert call.hang_up() == 200
    wait_for(lambda: lines_at(north, acme) == 0)
    assert said(comes_in_at(south, edge_town, "+4930999999")) == (404, "No Such Number")


def test_the_standby_serves_while_the_home_is_dead(edge_town: EdgeTown, edges: Edges) -> None:
    north, south = edges
    acme = customer(edge_town, edges, home_edge="north", standby_edge="south")
    phone = acme.phone("20", registered=False)
    phone.edge = south.address
    assert said(phone.register()) == ELSEWHERE
    north.is_killed()
    try:
        wait_for(lambda: phone.register().status == 200, seconds=NOTICED_SECONDS)
        inward = comes_in_at(south, edge_town, acme.numbers[0])
        out = phone.call(OUTSIDE)
        assert [said(call) for call in (inward, out)] == [(200, "OK")] * 2
        assert said(phone.call(OUTSIDE)) == (486, "All Trunk Lines Busy")
    finally:
        north.starts()
        follow(edges)
    wait_for(lambda: said(phone.register()) == ELSEWHERE, seconds=NOTICED_SECONDS)
    assert [call.hang_up() for call in (inward, out)] == [200, 200]  # what runs, ends where it began
    assert said(north.phone_of(acme, "20").call(OUTSIDE)) == (200, "OK")
    north.is_killed()  # once more, by now that it was seen to be alive
    try:
        wait_for(lambda: phone.register().status == 200, seconds=NOTICED_SECONDS)
    finally:
        north.starts()
        follow(edges)


def test_who_has_no_home_is_served_and_found_at_every_edge(edge_town: EdgeTown, edges: Edges) -> None:
    north, south = edges
    acme = customer(edge_town, edges)
    here, there = north.phone_of(acme, "20"), south.phone_of(acme, "21")
    for caller, called, extension in ((here, there, "21"), (there, here, "20")):
        before = len(called.incoming)
        call = caller.call(extension)
        assert said(call) == (200, "OK")
        assert len(called.incoming) == before + 1
        assert caller.request_within(call, "INVITE").status == 200
        assert call.hang_up() == 200
    there.vanish()
    assert said(here.register(expires=0)) == (200, "OK")
    there = south.phone_of(acme, "21")
    call = comes_in_at(north, edge_town, acme.numbers[0])
    assert said(call) == (200, "OK")
    assert (len(there.incoming), lines_at(north, acme), lines_at(south, acme)) == (1, 0, 1)
    assert call.hang_up() == 200
    wait_for(lambda: lines_at(south, acme) == 0)
    assert said(there.register(expires=0)) == (200, "OK")
    assert said(comes_in_at(north, edge_town, acme.numbers[0])) == (480, "Phone Not Registered")


@pytest.mark.parametrize("claim", ["carrier", "inside"])
def test_who_only_pretends_to_be_another_edge_is_not_believed(
    edge_town: EdgeTown, edges: Edges, claim: str
) -> None:
    north, _south = edges
    acme = customer(edge_town, edges)
    north.phone_of(acme, "20")
    stranger = acme.phone("21", registered=False)
    stranger.edge, stranger.secret = north.address, ""
    forged = {"x-switchroom-from": claim}
    assert stranger.call("20", forged).status == 407
    assert stranger.call(f"sip:{acme.numbers[0]}@{north.address[0]}", forged).status == 407


def test_who_invents_a_call_between_edges_reaches_nobody(edge_town: EdgeTown, edges: Edges) -> None:
    north, south = edges
    acme = customer(edge_town, edges)
    phone, _colleague = north.phone_of(acme, "20"), south.phone_of(acme, "21")
    call = phone.call("21")  # it runs over both edges
    assert said(call) == (200, "OK")
    before = len(edge_town.carrier.incoming)
    by_both = ", ".join("<sip:{}:{};lr>".format(*edge.address) for edge in edges)
    for way in ({"call-id": token()}, {"route": by_both, "call-id": token()}, {"route": by_both}):
        claims = {**way, "x-switchroom-from": "carrier"}
        forged = phone.within(call, "INVITE", headers=claims)
        forged.first = f"INVITE sip:+491901234@{edge_town.carrier.address} SIP/2.0"
        assert phone.answer_to(forged).status == 481
    assert len(edge_town.carrier.incoming) == before
    assert call.hang_up() == 200


def test_a_home_that_is_no_edge_any_more_keeps_nobody_out(edge_town: EdgeTown, edges: Edges) -> None:
    north, _south = edges
    acme = customer(edge_town, edges, home_edge="demolished")
    assert said(north.phone_of(acme, "20").call(OUTSIDE)) == (200, "OK")
