"""The town's telephone edge runs where it can, and says in one line how phones reach it."""

from __future__ import annotations

from django.conf import settings

from switchroom.demo.telephones import telephones
from switchroom.phonesystems.edges.kamailio.check import is_running
from tests.edge.conftest import EdgeTown, free_port
from tests.installations import settings_with


def test_it_runs_where_it_can(edge_town: EdgeTown) -> None:
    port = free_port()
    own = {"edge_node": "town", "edge_listen": [f"udp:127.0.0.1:{port}"], "edge_carriers": []}
    with settings_with(**own):
        with telephones() as said:
            assert said == (
                f"Phones register at NAME.phones.example.com by way of 127.0.0.1:{port}; calls inside work."
            )
            assert is_running(settings.INSTALLATION)
        assert not is_running(settings.INSTALLATION)
