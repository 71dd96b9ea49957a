"""As many external calls at once as were bought, and not one more (rule 8.1)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"
BUSY = (486, "All Trunk Lines Busy")


def test_in_and_out_are_counted_together_and_the_next_one_is_told_why(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=2)
    phone = acme.phone("20")
    out = phone.call(OUTSIDE)
    inward = edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")
    assert (said(out), said(inward), acme.lines_in_use()) == ((200, "OK"), (200, "OK"), 2)
    refused = phone.call(OUTSIDE)
    assert said(refused) == BUSY
    assert refused.final["reason"] == 'Q.850;cause=34;text="All 2 trunk lines in use"'
    assert refused.final["retry-after"] == "10"
    assert said(edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")) == BUSY
    assert acme.lines_in_use() == 2
    out.hang_up()
    wait_for(lambda: acme.lines_in_use() == 1)
    again = phone.call(OUTSIDE)
    assert said(again) == (200, "OK")
    again.hang_up()
    inward.hang_up()


def test_calls_inside_are_free_while_all_lines_are_busy(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone, colleague = acme.phone("20"), acme.phone("21")
    out = phone.call(OUTSIDE)
    inside = colleague.call("20")
    assert (said(out), said(inside), acme.lines_in_use()) == ((200, "OK"), (200, "OK"), 1)
    out.hang_up()
    inside.hang_up()


def test_one_phone_system_does_not_use_up_the_lines_of_another(edge_town: EdgeTown) -> None:
    acme, zeta = edge_town.customer(lines=1), edge_town.customer(lines=1)
    first, second = acme.phone("20").call(OUTSIDE), zeta.phone("20").call(OUTSIDE)
    assert (said(first), said(second)) == ((200, "OK"), (200, "OK"))
    first.hang_up()
    second.hang_up()


def test_a_call_that_rings_holds_a_line_until_it_is_given_up(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone, colleague = acme.phone("20"), acme.phone("21")
    edge_town.carrier.answering = lambda _: None
    try:
        ringing = phone.ring(OUTSIDE)
        assert acme.lines_in_use() == 1
        assert said(colleague.call(OUTSIDE)) == BUSY
        assert said(ringing.cancel()) == (487, "Request Terminated")
        wait_for(lambda: acme.lines_in_use() == 0)
    finally:
        edge_town.carrier.answering = lambda _: (200, "OK")


def test_what_is_bought_is_admitted_and_what_is_given_up_is_not(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    calls = [phone.call(OUTSIDE)]
    assert said(phone.call(OUTSIDE)) == BUSY
    acme.changes(trunk_lines=3)
    edge_town.follows()
    calls += [phone.call(OUTSIDE), phone.call(OUTSIDE)]
    assert [said(call) for call in calls] == [(200, "OK")] * 3
    assert said(phone.call(OUTSIDE)) == BUSY
    acme.changes(trunk_lines=1)
    edge_town.follows()
    assert acme.lines_in_use() == 3  # nobody is cut off
    calls.pop().hang_up()
    wait_for(lambda: acme.lines_in_use() == 2)
    assert said(phone.call(OUTSIDE)) == BUSY
    for call in calls:
        call.hang_up()


def test_four_hundred_at_once_are_counted_exactly(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=10)
    phone = acme.phone("20")
    phone.patience = 30.0
    with ThreadPoolExecutor(400) as hands:
        for _ in range(5):
            calls = list(hands.map(lambda _: phone.call(OUTSIDE), range(400)))
            answered = [call for call in calls if call.status == 200]
            assert (len(answered), acme.lines_in_use()) == (10, 10)
            assert {said(call) for call in calls if call not in answered} == {BUSY}
            list(hands.map(lambda call: call.hang_up(), answered))
            wait_for(lambda: acme.lines_in_use() == 0)


@pytest.mark.full
def test_the_line_of_a_phone_that_vanished_comes_free(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=2)
    lost, kept = acme.phone("20"), acme.phone("21")
    assert said(lost.call(OUTSIDE)) == (200, "OK")
    going_on = kept.call(OUTSIDE)
    assert said(going_on) == (200, "OK")
    lost.vanish()
    wait_for(lambda: acme.lines_in_use() == 1, seconds=75)
    assert said(kept.call(OUTSIDE)) == (200, "OK")
    assert going_on.hang_up() == 200
