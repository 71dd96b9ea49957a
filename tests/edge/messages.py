"""SIP messages as the phones of the tests write and read them (RFC 3261)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}


@dataclass
class Message:
    """A request or a response: its first line, its headers in order (names in lower case) and its body."""

    first: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @property
    def method(self) -> str:
        """The method of a request, or that of the request a response answers."""
        return self.first.split(" ")[0] if not self.is_response else self["cseq"].split()[1]

    @property
    def is_response(self) -> bool:
        return self.first.startswith("SIP/2.0 ")

    @property
    def status(self) -> int:
        return int(self.first.split(" ")[1])

    @property
    def reason(self) -> str:
        """The words of a response."""
        return self.first.split(" ", 2)[2]

    @property
    def uri(self) -> str:
        return self.first.split(" ")[1]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def __getitem__(self, name: str) -> str:
        found = self.all(name)
        return found[0] if found else ""

    def text(self) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        return ("\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]) + self.body).encode()


def read(data: bytes) -> Message:
    """This function will read a message; raises ``ValueError`` for what is none."""
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"no header: {line!r}")
        key = name.strip().lower()
        key = COMPACT.get(key, key)
        if key != "content-length":
            headers.append((key, value.strip()))
    return Message(first, headers, body)


def uri_in(header: str) -> str:
    """This function will return the URI of a From, To, Contact or Route header."""
    match = re.search(r"<([^>]+)>", header)
    return match[1] if match else header.split(";")[0].strip()


def user_in(header: str) -> str:
    """This function will return the user part of such a header's URI."""
    match = re.match(r"sips?:([^@]+)@", uri_in(header))
    return match[1] if match else ""


def branch_of(message: Message) -> str:
    """This function will return what names the transaction that a message belongs to."""
    match = re.search(r"branch=([^;,\s]+)", message["via"])
    return match[1] if match else ""


def authorization(challenge: str, *, method: str, uri: str, user: str, secret: str) -> str:
    """This function will answer a digest challenge (RFC 2617, MD5)."""
    parts = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))

    def md5(*words: str) -> str:
        return hashlib.md5(":".join(words).encode(), usedforsecurity=False).hexdigest()

    ha1, ha2 = md5(user, parts["realm"], secret), md5(method, uri)
    given = {
        "username": user,
        "realm": parts["realm"],
        "nonce": parts["nonce"],
        "uri": uri,
        "response": md5(ha1, parts["nonce"], ha2),
    }
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in given.items()) + ", algorithm=MD5"


def token() -> str:
    """This function will return a text that nothing else has."""
    return secrets.token_hex(8)
