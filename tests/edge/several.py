"""Two edges and a Redis of their own, for tests of what they do together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from switchroom.config.installation import EdgeAt
from switchroom.phonesystems.edge_nodes import EdgeNode
from switchroom.phonesystems.edges.kamailio.check import is_running
from switchroom.phonesystems.edges.kamailio.configuration import Home
from switchroom.phonesystems.edges.kamailio.control import ask
from switchroom.phonesystems.edges.kamailio.supervisor import Supervisor
from tests.architecture.source import ROOT
from tests.edge.conftest import EdgeTown, Tenant, free_port, is_current, wait_for
from tests.edge.phone import Phone
from tests.edge.test_registering import said
from tests.installations import environment_of


class Redis:
    """A Redis server of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def starts(self) -> None:
        own = ["--port", str(self.port), "--save", "", "--dir", str(self._folder), "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(["redis-server", *own], stdout=subprocess.DEVNULL)

    def ends(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait()

    def hangs(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def goes_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class Edge:
    """One of several edges beside that of all other tests, at an address of its own."""

    def __init__(self, node: str, host: str) -> None:
        self.node = node
        self.address = (host, free_port())

    @property
    def at(self) -> EdgeAt:
        return EdgeAt(name=self.node, address="{}:{}".format(*self.address))

    def belongs_to(
        self, edge_town: EdgeTown, *, edges: list[EdgeAt], redis: str = "", edge_copy: bool = False
    ) -> None:
        """This function will say what it knows of: the town's database, the other edges, the Redis."""
        self.installation = edge_town.installation.model_copy(
            update={
                "edge_node": self.node,
                "edge_listen": [f"udp:{self.at.address}"],
                "edges": edges,
                "edge_redis": redis,
                "edge_copy": edge_copy,
                "edge_media_relay": "",
            }
        )
        self.home = Home.of(self.installation)

    def starts(self) -> None:
        self.supervisor = Supervisor(self.installation, lambda _: None)
        self._running = threading.Thread(target=self.supervisor.run, daemon=True)
        self._running.start()
        wait_for(lambda: is_running(self.installation), seconds=15)

    def stops(self) -> None:
        self.supervisor.stop()
        self._running.join()

    def is_killed(self) -> None:
        """This function will kill all its processes at once, as a power cut does, and start none again."""
        self.supervisor.stop()
        os.killpg(self.supervisor.pid, signal.SIGKILL)
        self._running.join()

    def loaded(self) -> dict[str, int]:
        """The revision of each view that it works by."""
        rows = ask(self.home.control, "htable.dump", "loaded")
        items = [item for entry in rows for item in entry["slot"]]
        return {item["name"]: int(item["value"]) for item in items if item["name"] != "retry"}

    def phone_of(self, tenant: Tenant, extension: str) -> Phone:
        """A phone that comes to this edge."""
        phone = tenant.phone(extension, registered=False)
        phone.edge = self.address
        assert said(phone.register()) == (200, "OK")
        return phone


class WholeEdge(Edge):
    """An edge as operators run it: a process of its own that also says in the database how things are."""

    def starts(self) -> None:
        own = self.installation
        EdgeNode.objects.filter(name=self.node).delete()
        environment = environment_of(own.data_dir, own.database_url)
        environment |= {
            f"SWITCHROOM_{name.upper()}": json.dumps(value) if isinstance(value, list | int) else value
            for name, value in own.model_dump(mode="json").items()
            if name.startswith(("edge", "telephone"))
        }
        command = [sys.executable, "-m", "switchroom.config.cli", "edge"]
        with (own.data_dir / f"{self.node}.log").open("a") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
            )
        wait_for(lambda: EdgeNode.objects.filter(name=self.node).exists(), seconds=30)

    def stops(self) -> None:
        self._process.terminate()
        self._process.wait(30)


def customer(edge_town: EdgeTown, edges: tuple[Edge, ...], *, lines: int = 2, **columns: str) -> Tenant:
    """A customer that all these edges know, with these columns of its phone system."""
    tenant = edge_town.customer(lines=lines)
    tenant.changes(**columns)
    follow(edges)
    return tenant


def follow(edges: tuple[Edge, ...]) -> None:
    """This function will wait until all edges work by what the database says."""
    wait_for(lambda: all(is_current(edge.home) for edge in edges))


def lines_at(edge: Edge, tenant: Tenant) -> int:
    """How many lines an edge itself holds of a phone system."""
    return int(str(ask(edge.home.control, "dlg.profile_get_size", "lines", tenant.label)))


@contextmanager
def two_edges(
    edge_town: EdgeTown, *, redis: str = "", kind: type[Edge] = Edge
) -> Iterator[tuple[Edge, Edge]]:
    """North and south, which know of each other, run while the block runs."""
    both = (kind("north", "127.0.0.8"), kind("south", "127.0.0.9"))
    for edge in both:
        edge.belongs_to(edge_town, edges=[one.at for one in both], redis=redis)
        edge.starts()
    try:
        yield both
    finally:
        for edge in both:
            edge.stops()
