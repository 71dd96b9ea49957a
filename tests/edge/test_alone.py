"""The edge goes on with what it knows: without the portal's database, and over a restart of its own (rule
8.4).
"""

from __future__ import annotations

import os
import signal

from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.test_registering import said

OUTSIDE = "+493012345678"


def test_calls_that_run_over_a_restart_keep_their_lines(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    call = phone.call(OUTSIDE)
    assert said(call) == (200, "OK")
    edge_town.restarts()
    assert acme.lines_in_use() == 1
    assert said(phone.call(OUTSIDE)) == (486, "All Trunk Lines Busy")
    assert call.hang_up() == 200
    wait_for(lambda: acme.lines_in_use() == 0, seconds=2)
    inward = edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")  # who was registered still is
    assert said(inward) == (200, "OK")
    inward.hang_up()


def test_an_edge_that_is_killed_is_there_again(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    before = str(edge_town.ask("core.psx"))
    os.kill(edge_town.supervisor.pid, signal.SIGKILL)
    wait_for(lambda: edge_town.is_up() and str(edge_town.ask("core.psx")) != before, seconds=15)
    edge_town.follows()
    assert phone.register().status == 200
    call = phone.call(OUTSIDE)
    assert said(call) == (200, "OK")
    call.hang_up()
