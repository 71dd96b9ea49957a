"""The relay of voice: rtpengine, which the edge asks by its control protocol ("ng") to carry a call's voice.

An operator's runs as a service of the machine. Where there is none, for trying, one is started here: in
userspace, without rights, on the loopback interface alone.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = "rtpengine"
NOT_INSTALLED = "rtpengine is not installed. Run: sudo apt install rtpengine-daemon"
ANSWER_SECONDS = 0.5
START_SECONDS = 5.0
GOODBYE_SECONDS = 3.0
LOOPBACK = "127.0.0.1"


class RelayMissing(Exception):
    """There is no relay to start here; the message says why."""


def program() -> str | None:
    """This function will return the path of rtpengine's program, none where it is not installed."""
    return shutil.which(PROGRAM) or shutil.which(PROGRAM, path="/usr/sbin")


def answers(address: str) -> bool:
    """This function will say whether a relay answers at its control address (HOST:PORT)."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    cookie = secrets.token_hex(8).encode()
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ANSWER_SECONDS)
        try:
            asking.sendto(cookie + b" d7:command4:pinge", (host.strip("[]"), int(port)))
            return asking.recv(1024) == cookie + b" d6:result4:ponge"
        except OSError:
            return False


@contextmanager
def running(*, control_port: int, first_port: int, last_port: int) -> Iterator[str]:
    """This function will run a relay on the loopback interface while the block runs, and give its control
    address; voice is carried on the ports from the first to the last.

    Raises RelayMissing where rtpengine is not installed or does not start.
    """
    found = program()
    if found is None:
        raise RelayMissing(NOT_INSTALLED)
    address = f"{LOOPBACK}:{control_port}"
    options = {
        "interface": LOOPBACK,
        "listen-ng": address,
        "port-min": first_port,
        "port-max": last_port,
        "table": -1,
    }
    command = [found, *(f"--{name}={value}" for name, value in options.items()), "--foreground"]
    process = subprocess.Popen(
        [*command, "--log-stderr", "--config-file=none"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + START_SECONDS
        while not answers(address):
            if process.poll() is not None or time.monotonic() > end:
                raise RelayMissing("rtpengine is installed but does not start here.")
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
