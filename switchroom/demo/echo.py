"""The town's carrier: behind it is one number, and who calls that hears himself.

So does who calls for help: nobody comes here, but one hears that it goes through.

It speaks just enough SIP for that (RFC 3261, over UDP) and sends every packet of voice back to where it came
from (RFC 3550, PCMU or PCMA). One thread does it all.
"""

from __future__ import annotations

import re
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NUMBER = "+493023125999"
"""Of those that the regulator keeps for invented people, so it is nobody's."""
ADDRESS = "127.0.0.2"
"""Not that of the phones: whoever comes from a carrier's address needs no login."""
CODECS = ("0", "8")  # PCMU, PCMA
SILENCE_SECONDS = 60.0
LOOK_SECONDS = 0.2
LARGEST = 65_535

_KEPT = ("via", "record-route", "from", "call-id", "cseq")
_SHORT = {"v": "via", "f": "from", "t": "to", "i": "call-id"}


@dataclass(frozen=True)
class _Request:
    method: str
    uri: str
    headers: list[tuple[str, str]]
    body: str

    @classmethod
    def read(cls, message: str) -> _Request | None:
        """None for what is no request, such as an answer."""
        head, _, body = message.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or words[2] != "SIP/2.0":
            return None
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            key = name.strip().lower()
            headers.append((_SHORT.get(key, key), value.strip()))
        return cls(words[0], words[1], headers, body)

    def __getitem__(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def answer(self, status: str, *, tag: str, contact: str, body: str = "") -> bytes:
        to = self["to"] if "tag=" in self["to"] else f"{self['to']};tag={tag}"
        kept = [(name, value) for name, value in self.headers if name in _KEPT]
        more = [("to", to), ("contact", f"<sip:{contact}>")]
        if body:
            more.append(("content-type", "application/sdp"))
        lines = [f"SIP/2.0 {status}", *(f"{name}: {value}" for name, value in [*kept, *more])]
        return "\r\n".join([*lines, f"content-length: {len(body)}", "", body]).encode()


@dataclass
class _Call:
    voice: socket.socket
    answer: bytes
    heard_at: float


class EchoCarrier:
    """Answers calls to ``NUMBER`` and for help until ``stop``. ``address`` is where it takes them
    (HOST:PORT); ``format`` and ``prefix`` say how it wants numbers written, as of any carrier.
    """

    format = "plus"
    prefix = ""

    def __init__(self, emergency_numbers: Collection[str] = ()) -> None:
        self._answers = {f"sip:{number}" for number in (NUMBER, *emergency_numbers)}
        self._signals = _listening_socket()
        self.address = "{}:{}".format(*self._signals.getsockname())
        self._calls: dict[str, _Call] = {}
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._signals, selectors.EVENT_READ, self._take)
        self._is_open = True

    def work(self) -> None:
        """This function will take calls until ``stop`` is called."""
        while self._is_open:
            for key, _ in self._ready.select(LOOK_SECONDS):
                act: Callable[[], None] = key.data
                act()
            now = time.monotonic()
            for call_id in [
                one for one, call in self._calls.items() if now - call.heard_at > SILENCE_SECONDS
            ]:
                self._end(call_id)
        for call_id in list(self._calls):
            self._end(call_id)
        self._ready.close()
        self._signals.close()

    def stop(self) -> None:
        """This function will have ``work`` end all calls and return."""
        self._is_open = False

    def _take(self) -> None:
        message, source = self._signals.recvfrom(LARGEST)
        request = _Request.read(message.decode(errors="replace"))
        if request is None or request.method == "ACK":
            return
        self._signals.sendto(self._answer_to(request), source)

    def _answer_to(self, request: _Request) -> bytes:
        tag = secrets.token_hex(4)
        if request.method == "INVITE":
            return self._invited(request, tag)
        if request.method in ("BYE", "CANCEL"):
            self._end(request["call-id"])
        return request.answer("200 OK", tag=tag, contact=self.address)

    def _invited(self, request: _Request, tag: str) -> bytes:
        known = self._calls.get(request["call-id"])
        if known is not None and "tag=" not in request["to"]:
            return known.answer  # it was sent once more because our answer was late
        if request.uri.partition("@")[0] not in self._answers:
            return request.answer("404 Not Found", tag=tag, contact=self.address)
        codec = _codec_of(request.body)
        if codec is None:
            return request.answer("488 Not Acceptable Here", tag=tag, contact=self.address)
        if known is None:
            known = self._begin(request["call-id"])
        port = known.voice.getsockname()[1]
        known.answer = request.answer("200 OK", tag=tag, contact=self.address, body=_description(port, codec))
        return known.answer

    def _begin(self, call_id: str) -> _Call:
        voice = _listening_socket()
        call = self._calls[call_id] = _Call(voice, b"", time.monotonic())

        def send_back() -> None:
            packet, source = voice.recvfrom(LARGEST)
            call.heard_at = time.monotonic()
            voice.sendto(packet, source)

        self._ready.register(voice, selectors.EVENT_READ, send_back)
        return call

    def _end(self, call_id: str) -> None:
        call = self._calls.pop(call_id, None)
        if call is not None:
            self._ready.unregister(call.voice)
            call.voice.close()


@contextmanager
def echo_carrier(emergency_numbers: Collection[str] = ()) -> Iterator[EchoCarrier]:
    """This function will have the carrier work while the block runs. Raises OSError where its address is not
    there.
    """
    carrier = EchoCarrier(emergency_numbers)
    working = threading.Thread(target=carrier.work, name="echo", daemon=True)
    working.start()
    try:
        yield carrier
    finally:
        carrier.stop()
        working.join()


def _listening_socket() -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listening.bind((ADDRESS, 0))
    except OSError:
        listening.close()
        raise
    return listening


def _codec_of(offer: str) -> str | None:
    offered = re.search(r"^m=audio [0-9]+ \S+ ([0-9 ]+)", offer, re.MULTILINE)
    return next((codec for codec in offered[1].split() if codec in CODECS), None) if offered else None


def _description(port: int, codec: str) -> str:
    name = {"0": "PCMU", "8": "PCMA"}[codec]
    lines = (
        "v=0",
        f"o=- {port} 1 IN IP4 {ADDRESS}",
        "s=-",
        f"c=IN IP4 {ADDRESS}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {codec}",
        f"a=rtpmap:{codec} {name}/8000",
        "a=sendrecv",
    )
    return "".join(f"{line}\r\n" for line in lines)
