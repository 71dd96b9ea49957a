"""The edges that are compared, each a Kamailio of its own beside the others on the same database.

``shipped`` is what is in the package. The others are written from it: ``unlimited`` is the same without the
limit of trunk lines (the lock, the count, the profile, the look-up of the limit), ``untracked`` also without
dialogs. The shipped files know nothing of that, so nobody can switch the limit off by a setting; a rewrite
that no longer finds what it takes out is refused.
"""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.edge.phone import Phone

TAKE_LINE = r"route\[TAKE_LINE\] \{\n.*?\n\}\n"
LIMIT = r"    \$var\(lines\) = [^\n]*\n"
REWRITES: dict[str, dict[str, list[tuple[str, str]]]] = {
    "shipped": {},
    "unlimited": {
        "lines.cfg": [(TAKE_LINE, "route[TAKE_LINE] {\n    route(NOTE_DIALOG);\n}\n")],
        "identity.cfg": [(LIMIT, "")],
    },
    "untracked": {
        "lines.cfg": [(TAKE_LINE, "route[TAKE_LINE] {\n    return;\n}\n")],
        "identity.cfg": [(LIMIT, "")],
    },
}
START_SECONDS = 60.0
MEMORY_MB = 1024
"""A transaction stays for some seconds after its end, with two of them for each call."""

NO_LIMIT = 65_535
"""Kamailio counts the requests of a source up to one less."""


class NotMeasured(Exception):
    """Something is not as it must be, so there are no figures; the message says what."""


class Edge:
    """A running edge. Calls that it tells of are written down as in production."""

    def __init__(self, name: str, port: int, carrier: str) -> None:
        from django.conf import settings

        from switchroom.config.installation import Carrier
        from switchroom.jobs.edge import Records
        from switchroom.phonesystems.edges.kamailio.configuration import Home
        from switchroom.phonesystems.edges.kamailio.supervisor import Supervisor

        installation = settings.INSTALLATION.model_copy(
            update={
                "edge_node": name,
                "edge_listen": [f"udp:127.0.0.1:{port}"],
                "edge_carriers": [Carrier(address=carrier)],
                "edge_memory_mb": MEMORY_MB,
                "edge_source_limit": NO_LIMIT,
            }
        )
        self.name = name
        self.address = ("127.0.0.1", port)
        self.home = Home.of(installation)
        self._records = Records()
        self._supervisor = Supervisor(installation, self._records.hear)
        _rewrite(self.home.configuration, self.home.folder, REWRITES[name])

    @contextmanager
    def running(self) -> Iterator[None]:
        """This function will run the edge while the block runs; it begins without any registration."""
        supervising = threading.Thread(target=self._supervisor.run, daemon=True)
        writing = threading.Thread(target=self._records.write_forever, daemon=True)
        supervising.start()
        writing.start()
        try:
            yield
        finally:
            self._supervisor.stop()
            supervising.join()
            self._records.stop()
            writing.join()
            shutil.rmtree(self.home.folder)

    def ask(self, method: str, *parameters: str | int, seconds: float = 5.0) -> Any:
        """This function will ask the edge itself."""
        from switchroom.phonesystems.edges.kamailio.control import ask

        return ask(self.home.control, method, *parameters, seconds=seconds)

    def is_current(self) -> bool:
        """This function will say whether the edge has loaded every view as it is now."""
        from switchroom.phonesystems.edges.kamailio.control import EdgeAway, EdgeRefused
        from switchroom.plumbing.bulk import read_rows

        with suppress(EdgeAway, EdgeRefused):
            return all(
                str(self.ask("htable.get", "loaded", name)["item"]["value"]) == str(revision)
                for name, revision in read_rows("SELECT name, revision FROM view_edge_revision")
            )
        return False

    def lines_in_use(self, label: str) -> int:
        """This function will count the trunk lines that a phone system uses right now."""
        return int(self.ask("dlg.profile_get_size", "lines", label))

    def cpu_seconds(self) -> float:
        """This function will give the time that all processes of the edge have been on a processor."""
        group, nanoseconds = self._supervisor.pid, 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # another process has ended meanwhile
                if int(stat.read_text().rpartition(")")[2].split()[2]) == group:
                    nanoseconds += int(stat.with_name("schedstat").read_text().split()[0])
        return nanoseconds / 1e9


@contextmanager
def edges(names: Sequence[str]) -> Iterator[dict[str, Edge]]:
    """This function will run these edges while the block runs, with one carrier for all of them, which
    answers. They have loaded all views by then.
    """
    carrier = Phone(("127.0.0.1", 0), "carrier.example.net", "carrier", host="127.0.0.2")
    try:
        with ExitStack() as all_of_them:
            found = {name: Edge(name, free_port(), carrier.address) for name in names}
            for edge in found.values():
                all_of_them.enter_context(edge.running())
            for edge in found.values():
                wait_for(edge.is_current, START_SECONDS, f"The edge {edge.name} did not start.")
            yield found
    finally:
        carrier.vanish()


def free_port() -> int:
    """This function will find a free port for UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """This function will wait until a condition holds, and raise NotMeasured when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise NotMeasured(otherwise)
        time.sleep(0.02)


def _rewrite(definitions: Path, folder: Path, rewrites: dict[str, list[tuple[str, str]]]) -> None:
    """Has the definitions include a changed copy of the shipped files, where there is something to change."""
    from switchroom.phonesystems.edges.kamailio.configuration import CONFIGURATION

    if not rewrites:
        return
    for file in CONFIGURATION.parent.glob("*.cfg"):
        shutil.copy(file, folder / file.name)
    for name, changes in rewrites.items():
        text = (folder / name).read_text()
        for pattern, instead in changes:
            found = re.findall(pattern, text, flags=re.DOTALL)
            if len(found) != 1:
                raise NotMeasured(f"{name} has {len(found)} places like {pattern!r}; there should be one.")
            text = text.replace(found[0], instead)
        (folder / name).write_text(text)
    included = definitions.read_text()
    definitions.write_text(included.replace(str(CONFIGURATION), str(folder / CONFIGURATION.name)))
