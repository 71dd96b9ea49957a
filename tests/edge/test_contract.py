"""The edge that carries calls keeps the contract of every edge, and forgets what is deleted."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import msgspec
import pytest

from switchroom.phonesystems.edges.contract import Live
from switchroom.phonesystems.edges.contract import Tenant as Told
from switchroom.phonesystems.edges.kamailio.control import EdgeAway
from switchroom.phonesystems.edges.kamailio.edge import KamailioEdge, NotInForce
from switchroom.phonesystems.operations import tenant_of
from tests.edge.conftest import EdgeTown, Tenant, wait_for
from tests.edge.test_registering import said
from tests.edge.test_ringing import group_of, number_rings

OUTSIDE = "+493012345678"


def as_written(tenant: Tenant) -> Told:
    phone_system = tenant.customer.phone_system
    assert phone_system is not None
    return tenant_of(phone_system)


def test_what_is_written_is_in_force_when_the_push_returns(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    edge = KamailioEdge()
    acme.changes(
        trunk_lines=2, number_limit=0, endpoint_limit=1, barring="outgoing", barred_on=date(2026, 6, 1)
    )
    edge.push(as_written(acme))
    known = edge.known(acme.label)
    assert known == as_written(acme)
    assert known is not None
    assert (known.trunk_lines, known.barring, [one.over for one in known.endpoints]) == (
        2,
        "outgoing",
        [False, True],
    )
    edge.push(msgspec.structs.replace(as_written(acme), revision=0))  # older, and done long ago


def test_who_rings_is_known_as_it_is_written(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=3, numbers=3)
    in_order = group_of(acme, "22", "20")
    group_of(acme, "20", "21", manner="all", extension="500")
    number_rings(acme, 0, group=in_order)
    number_rings(acme, 1, endpoint="21")
    edge = KamailioEdge()
    edge.push(as_written(acme))
    known = edge.known(acme.label)
    assert known == as_written(acme)
    assert known is not None
    assert [(one.extension, one.in_order, len(one.rings)) for one in known.groups] == [
        ("50", True, 2),
        ("500", False, 2),
    ]
    assert [(bool(one.endpoint), one.group) for one in known.numbers] == [
        (False, "50"),
        (True, ""),
        (False, ""),
    ]
    acme.changes(endpoint_limit=2)  # 22 has no turn any more
    edge.push(as_written(acme))
    assert edge.known(acme.label) == as_written(acme)


def test_a_push_that_is_not_in_force_is_to_be_repeated(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    told = as_written(acme)
    with pytest.raises(NotInForce, match=f"revision {told.revision + 1} of {acme.label}"):
        KamailioEdge().push(msgspec.structs.replace(told, revision=told.revision + 1))
    with pytest.raises(NotInForce):
        KamailioEdge().push(msgspec.structs.replace(told, phone_system_id=uuid4()))


def test_of_many_it_says_at_once_what_it_knows(edge_town: EdgeTown) -> None:
    acme, zeta = edge_town.customer(), edge_town.customer(numbers=2)
    edge = KamailioEdge()
    labels = [acme.label, zeta.label, "nobody"]
    assert edge.known_among(labels) == {one.label: as_written(one) for one in (acme, zeta)}
    assert edge.holders_of(labels) == {one.label: as_written(one).phone_system_id for one in (acme, zeta)}
    assert (edge.known("nobody"), edge.known_among([])) == (None, {})


def test_the_deleted_have_no_registration_no_call_and_no_name(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone, label, id_ = acme.phone("20"), acme.label, as_written(acme).phone_system_id
    call = phone.call(OUTSIDE)
    edge = KamailioEdge()
    assert not edge.is_gone(label, phone_system_id=id_)
    acme.is_deleted(date(2026, 6, 1), drain=False)
    edge_town.follows()
    assert not edge.is_gone(label, phone_system_id=id_)  # it still speaks
    its_own = [phone.user]
    assert edge.live(
        label, phone_system_id=id_, sip_users=its_own
    ).registrations  # a moment old: nowhere but in the edge's memory
    edge.delete(label, phone_system_id=id_, sip_users=its_own)
    wait_for(lambda: edge.is_gone(label, phone_system_id=id_, sip_users=its_own))
    wait_for(lambda: len(phone.ended) == 1)
    assert call.status == 200
    assert edge.known(label) is None
    assert edge.live(label, phone_system_id=id_, sip_users=its_own) == Live(0, {})
    edge.delete(label, phone_system_id=id_, sip_users=its_own)


def test_the_next_holder_of_a_label_is_left_alone(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20")
    call = phone.call(OUTSIDE)
    edge, former = KamailioEdge(), uuid4()
    edge.delete(acme.label, phone_system_id=former)
    assert edge.is_gone(acme.label, phone_system_id=former)
    assert edge.known(acme.label) == as_written(acme)
    assert call.hang_up() == 200


def test_the_journeys_reach_the_edge_by_themselves(edge_town: EdgeTown) -> None:
    customer = edge_town.town.customer("Erik").grows_to(one=1, extra_trunk_line=1)
    erik = Tenant(edge_town, customer)
    customer.sets_up(endpoints=0, numbers=1)
    erik.adds_endpoint("20")
    edge_town.follows()
    phone = erik.phone("20")
    lines = as_written(erik).trunk_lines
    calls = [phone.call(OUTSIDE) for _ in range(lines)]
    assert said(phone.call(OUTSIDE)) == (486, "All Trunk Lines Busy")
    customer.adds(extra_trunk_line=2)  # the push is a part of it
    assert customer.refused == ""
    calls += [phone.call(OUTSIDE), phone.call(OUTSIDE)]
    assert [said(call) for call in calls] == [(200, "OK")] * (lines + 2)
    assert said(phone.call(OUTSIDE)) == (486, "All Trunk Lines Busy")
    for call in calls:
        call.hang_up()
    phone_system = customer.phone_system
    assert phone_system is not None
    assert phone_system.revision == phone_system.edge_revision


def test_an_edge_that_does_not_run_is_said_to_be_away(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    edge_town.stops()
    try:
        with pytest.raises(EdgeAway, match="does not answer"):
            KamailioEdge().push(as_written(acme))
    finally:
        edge_town.starts()
