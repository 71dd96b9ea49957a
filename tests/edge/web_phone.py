"""A browser's way in, walked by hand: the handshake of a WebSocket (RFC 6455), and what is asked by it."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import struct

from switchroom.phonesystems.browsers import BrowserLogin
from tests.edge.messages import Message, authorization, read, token
from tests.edge.phone import SDP

PATIENCE_SECONDS = 5.0
PROOFS = {401: "authorization", 407: "proxy-authorization"}


class WebSocket:
    """A connection to the edge that comes from a page of ``origin``, over TLS where it is told whom to trust;
    ``status`` is how it was answered.
    """

    def __init__(self, port: int, origin: str | None, *, tls: ssl.SSLContext | None = None) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        if tls is not None:
            self._connection = tls.wrap_socket(self._connection, server_hostname="127.0.0.1")
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET / HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: sip",
            *([f"Origin: {origin}"] if origin is not None else []),
        ]
        self._connection.sendall("\r\n".join([*lines, "", ""]).encode())
        self._heard = b""
        while b"\r\n\r\n" not in self._heard:
            self._heard += self._more()
        head, _, self._heard = self._heard.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ")[1])

    def registers(self, login: BrowserLogin) -> tuple[int, str]:
        """This function will sign in and return the status and the words of the final answer."""
        return self._asks("REGISTER", login, login.user, f"sip:{login.domain}")

    def calls(self, login: BrowserLogin, number: str) -> tuple[int, str]:
        """This function will call and return the status and the words of the final answer."""
        return self._asks("INVITE", login, number, f"sip:{number}@{login.domain}")

    def _asks(self, method: str, login: BrowserLogin, to: str, uri: str) -> tuple[int, str]:
        call_id = token()
        answer, proof = None, ""
        for cseq in (1, 2):
            request = _request(method, login, to, uri, call_id, cseq)
            if answer is not None:
                request.headers.append((proof, _proof(answer, request, login)))
            self._send(request.text())
            answer = self._receive()
            while answer.status < 200:
                answer = self._receive()
            if answer.status not in PROOFS:
                break
            proof = PROOFS[answer.status]
        assert answer is not None
        return answer.status, answer.reason

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _send(self, text: bytes) -> None:
        """One frame of text, masked as a client must."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(text))
        self._connection.sendall(struct.pack("!BBH", 0x81, 0x80 | 126, len(text)) + mask + masked)

    def _receive(self) -> Message:
        first, length = self._take(2)
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        frame = self._take(length)
        return read(frame) if first & 0x0F == 1 else self._receive()

    def _take(self, count: int) -> bytes:
        while len(self._heard) < count:
            self._heard += self._more()
        taken, self._heard = self._heard[:count], self._heard[count:]
        return taken

    def _more(self) -> bytes:
        data = self._connection.recv(65_535)
        assert data, "the edge has closed the connection"
        return data


def _request(method: str, login: BrowserLogin, to: str, uri: str, call_id: str, cseq: int) -> Message:
    headers = [
        ("via", f"SIP/2.0/WS {call_id}.invalid;branch=z9hG4bK{token()}"),
        ("from", f"<sip:{login.user}@{login.domain}>;tag={token()}"),
        ("to", f"<sip:{to}@{login.domain}>"),
        ("call-id", call_id),
        ("cseq", f"{cseq} {method}"),
        ("contact", f"<sip:{login.user}@{call_id}.invalid;transport=ws>"),
        ("max-forwards", "70"),
        ("expires", "120"),
    ]
    if method == "REGISTER":
        return Message(f"{method} {uri} SIP/2.0", headers)
    return Message(f"{method} {uri} SIP/2.0", [*headers, ("content-type", "application/sdp")], SDP)


def _proof(challenged: Message, request: Message, login: BrowserLogin) -> str:
    challenge = challenged["www-authenticate"] or challenged["proxy-authenticate"]
    return authorization(
        challenge, method=request.method, uri=request.uri, user=login.login, secret=login.secret
    )
