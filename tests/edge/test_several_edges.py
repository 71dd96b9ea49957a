"""Several edges: whoever calls over all of them has its trunk lines once, not at each (rule 8.1)."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.phone import Call, Phone
from tests.edge.several import Edge, Redis, customer, follow, two_edges
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"
BUSY = (486, "All Trunk Lines Busy")
TRIES = 30


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed: sudo apt install redis-server")
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.starts()
    yield server
    server.ends()


@pytest.fixture(scope="module")
def edges(edge_town: EdgeTown, redis: Redis) -> Iterator[tuple[Edge, Edge]]:
    with two_edges(edge_town, redis=redis.url) as both:
        yield both


def at_once(*phones: Phone) -> list[Call]:
    """All call out in the same moment."""
    start = threading.Barrier(len(phones))

    def call(phone: Phone) -> Call:
        start.wait()
        return phone.call(OUTSIDE)

    with ThreadPoolExecutor(len(phones)) as hands:
        return list(hands.map(call, phones))


def test_of_two_that_want_the_last_line_exactly_one_has_it(
    edge_town: EdgeTown, edges: tuple[Edge, Edge]
) -> None:
    acme = customer(edge_town, edges, lines=1)
    phones = [edge.phone_of(acme, extension) for edge, extension in zip(edges, ("20", "21"), strict=True)]
    for _ in range(TRIES):
        calls = at_once(*phones)
        assert sorted(said(call) for call in calls) == [(200, "OK"), BUSY]
        (admitted,) = [call for call in calls if call.status == 200]
        assert admitted.hang_up() == 200
        wait_for(lambda: free_again(phones))


def test_lines_are_counted_over_both_whoever_calls_whom(
    edge_town: EdgeTown, edges: tuple[Edge, Edge]
) -> None:
    north, south = edges
    acme = customer(edge_town, edges, lines=2)
    first, second = north.phone_of(acme, "20"), south.phone_of(acme, "21")
    edge_town.carrier.edge = south.address
    inward = edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")
    edge_town.carrier.edge = ("127.0.0.1", edge_town.port)
    out = first.call(OUTSIDE)
    assert [said(call) for call in (inward, out)] == [(200, "OK")] * 2
    refused = second.call(OUTSIDE)
    assert said(refused) == BUSY
    assert refused.final["reason"] == 'Q.850;cause=34;text="All 2 trunk lines in use"'
    for_help = first.call("112")
    assert said(for_help) == (200, "OK")
    inward.hang_up()
    wait_for(lambda: not free_again([second]), seconds=5)  # the call for help is counted, a second later
    for_help.hang_up()
    again = second.call(OUTSIDE)
    assert said(again) == (200, "OK")
    for call in (again, out):
        call.hang_up()


def test_a_call_that_is_given_up_leaves_its_line_to_the_other_edge(
    edge_town: EdgeTown, edges: tuple[Edge, Edge]
) -> None:
    acme = customer(edge_town, edges, lines=1)
    phones = [edge.phone_of(acme, extension) for edge, extension in zip(edges, ("20", "21"), strict=True)]
    edge_town.carrier.answering = lambda _: None
    try:
        ringing = phones[0].ring(OUTSIDE)
        assert said(phones[1].call(OUTSIDE)) == BUSY
        assert said(ringing.cancel()) == (487, "Request Terminated")
    finally:
        edge_town.carrier.answering = lambda _: (200, "OK")
    wait_for(lambda: free_again(phones))


def test_the_lines_of_an_edge_that_is_killed_are_free_within_seconds(
    edge_town: EdgeTown, edges: tuple[Edge, Edge]
) -> None:
    north, south = edges
    acme = customer(edge_town, edges, lines=2)
    lost, kept = north.phone_of(acme, "20"), south.phone_of(acme, "21")
    held = [lost.call(OUTSIDE), lost.call(OUTSIDE)]
    assert [said(call) for call in held] == [(200, "OK")] * 2
    assert said(kept.call(OUTSIDE)) == BUSY
    north.is_killed()
    assert said(kept.call(OUTSIDE)) == BUSY
    try:
        wait_for(lambda: free_again([kept]), seconds=20)
    finally:
        north.starts()
        follow(edges)


def test_while_redis_is_away_each_edge_counts_for_itself(
    edge_town: EdgeTown, edges: tuple[Edge, Edge], redis: Redis
) -> None:
    acme = customer(edge_town, edges, lines=1)
    phones = [edge.phone_of(acme, extension) for edge, extension in zip(edges, ("20", "21"), strict=True)]
    redis.ends()
    try:
        calls = [phone.call(OUTSIDE) for phone in phones]
        assert [said(call) for call in calls] == [(200, "OK")] * 2
        assert [said(phone.call(OUTSIDE)) for phone in phones] == [BUSY] * 2
        for edge in edges:  # it starts all the same
            edge.stops()
            edge.starts()
        follow(edges)
        assert [said(phone.call(OUTSIDE)) for phone in phones] == [BUSY] * 2
    finally:
        redis.starts()
    for call in calls:
        call.hang_up()
    wait_for(lambda: said_of_last_line(phones) == [(200, "OK"), BUSY], seconds=20)


def test_a_redis_that_hangs_delays_no_call_for_long(
    edge_town: EdgeTown, edges: tuple[Edge, Edge], redis: Redis
) -> None:
    acme = customer(edge_town, edges, lines=1)
    phone = edges[0].phone_of(acme, "20")
    phone.patience = 2.0
    redis.hangs()
    try:
        call = phone.call(OUTSIDE)
        assert said(call) == (200, "OK")
        for _ in range(5):
            assert said(phone.call(OUTSIDE)) == BUSY
        assert said(phone.call("112")) == (200, "OK")
        assert call.hang_up() == 200
    finally:
        redis.goes_on()


def said_of_last_line(phones: list[Phone]) -> list[tuple[int, str]]:
    """What all hear that call one after the other while the first holds the line."""
    calls = [phone.call(OUTSIDE) for phone in phones]
    for call in calls:
        if call.status == 200:
            call.hang_up()
    return [said(call) for call in calls]


def free_again(phones: list[Phone]) -> bool:
    """Whether a call from each comes through, one after the other."""
    for phone in phones:
        call = phone.call(OUTSIDE)
        if call.status != 200:
            return False
        call.hang_up()
    return True
