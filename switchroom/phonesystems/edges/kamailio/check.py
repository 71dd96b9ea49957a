"""Whether an edge could start here, said in words before anybody tries."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg

from switchroom.phonesystems.edges.kamailio import configuration, relay
from switchroom.phonesystems.edges.kamailio.configuration import CannotBeWritten, Home, Installation
from switchroom.phonesystems.edges.kamailio.control import EdgeAway, ask
from switchroom.phonesystems.edges.kamailio.supervisor import NOT_INSTALLED, program
from switchroom.plumbing import clock

OLDEST_VERSION = (5, 6)
MODULES = Path("/usr/lib")
PACKAGE_OF = {
    "db_sqlite": "kamailio-sqlite-modules",
    "db_postgres": "kamailio-postgres-modules",
    "tls": "kamailio-tls-modules",
    "websocket": "kamailio-websocket-modules",
    "ndb_redis": "kamailio-redis-modules",
}
MOST_CLOCK_SECONDS = 2.0
DATABASE_SECONDS = 5
READ = "SELECT COUNT(*) FROM view_edge_revision"


def what_is_missing(installation: Installation) -> list[str]:
    """This function will say in sentences what keeps an edge from working here; an empty list is good."""
    checks: tuple[Callable[[Installation], Iterator[str]], ...] = (
        _program,
        _modules,
        _settings,
        _database,
        _ports,
        _carriers,
        _certificate,
        _media_relay,
    )
    return [sentence for check in checks for sentence in check(installation)]


def is_running(installation: Installation) -> bool:
    """This function will say whether this installation's edge answers."""
    try:
        ask(Home.of(installation).control, "core.uptime")
    except EdgeAway:
        return False
    return True


def _program(_: Installation) -> Iterator[str]:
    found = program()
    if found is None:
        yield NOT_INSTALLED
        return
    said = subprocess.run([found, "-v"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"kamailio (\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_VERSION:
        yield f"Kamailio must be 5.6 or newer; this one says: {said.splitlines()[0] if said else 'nothing'}"


def _modules(installation: Installation) -> Iterator[str]:
    wanted = ["db_sqlite"]
    if (installation.edge_database_url or installation.database_url) and not installation.edge_copy:
        wanted.append("db_postgres")
    transports = {address.partition(":")[0] for address in installation.edge_listen}
    if transports & {"tls", "wss"}:
        wanted.append("tls")
    if transports & {"ws", "wss"}:
        wanted.append("websocket")
    if installation.edge_redis:
        wanted.append("ndb_redis")
    for name in wanted:
        if not any(MODULES.glob(f"*/kamailio/modules/{name}.so")):
            yield f"Kamailio's module {name} is missing. Run: sudo apt install {PACKAGE_OF[name]}"


def _settings(installation: Installation) -> Iterator[str]:
    try:
        configuration.check(installation, Home.of(installation))
    except CannotBeWritten as why:
        yield str(why)


def _database(installation: Installation) -> Iterator[str]:
    """The views can be read, and the database's clock is ours."""
    url = installation.edge_database_url or installation.database_url
    try:
        if not url:
            file = installation.data_dir / "switchroom.sqlite3"
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
                database.execute(READ)
            return
        with psycopg.connect(url, connect_timeout=DATABASE_SECONDS) as server:
            server.execute(READ)
            (theirs,) = server.execute("SELECT clock_timestamp()").fetchone() or (None,)
    except (sqlite3.Error, psycopg.Error) as why:
        yield f"The portal's database cannot be read: {str(why).strip()} If it is new: switchroom prepare"
        return
    if theirs is not None and abs((clock.real_now() - theirs).total_seconds()) > MOST_CLOCK_SECONDS:
        yield "The clock of this machine and that of the database differ; let both follow a time server."


def _ports(installation: Installation) -> Iterator[str]:
    if is_running(installation):
        return
    for address in installation.edge_listen:
        transport, _, place = address.split(" ")[0].partition(":")
        host, _, port = place.rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        with socket.socket(family, kind) as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
            try:
                trying.bind((host.strip("[]"), int(port)))
            except OSError as why:
                yield f"{address} cannot be listened on: {why.strerror or why}."


def _carriers(installation: Installation) -> Iterator[str]:
    if not installation.edge_carriers:
        yield (
            "No carrier is set (SWITCHROOM_EDGE_CARRIERS), so calls to and from the telephone network, "
            "emergency calls too, lead nowhere."
        )


def _certificate(installation: Installation) -> Iterator[str]:
    for file in (installation.edge_tls_certificate, installation.edge_tls_key):
        if file and not os.access(file, os.R_OK):
            yield f"{file} cannot be read; the edge needs it for TLS."


def _media_relay(installation: Installation) -> Iterator[str]:
    address = installation.edge_media_relay
    if address and not relay.answers(address):
        yield (
            f"The media relay does not answer at {address} (SWITCHROOM_EDGE_MEDIA_RELAY), so browsers cannot "
            "call. Run: sudo apt install rtpengine-daemon, or systemctl status rtpengine-daemon"
        )
