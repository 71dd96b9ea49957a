"""One call after the other, timed from socket to socket.

Carrier and phone are two sockets of this process. What is timed is the way of the INVITE through the edge:
from before it is sent until the phone has it, and until the carrier has the answer.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from bench._edge_place import SECRET, Party
from bench._edge_running import Edge, NotMeasured
from tests.edge.messages import Message, read, token, uri_in
from tests.edge.phone import SDP, Phone

PATIENCE_SECONDS = 5.0


class Taken(NamedTuple):
    """Seconds that a call took to reach the phone, and to be answered."""

    to_phone: float
    to_answer: float


class Line:
    """A carrier and the phone of a party that it calls."""

    def __init__(self, edge: Edge, party: Party) -> None:
        self._edge = edge.address
        self._number = party.number
        self._carrier = _socket("127.0.0.2")
        self._phone = _socket("127.0.0.1")
        register(edge, party, at="{}:{}".format(*self._phone.getsockname()))

    def call(self) -> Taken:
        """This function will call, answer and hang up. Raises NotMeasured when something is not answered."""
        me = "{}:{}".format(*self._carrier.getsockname())
        uri = f"sip:{self._number}@{self._edge[0]}:{self._edge[1]}"
        headers = [
            ("from", f"<sip:+498912345678@carrier.example.net>;tag={token()}"),
            ("call-id", token()),
            ("contact", f"<sip:carrier@{me}>"),
            ("max-forwards", "70"),
        ]
        invite = self._request("INVITE", uri, [*headers, ("to", f"<{uri}>")], 1, SDP).text()
        began = perf_counter()
        self._carrier.sendto(invite, self._edge)
        received, source = self._phone.recvfrom(65_535)
        reached = perf_counter()
        self._answer(read(received), source, SDP)
        answer = self._final()
        answered = perf_counter()
        routes = [("route", route) for route in reversed(answer.all("record-route"))]
        within = [*headers, ("to", answer["to"]), *routes]
        target = uri_in(answer["contact"])
        self._carrier.sendto(self._request("ACK", target, within, 1).text(), self._edge)
        self._expect("ACK")
        self._carrier.sendto(self._request("BYE", target, within, 2).text(), self._edge)
        self._answer(*self._expect("BYE"))
        self._final()
        return Taken(reached - began, answered - began)

    def close(self) -> None:
        """This function will give both sockets back."""
        self._carrier.close()
        self._phone.close()

    def _request(
        self, method: str, uri: str, headers: list[tuple[str, str]], number: int, body: str = ""
    ) -> Message:
        host, port = self._carrier.getsockname()
        own = [
            ("via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{token()}"),
            ("cseq", f"{number} {method}"),
        ]
        kind = [("content-type", "application/sdp")] if body else []
        return Message(f"{method} {uri} SIP/2.0", [*own, *headers, *kind], body)

    def _expect(self, method: str) -> tuple[Message, tuple[str, int]]:
        data, source = self._phone.recvfrom(65_535)
        message = read(data)
        if message.method != method:
            raise NotMeasured(f"The phone got {message.first} where {method} should have come.")
        return message, source

    def _answer(self, request: Message, source: tuple[str, int], body: str = "") -> None:
        kept = [h for h in request.headers if h[0] in ("via", "record-route", "from", "call-id", "cseq")]
        to = request["to"] if "tag=" in request["to"] else f"{request['to']};tag={token()}"
        own = [("to", to), ("contact", "<sip:phone@{}:{}>".format(*self._phone.getsockname()))]
        kind = [("content-type", "application/sdp")] if body else []
        answer = Message("SIP/2.0 200 OK", [*kept, *own, *kind], body)
        self._phone.sendto(answer.text(), source)

    def _final(self) -> Message:
        while True:
            message = read(self._carrier.recv(65_535))
            if not message.is_response:
                continue  # the edge asks a carrier's address whether it is there
            if message.status == 200:
                return message
            if message.status > 200:
                raise NotMeasured(f"A call that is timed was answered: {message.first}.")


def register(edge: Edge, party: Party, *, at: str) -> None:
    """This function will register the first endpoint of a party, to be reached at an address."""
    phone = Phone(edge.address, party.domain, party.user, SECRET)
    try:
        answer = phone.register({"contact": f"<sip:{party.user}@{at}>"}, expires=3600)
    finally:
        phone.vanish()
    if answer.status != 200:
        raise NotMeasured(f"{party.user} of {party.domain} cannot register: {answer.first}")


def while_it_happens(line: Line, happens: Callable[[], object]) -> tuple[float, list[Taken]]:
    """This function will call one call after the other while something happens, and give the seconds that it
    took, and the calls.
    """
    took: list[float] = []

    def timed() -> None:
        began = perf_counter()
        happens()
        took.append(perf_counter() - began)

    happening = threading.Thread(target=timed)
    happening.start()
    calls = []
    while happening.is_alive():
        calls.append(line.call())
    happening.join()
    if not took:
        raise NotMeasured("What was to happen meanwhile did not succeed.")
    return took[0], calls


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.settimeout(PATIENCE_SECONDS)
    return made
