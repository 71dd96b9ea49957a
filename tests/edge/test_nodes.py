"""Several edges say in the portal's database how far they are: so a purchase is confirmed, and a deletion is
proven, at all of them (rules 4.7 and 7.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.test import override_settings

from switchroom.phonesystems.deletion import nothing_left
from switchroom.phonesystems.edge_nodes import DEAD_AFTER, EdgeNode, EdgeQuestion
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.kamailio.control import EdgeAway
from switchroom.phonesystems.edges.kamailio.edge import NotInForce
from switchroom.phonesystems.edges.kamailio.nodes import ASKED_IN_VAIN, KamailioEdges, Reporter
from switchroom.plumbing import clock, outbox
from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.several import Edge, customer, follow, two_edges
from tests.edge.test_contract import as_written
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"
Edges = tuple[Edge, Edge]


@pytest.fixture(scope="module")
def edges(edge_town: EdgeTown) -> Iterator[Edges]:
    """North and south; the portal's worker is at neither."""
    with two_edges(edge_town) as both:
        yield both


@pytest.fixture(autouse=True)
def portal(edge_town: EdgeTown, edges: Edges) -> Iterator[None]:
    """The portal knows of both edges and runs none."""
    own = edge_town.installation.model_copy(
        update={"edges": [one.at for one in edges], "edge_node": "portal"}
    )
    with override_settings(INSTALLATION=own):
        yield
    EdgeNode.objects.all().delete()


def reports(*edges: Edge) -> None:
    """Each of these edges says once how it is."""
    for one in edges:
        with override_settings(INSTALLATION=one.installation):
            Reporter(one.node).report()


def has_forgotten(one: Edge, id_: UUID) -> bool:
    """Whether this edge says by now that it holds nothing of a deleted phone system."""
    reports(one)
    return str(id_) in EdgeNode.objects.get(name=one.node).forgotten


def test_a_push_is_confirmed_when_all_living_edges_have_said_so(edge_town: EdgeTown, edges: Edges) -> None:
    acme = customer(edge_town, edges, lines=1)
    works_with = edge()
    assert isinstance(works_with, KamailioEdges)
    with pytest.raises(EdgeAway, match="None of the edges"):
        works_with.push(as_written(acme))
    reports(*edges)
    works_with.push(as_written(acme))
    assert works_with.known(acme.label) == as_written(acme)
    acme.changes(trunk_lines=2)
    with pytest.raises(NotInForce):
        works_with.push(as_written(acme))
    assert works_with.known_among([acme.label]) == {}
    follow(edges)
    reports(edges[0])
    with pytest.raises(NotInForce):
        works_with.push(as_written(acme))  # south has not said so yet
    EdgeNode.objects.filter(name="south").update(seen_at=clock.real_now() - DEAD_AFTER - timedelta(seconds=1))
    works_with.push(as_written(acme))  # it is dead, and will read what is true when it starts again
    assert works_with.holders_of([acme.label, "nobody"]) == {acme.label: as_written(acme).phone_system_id}


def test_a_deletion_is_proven_when_all_edges_have_said_so(edge_town: EdgeTown, edges: Edges) -> None:
    north, south = edges
    acme = customer(edge_town, edges)
    here, there = north.phone_of(acme, "20"), south.phone_of(acme, "21")
    assert [said(phone.call(OUTSIDE)) for phone in (here, there)] == [(200, "OK")] * 2
    id_, label = as_written(acme).phone_system_id, acme.label
    acme.is_deleted(date(2026, 6, 1), drain=False)
    follow(edges)
    works_with = edge()
    works_with.delete(label, phone_system_id=id_)
    reports(north)
    wait_for(lambda: len(here.ended) == 1)
    wait_for(lambda: has_forgotten(north, id_))
    assert len(there.ended) == 0
    assert not works_with.is_gone(label, phone_system_id=id_)
    wait_for(lambda: has_forgotten(south, id_))
    wait_for(lambda: len(there.ended) == 1)
    assert works_with.is_gone(label, phone_system_id=id_)
    outbox.drain()
    assert nothing_left(id_) == []


def test_what_a_killed_page_has_asked_is_forgotten_after_a_minute(edge_town: EdgeTown, edges: Edges) -> None:
    id_ = as_written(customer(edge_town, edges)).phone_system_id
    now = clock.real_now()
    for age in (timedelta(), ASKED_IN_VAIN + timedelta(seconds=1)):
        EdgeQuestion.objects.create(node="south", phone_system_id=id_, sip_users=[], asked_at=now - age)
    reports(edges[0])
    assert [question.asked_at for question in EdgeQuestion.objects.all()] == [now]
    EdgeQuestion.objects.all().delete()


def test_an_edge_that_is_away_reports_when_it_is_back(edge_town: EdgeTown, edges: Edges) -> None:
    north, _south = edges
    north.stops()
    with pytest.raises(EdgeAway, match="does not answer"):
        reports(north)
    assert not EdgeNode.objects.exists()
    north.starts()
    follow(edges)
    reports(north)
    assert EdgeNode.objects.get().name == "north"
