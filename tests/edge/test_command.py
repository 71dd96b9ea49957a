"""``switchroom edge check`` and ``status`` say in words what is missing, and how the edge is."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from switchroom.config.installation import Installation
from switchroom.jobs.edge import main
from switchroom.phonesystems.edges.kamailio import check, configuration
from switchroom.phonesystems.edges.kamailio.check import what_is_missing
from tests.edge.conftest import EdgeTown, free_port


def changed(edge_town: EdgeTown, **changes: object) -> Installation:
    return edge_town.installation.model_copy(update=changes)


def test_a_running_edge_lacks_nothing_and_says_how_it_is(
    edge_town: EdgeTown, capsys: pytest.CaptureFixture[str]
) -> None:
    edge_town.customer().phone("20")
    assert main(["check"]) == 0
    assert main(["status"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Everything is there."
    assert said[1].startswith("edge-1 runs since ")
    assert said[2].endswith(" endpoints are registered.")
    assert int(said[2].split()[0]) >= 1
    assert said[3].endswith(" calls run.")


def test_a_second_edge_of_the_same_name_is_not_started(
    edge_town: EdgeTown, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 1
    assert capsys.readouterr().out == "The edge edge-1 runs already.\n"


def test_what_is_missing_is_said_in_words(
    edge_town: EdgeTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"edge_node": "another", "edge_carriers": edge_town.installation.edge_carriers}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"udp:127.0.0.1:{taken.getsockname()[1]}"
        assert what_is_missing(changed(edge_town, **other, edge_listen=[address])) == [
            f"{address} cannot be listened on: Address already in use."
        ]
    free = other | {"edge_listen": []}
    assert what_is_missing(changed(edge_town, **free)) == []
    (no_carrier,) = what_is_missing(changed(edge_town, **(free | {"edge_carriers": []})))
    assert no_carrier.startswith("No carrier is set (SWITCHROOM_EDGE_CARRIERS)")
    long = tmp_path / ("x" * 100)
    sentences = what_is_missing(changed(edge_town, **free, data_dir=long))
    assert any("too long for a socket" in sentence for sentence in sentences)
    away = changed(edge_town, **free, data_dir=tmp_path, edge_database_url="", database_url="")
    (unreadable,) = what_is_missing(away)
    assert unreadable.startswith("The portal's database cannot be read: ")
    (no_relay,) = what_is_missing(changed(edge_town, **free, edge_media_relay=f"127.0.0.1:{free_port()}"))
    assert no_relay.startswith("The media relay does not answer at 127.0.0.1:")
    no_file = what_is_missing(changed(edge_town, **free, edge_tls_key=str(tmp_path / "none.key")))
    assert no_file == [f"{tmp_path / 'none.key'} cannot be read; the edge needs it for TLS."]
    monkeypatch.setattr(check, "program", lambda: None)
    assert what_is_missing(changed(edge_town, **free)) == [
        "Kamailio is not installed. Run: sudo apt install kamailio kamailio-sqlite-modules"
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"country": "AQ"}, "Numbers are dialled in 'AQ'|Nothing is known"),
        ({"sip_domain": 'a"b'}, "must not hold a quotation mark"),
        ({"edge_database_url": "postgresql://edge:a@b@localhost/x"}, "password"),
        ({"edge_database_url": "postgresql:///x"}, "names no host"),
        ({"edge_listen": ["tls:127.0.0.1:5061"]}, "asks for TLS"),
        ({"edge_listen": ["ws:127.0.0.1:5066"], "edge_media_relay": ""}, "need a relay"),
    ],
)
def test_settings_that_no_edge_can_have_are_refused(
    edge_town: EdgeTown, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(configuration.CannotBeWritten, match=sentence):
        configuration.check(changed(edge_town, **changes), edge_town.home)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://portal.example.com/", "https://portal.example.com"),
        ("https://Portal.example.com:443/phones", "https://portal.example.com"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_written_as_browsers_do(url: str, origin: str) -> None:
    assert configuration.origin_of(url) == origin
