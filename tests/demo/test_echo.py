"""The town's carrier: one number answers and sends the voice back, all others do not exist."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from switchroom.demo.echo import NUMBER, echo_carrier

PATIENCE_SECONDS = 5.0
OFFER = "v=0\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 111 8 0\r\n"


class Caller:
    """Somebody who sends requests to the carrier and reads its answers."""

    def __init__(self, carrier: str) -> None:
        host, _, port = carrier.partition(":")
        self.carrier = (host, int(port))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE_SECONDS)

    def asks(self, method: str, number: str = NUMBER, *, call: str = "one", body: str = "") -> str:
        lines = [
            f"{method} sip:{number}@{self.carrier[0]} SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx",
            "Record-Route: <sip:127.0.0.1;lr>",
            "f: <sip:20@example.com>;tag=a",
            f"To: <sip:{number}@example.com>",
            f"Call-ID: {call}",
            f"CSeq: 1 {method}",
        ]
        self.socket.sendto("\r\n".join([*lines, "", body]).encode(), self.carrier)
        return self.socket.recv(65_535).decode()


@pytest.fixture
def caller() -> Iterator[Caller]:
    with echo_carrier(["110", "112"]) as carrier:
        one = Caller(carrier.address)
        with one.socket:
            yield one


def test_the_number_answers_and_sends_back_what_it_hears(caller: Caller) -> None:
    said = caller.asks("INVITE", body=OFFER)
    assert said.startswith("SIP/2.0 200 OK\r\n")
    assert "record-route: <sip:127.0.0.1;lr>\r\n" in said
    voice = re.search(r"c=IN IP4 (\S+).*m=audio (\d+) RTP/AVP 8\r\n", said, re.DOTALL)
    assert voice is not None
    caller.socket.sendto(b"hallo", (voice[1], int(voice[2])))
    assert caller.socket.recv(100) == b"hallo"
    assert caller.asks("INVITE", body=OFFER) == said  # sent once more, it is the same call
    assert caller.asks("BYE").startswith("SIP/2.0 200 OK")


@pytest.mark.parametrize(
    ("method", "number", "body", "first"),
    [
        ("INVITE", "112", OFFER, "SIP/2.0 200 OK"),
        ("INVITE", "115", OFFER, "SIP/2.0 404 Not Found"),
        ("INVITE", NUMBER, OFFER.replace(" 8 0", ""), "SIP/2.0 488 Not Acceptable Here"),
        ("INVITE", NUMBER, "", "SIP/2.0 488 Not Acceptable Here"),
        ("OPTIONS", "ping", "", "SIP/2.0 200 OK"),
    ],
)
def test_what_it_answers_otherwise(caller: Caller, method: str, number: str, body: str, first: str) -> None:
    assert caller.asks(method, number, body=body).split("\r\n")[0] == first
