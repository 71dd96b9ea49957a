"""Several hosts on one machine: network namespaces on a bridge, each with an address and its own cable."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from types import TracebackType

NAME_LENGTH = 3  # a network device's name has at most 15 letters


@dataclass(frozen=True)
class Host:
    """One host: a namespace whose only way out is a cable to the bridge."""

    namespace: str
    cable: str
    address: str

    def command(self, *words: str) -> list[str]:
        """This function will return a command that runs on this host."""
        return ["ip", "netns", "exec", self.namespace, *words]

    def cut_off(self) -> None:
        """This function will pull the cable: nothing is refused, nothing is answered, nothing is said."""
        _ip("link", "set", self.cable, "down")

    def connect(self) -> None:
        """This function will plug the cable in again."""
        _ip("link", "set", self.cable, "up")


class Network:
    """A bridge, and as many hosts as one likes; everything is gone when the block ends."""

    def __init__(self) -> None:
        self._name = f"sw{secrets.token_hex(NAME_LENGTH)}"
        self._subnet = f"10.213.{secrets.randbelow(250) + 1}"
        self.hosts: list[Host] = []

    @property
    def address(self) -> str:
        """Where the hosts find what runs outside of them."""
        return f"{self._subnet}.1"

    @property
    def subnet(self) -> str:
        """All addresses, as PostgreSQL's list of who may connect names them."""
        return f"{self._subnet}.0/24"

    def __enter__(self) -> Network:
        _ip("link", "add", self._name, "type", "bridge")
        _ip("address", "add", f"{self.address}/24", "dev", self._name)
        _ip("link", "set", self._name, "up")
        return self

    def add(self) -> Host:
        """This function will add a host."""
        number = len(self.hosts) + 2
        host = Host(f"{self._name}-{number}", f"{self._name}p{number}", f"{self._subnet}.{number}")
        _ip("netns", "add", host.namespace)
        self.hosts.append(host)
        _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", host.namespace, "link", "set", device, "up")
        _ip("link", "set", host.cable, "master", self._name, "up")
        return host

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self.hosts:
            _ip("netns", "delete", host.namespace)
        _ip("link", "delete", self._name)


def why_not() -> str:
    """This function will say why hosts cannot be made here; empty when they can."""
    if shutil.which("ip") is None:
        return "hosts need network namespaces: sudo apt install iproute2"
    if os.geteuid() != 0:
        return "hosts need network namespaces, which only root can make"
    try:
        with Network() as network:
            network.add()
    except subprocess.CalledProcessError as refused:
        return f"hosts need network namespaces, which cannot be made here: {refused.stderr.strip()}"
    return ""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
