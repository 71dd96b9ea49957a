"""The town's telephone edge runs where it can, and says in one line how phones reach it."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import override_settings

from switchroom.demo import telephones as of_town
from switchroom.demo.echo import NUMBER
from switchroom.demo.telephones import telephones
from switchroom.phonesystems.edges.kamailio import relay
from switchroom.phonesystems.edges.kamailio.check import is_running
from tests.edge.conftest import EdgeTown, free_port
from tests.installations import settings_with

PORTAL = "http://localhost:8765"


def test_it_runs_where_it_can(edge_town: EdgeTown) -> None:
    port = free_port()
    with settings_with(**of_its_own(port)):
        with telephones() as said:
            assert said == (
                f"Phones register at NAME.phones.example.com by way of 127.0.0.1:{port}; calls inside work."
            )
            assert is_running(settings.INSTALLATION)
        assert not is_running(settings.INSTALLATION)


@pytest.mark.skipif(
    relay.program() is None, reason="rtpengine is not installed: sudo apt install rtpengine-daemon"
)
def test_browsers_call_where_nobody_has_decided_otherwise(
    edge_town: EdgeTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    for_browsers = f"127.0.0.1:{free_port()}"
    monkeypatch.setattr(of_town, "FOR_BROWSERS", for_browsers)
    undecided = settings.INSTALLATION.model_copy(update=of_its_own(free_port()))
    undecided.model_fields_set.discard("edge_listen")
    with override_settings(INSTALLATION=undecided), telephones(portal=PORTAL) as said:
        assert said.endswith("“Try a call” on the page of a phone system.")
        own = settings.INSTALLATION
        assert is_running(own)
        assert own.edge_listen[1:] == [f"ws:{for_browsers}"]
        assert (own.base_url, own.softphone_url) == (PORTAL, f"ws://{for_browsers}")
        assert (own.softphone_echo, len(own.edge_carriers)) == (NUMBER, 1)
        assert relay.answers(own.edge_media_relay)
    assert not relay.answers(own.edge_media_relay)


def of_its_own(port: int) -> dict[str, object]:
    """What makes an edge another than the one that runs for all tests."""
    return {
        "edge_node": "town",
        "edge_listen": [f"udp:127.0.0.1:{port}"],
        "edge_carriers": [],
        "edge_media_relay": "",
        "softphone_url": "",
    }
