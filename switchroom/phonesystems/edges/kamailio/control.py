"""Speaks to a running edge: JSON-RPC over its unix datagram socket (Kamailio's ``jsonrpcs`` module)."""

from __future__ import annotations

import itertools
import secrets
import socket
from pathlib import Path
from typing import Any

import msgspec

LONGEST_ANSWER = 1 << 20
ANSWER_SECONDS = 2.0

_numbers = itertools.count(1)


class EdgeAway(Exception):
    """The edge does not answer: it is not running, or something is wrong with its socket."""


class EdgeRefused(Exception):
    """The edge answered that it cannot do what it was asked; ``code`` is its own number for the reason."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"The edge refused {method}: {message} ({code}).")
        self.code = code


class _Error(msgspec.Struct):
    code: int
    message: str


class _Answer(msgspec.Struct):
    id: int | str | None = None
    result: Any = None
    error: _Error | None = None


def ask(control: Path, method: str, *parameters: str | int, seconds: float = ANSWER_SECONDS) -> Any:
    """This function will have the edge carry out a command and return its result.

    ``control`` is the path of the edge's socket. Raises EdgeAway when no answer came in time, and
    EdgeRefused.
    """
    number = next(_numbers)
    request = msgspec.json.encode(
        {"jsonrpc": "2.0", "method": method, "params": list(parameters), "id": number}
    )
    # An answer finds its way to a name only. Ours is beside the edge's own, where nobody else may be; other
    # places need not be the same for both, as services have a /tmp of their own.
    place = control.with_name(f"ask-{secrets.token_hex(8)}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        asking.settimeout(seconds)
        try:
            asking.bind(str(place))
            asking.sendto(request, str(control))
            while True:
                answer = msgspec.json.decode(asking.recv(LONGEST_ANSWER), type=_Answer)
                if answer.id == number:
                    break
        except (OSError, msgspec.DecodeError) as why:
            raise EdgeAway(f"The telephone edge does not answer at {control}: {why}") from why
        finally:
            place.unlink(missing_ok=True)
    if answer.error is not None:
        raise EdgeRefused(method, answer.error.code, answer.error.message)
    return answer.result
