"""Wherever the portal runs, its pages show what phone systems do at edges on other machines (rule 8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.test import override_settings

from switchroom.phonesystems.browsers import softphone_url
from switchroom.phonesystems.edge_nodes import DEAD_AFTER, EdgeNode, EdgeQuestion
from switchroom.phonesystems.models import Endpoint
from switchroom.plumbing import clock
from tests.doors.store import Shopper, words
from tests.edge.conftest import EdgeTown, Tenant, wait_for
from tests.edge.several import Edge, WholeEdge, customer, follow, two_edges
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"
UNKNOWN = "How many lines are in use and which phones are registered cannot be said right now. Calls go on."
NOTICED_SECONDS = 25.0
Edges = tuple[Edge, Edge]


@pytest.fixture(scope="module")
def edges(edge_town: EdgeTown) -> Iterator[Edges]:
    with two_edges(edge_town, kind=WholeEdge) as both:
        yield both
    EdgeNode.objects.all().delete()


@pytest.fixture(autouse=True, params=["portal"])
def portal(request: pytest.FixtureRequest, edge_town: EdgeTown, edges: Edges) -> Iterator[None]:
    """The portal's machine has this name; unless a test says otherwise, no edge is there."""
    named = {"edges": [one.at for one in edges], "edge_node": request.param}
    with override_settings(INSTALLATION=edge_town.installation.model_copy(update=named)):
        yield
    assert not EdgeQuestion.objects.exists()


def is_taken_for_dead(edge: Edge) -> None:
    """So much time goes by that an edge which says nothing counts as dead."""
    long_ago = clock.real_now() - DEAD_AFTER - timedelta(seconds=1)
    EdgeNode.objects.filter(name=edge.node).update(seen_at=long_ago)


@contextmanager
def dead(edge: Edge) -> Iterator[None]:
    """An edge that is not there, and has not been for long."""
    edge.stops()
    is_taken_for_dead(edge)
    try:
        yield
    finally:
        edge.starts()


def roomy(edge_town: EdgeTown, edges: Edges, *, lines: int = 2, **columns: str) -> Tenant:
    """A customer that is offered nothing more."""
    tenant = customer(edge_town, edges, lines=lines, **columns)
    tenant.changes(endpoint_limit=9, number_limit=9)
    follow(edges)
    return tenant


def page_of(tenant: Tenant, page: str = "in_use") -> str:
    """What a page about a phone system says, which is asked of the edges by one query more."""
    return words(Shopper(tenant.customer.user).opens(page, tenant.customer.subscription_id))


def endpoint_page(tenant: Tenant, user: str) -> str:
    """What the page of an endpoint says."""
    endpoint = Endpoint.objects.get(sip_user=user)
    shopper, subscription = Shopper(tenant.customer.user), tenant.customer.subscription_id
    return words(shopper.opens("rename_endpoint", subscription, endpoint.id))


@pytest.mark.parametrize("portal", ["portal", "north", "south"], indirect=True)
def test_the_pages_show_calls_and_phones_of_the_home_wherever_the_portal_is(
    edge_town: EdgeTown, edges: Edges
) -> None:
    north, _south = edges
    acme = roomy(edge_town, edges, home_edge="north", standby_edge="south")
    assert page_of(acme, "phone_system").count("Not registered") == 2
    phone = acme.phone("20", registered=False)
    phone.edge = north.address
    assert said(phone.register({"user-agent": "Snom D785"})) == (200, "OK")
    call = phone.call(OUTSIDE)
    assert said(call) == (200, "OK")
    for shown in (page_of(acme), page_of(acme, "phone_system")):
        assert "Trunk lines 1 of 2" in shown
    assert f"20 Registered {phone.user}" in shown
    assert shown.count("Not registered") == 1
    told = endpoint_page(acme, phone.user)
    assert f"Registered Snom D785 at {phone.address} Last heard of on 1 June 2026 at " in told
    call.hang_up()
    wait_for(lambda: "Trunk lines 0 of 2" in page_of(acme))
    phone.register(expires=0)
    assert page_of(acme, "phone_system").count("Not registered") == 2


def test_who_has_no_home_is_shown_as_it_is_at_all_edges_together(edge_town: EdgeTown, edges: Edges) -> None:
    north, south = edges
    acme = roomy(edge_town, edges, lines=4)
    here, there = north.phone_of(acme, "20"), south.phone_of(acme, "21")
    calls = [phone.call(OUTSIDE) for phone in (here, there, there)]
    assert [said(call) for call in calls] == [(200, "OK")] * 3
    shown = page_of(acme, "phone_system")
    assert "Trunk lines 3 of 4" in shown
    assert shown.count("Not registered") == 0
    here.vanish()
    wait_for(lambda: clock.real_now().microsecond < 500_000)  # edges note seconds
    moved = south.phone_of(acme, "20")  # the former place is not forgotten yet
    wait_for(lambda: f"Registered {moved.address}" in endpoint_page(acme, moved.user))
    for call in calls[1:]:
        call.hang_up()


def test_the_standby_tells_while_the_home_is_dead(edge_town: EdgeTown, edges: Edges) -> None:
    north, south = edges
    acme = customer(edge_town, edges, home_edge="north", standby_edge="south")
    alone = customer(edge_town, edges, home_edge="north")
    north.phone_of(acme, "20")
    assert UNKNOWN not in page_of(acme)
    phone = acme.phone("20", registered=False)
    phone.edge = south.address
    with dead(north):
        wait_for(lambda: phone.register().status == 200, seconds=NOTICED_SECONDS)
        call = phone.call(OUTSIDE)
        assert said(call) == (200, "OK")
        assert "Trunk lines 1 of 2" in page_of(acme)
        assert f"Registered {phone.address} Last heard of" in endpoint_page(acme, phone.user)
        assert UNKNOWN in page_of(alone)  # nobody can say it: who serves it, is dead
        call.hang_up()
    assert "Trunk lines 0 of 2" in page_of(alone)


def test_an_edge_that_has_just_died_is_waited_for_until_it_counts_as_dead(
    edge_town: EdgeTown, edges: Edges
) -> None:
    north, south = edges
    acme, bolt = customer(edge_town, edges, home_edge="north"), customer(edge_town, edges)
    north.stops()
    try:
        for shown in (page_of(acme), page_of(bolt)):
            assert UNKNOWN in shown
            assert "Trunk lines up to 2 at once" in shown
        is_taken_for_dead(north)
        assert UNKNOWN in page_of(acme)
        assert "Trunk lines 0 of 2" in page_of(bolt)  # by all that are left
        with dead(south):
            assert UNKNOWN in page_of(bolt)
    finally:
        north.starts()
    for shown in (page_of(acme), page_of(bolt)):
        assert "Trunk lines 0 of 2" in shown


def test_browsers_find_the_edge_that_serves(edge_town: EdgeTown, edges: Edges) -> None:
    north, _south = edges
    acme = customer(edge_town, edges, home_edge="north", standby_edge="south")
    bolt = customer(edge_town, edges)
    at = [one.at.model_copy(update={"browsers": f"wss://{one.node}.example.com"}) for one in edges]
    own = edge_town.installation.model_copy(update={"edges": at, "softphone_url": "wss://any.example.com"})

    def urls() -> list[str]:
        return [
            softphone_url(phone_system) for one in (acme, bolt) if (phone_system := one.customer.phone_system)
        ]

    with override_settings(INSTALLATION=own):
        assert urls() == ["wss://north.example.com", "wss://any.example.com"]
        page = Shopper(acme.customer.user).opens("softphone", acme.customer.subscription_id)
        assert "connect-src 'self' wss://north.example.com;" in f"{page['Content-Security-Policy']};"
        assert 'data-url="wss://north.example.com"' in page.content.decode()
        is_taken_for_dead(north)
        assert urls() == ["wss://south.example.com", "wss://any.example.com"]
        wait_for(lambda: urls() == ["wss://north.example.com", "wss://any.example.com"])
        acme.changes(home_edge="demolished")
        assert urls() == ["wss://any.example.com"] * 2
