"""What differs from one edge to the next, written down as Kamailio reads it.

An edge lives in a folder of its own: the definitions that ``kamailio.cfg`` builds on, its carriers, its
control socket, and the SQLite file in which it keeps registrations and running calls over a restart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import phonenumbers

CONFIGURATION = Path(__file__).with_name("kamailio.cfg")
COUNTING = Path(__file__).with_name("counting.lua")
COUNTS_FOR_SECONDS = 15
"""So long the calls of an edge count that says nothing any more."""
TABLES = Path("/usr/share/kamailio/db_sqlite")
TABLES_KEPT = ("standard-create.sql", "usrloc-create.sql", "dialog-create.sql")
MOST_FAILURES_OF_USER, MOST_FAILURES_OF_SOURCE = 10, 100
"""Wrong logins, of one user and in all, after which a source is refused, until the ban is over."""
LONGEST_SOCKET = 90
"""A unix socket's path has at most 107 bytes; those of whoever asks are a little longer than this one."""


class Carrier(Protocol):
    """A carrier as the installation's settings describe it (``config.installation.Carrier``)."""

    @property
    def address(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def prefix(self) -> str: ...


class Peer(Protocol):
    """An edge as the installation's settings name it (``config.installation.EdgeAt``)."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...


class Installation(Protocol):
    """What an edge needs of the installation's settings; their meaning stands there."""

    @property
    def data_dir(self) -> Path: ...
    @property
    def database_url(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def sip_domain(self) -> str: ...
    @property
    def emergency_numbers(self) -> Sequence[str]: ...
    @property
    def edge_node(self) -> str: ...
    @property
    def edge_listen(self) -> Sequence[str]: ...
    @property
    def base_url(self) -> str: ...
    @property
    def edge_tls_certificate(self) -> str: ...
    @property
    def edge_tls_key(self) -> str: ...
    @property
    def edge_media_relay(self) -> str: ...
    @property
    def edges(self) -> Sequence[Peer]: ...
    @property
    def edge_redis(self) -> str: ...
    @property
    def edge_carriers(self) -> Sequence[Carrier]: ...
    @property
    def edge_database_url(self) -> str: ...
    @property
    def edge_copy(self) -> bool: ...
    @property
    def edge_workers(self) -> int: ...
    @property
    def edge_memory_mb(self) -> int: ...
    @property
    def edge_source_limit(self) -> int: ...
    @property
    def edge_ban_seconds(self) -> int: ...


class CannotBeWritten(Exception):
    """The installation's settings cannot become an edge's; the message says which and why."""


class Home:
    """The folder of one edge."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configuration = folder / "edge.cfg"
        self.carriers = folder / "carriers.list"
        self.state = folder / "state.db"
        self.control = folder / "control"
        self.copy = folder / "copy.db"

    @classmethod
    def of(cls, installation: Installation) -> Home:
        """This function will return the folder of the edge of an installation."""
        return cls((installation.data_dir / "edge" / installation.edge_node).resolve())

    def written_at(self) -> int:
        """This function will say when the state was last written (nanoseconds), 0 when it never was."""
        files = self.folder.glob(f"{self.state.name}*")  # and its write-ahead log
        return max((file.stat().st_mtime_ns for file in files), default=0)


def write(installation: Installation, home: Home, *, mark: str) -> None:
    """This function will write everything that the edge starts with; it begins what it tells with ``mark``.

    Raises CannotBeWritten.
    """
    definitions = check(installation, home, mark=mark)
    home.folder.mkdir(parents=True, exist_ok=True)
    home.folder.chmod(0o700)
    _make_state(home.state)
    destinations = [_carrier(one, place) for place, one in enumerate(installation.edge_carriers)]
    destinations += [_peer(one, place) for place, one in enumerate(_peers(installation))]
    home.carriers.write_text("".join(destinations))
    home.configuration.write_text(definitions)


def check(installation: Installation, home: Home, *, mark: str = "") -> str:
    """This function will return the definitions that ``write`` would write. Raises CannotBeWritten."""
    if len(str(home.control)) > LONGEST_SOCKET:
        raise CannotBeWritten(
            f"The path {home.control} is too long for a socket; choose a shorter SWITCHROOM_DATA_DIR."
        )
    return _definitions(installation, home, mark)


def database_url(installation: Installation) -> str:
    """This function will return the URL of the database that the edge reads, as Kamailio writes it."""
    if installation.edge_copy:
        return f"sqlite:///{Home.of(installation).copy}"
    url = installation.edge_database_url or installation.database_url
    if not url:
        return f"sqlite:///{(installation.data_dir / 'switchroom.sqlite3').resolve()}"
    parts = urlsplit(url)
    if not parts.hostname:
        raise CannotBeWritten("The database's URL names no host; the edge needs one, for example 127.0.0.1.")
    user = unquote(parts.username or "")
    password = unquote(parts.password or "")
    if set("@/:") & set(password):
        raise CannotBeWritten("The edge cannot use a database password with @, / or : in it.")
    login = f"{user}:{password}@" if password else f"{user}@"
    return f"postgres://{login}{parts.hostname}:{parts.port or 5432}{parts.path}"


def origin_of(url: str) -> str:
    """This function will return the origin of a page's address as browsers name it (RFC 6454)."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _make_state(state: Path) -> None:
    if state.exists():
        return
    unfinished = state.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    database = sqlite3.connect(unfinished)
    database.execute("PRAGMA journal_mode = WAL")
    try:
        for name in TABLES_KEPT:
            database.executescript((TABLES / name).read_text())
    except FileNotFoundError as why:
        raise CannotBeWritten(f"Kamailio's package for SQLite is missing: {why.filename}") from why
    finally:
        database.close()
    unfinished.rename(state)


def _carrier(carrier: Carrier, place: int) -> str:
    """A line of the dispatcher's list: those named first are tried first."""
    attributes = f"format={carrier.format};prefix={carrier.prefix}"
    return f"1 sip:{carrier.address} 0 {100 - place} {attributes}\n"


def _peers(installation: Installation) -> list[Peer]:
    """The other edges. Raises CannotBeWritten when there are some and this one is not named among them."""
    if installation.edges and installation.edge_node not in {one.name for one in installation.edges}:
        raise CannotBeWritten(
            f"SWITCHROOM_EDGES does not name this edge ({installation.edge_node}, SWITCHROOM_EDGE_NODE)."
        )
    return [one for one in installation.edges if one.name != installation.edge_node]


def _peer(peer: Peer, place: int) -> str:
    """A line of the dispatcher's list; 8 has it asked again and again whether it is alive."""
    return f"2 sip:{peer.address} 8 {100 - place}\n"


def _finding(peers: Sequence[Peer]) -> Iterator[str]:
    """The route that finds another edge by its name."""
    yield "route[FIND_PEER] {"
    yield '    $var(peer_address) = "";'
    for one in peers:
        yield f'    if ($var(peer) == "{one.name}") $var(peer_address) = "sip:{one.address}";'
    yield "}"


def _definitions(installation: Installation, home: Home, mark: str) -> str:
    database = database_url(installation)
    texts = {
        "EDGE_DATABASE": database,
        "EDGE_REVISIONS": f"portal=>{database}",
        "EDGE_STATE": f"sqlite:///{home.state}",
        "EDGE_SOCKET": str(home.control),
        "EDGE_CARRIERS": str(home.carriers),
        "EDGE_SIP_DOMAIN": installation.sip_domain,
        "EDGE_DOMAINS": f"^[a-z0-9][a-z0-9-]*[.]{installation.sip_domain.replace('.', '[.]')}$",
        "EDGE_EMERGENCY": f"^({'|'.join(installation.emergency_numbers)})$",
    }
    listening = [_Listening.read(address) for address in installation.edge_listen]
    texts |= dict([*_of_tls(installation, listening), *_of_browsers(installation, listening)])
    if installation.edge_media_relay:
        texts["EDGE_MEDIA_RELAY"] = f"udp:{installation.edge_media_relay}"
    if installation.edge_redis:
        texts |= {"EDGE_REDIS": _redis(installation.edge_redis), "EDGE_COUNTING": _one_line(COUNTING)}
    dialling = _dialling(installation.country)
    numbers = {
        "EDGE_CHILDREN": installation.edge_workers,
        "EDGE_BAN_SECONDS": installation.edge_ban_seconds,
        "EDGE_SOURCE_LIMIT": installation.edge_source_limit,
        "EDGE_FAILURES_OF_USER": MOST_FAILURES_OF_USER,
        "EDGE_FAILURES_OF_SOURCE": MOST_FAILURES_OF_SOURCE,
        "EDGE_LENGTH_OF_INTERNATIONAL": len(dialling["EDGE_INTERNATIONAL"]),
        "EDGE_LENGTH_OF_NATIONAL": len(dialling["EDGE_NATIONAL"]),
    }
    lines = ["#!KAMAILIO", f"# Written by switchroom edge for {installation.edge_node}; changes are lost."]
    lines += [f"#!define {name} {_quoted(name, text)}" for name, text in texts.items()]
    # These are also put in place within texts.
    inside = {
        "EDGE_MARK": mark,
        "EDGE_NODE": installation.edge_node,
        "EDGE_COUNTS_FOR_SECONDS": COUNTS_FOR_SECONDS,
        **dialling,
        **numbers,
    }
    lines += [f'#!substdef "!{name}!{value}!g"' for name, value in inside.items()]
    if database.startswith("postgres"):
        lines.append("#!define EDGE_POSTGRESQL")
    lines += [f"listen={one.as_kamailio_writes_it}" for one in listening]
    peers = _peers(installation)
    if peers:
        lines.append("#!define EDGE_PEERS")
    lines += [f'include_file "{CONFIGURATION}"', *(_finding(peers) if peers else ())]
    return "\n".join(lines) + "\n"


class _Listening(NamedTuple):
    """An address that is listened on: ``ws`` and ``wss`` are TCP and TLS over which browsers come."""

    transport: str
    rest: str

    @classmethod
    def read(cls, address: str) -> _Listening:
        transport, _, rest = address.partition(":")
        return cls(transport, rest)

    @property
    def as_kamailio_writes_it(self) -> str:
        below = {"ws": "tcp", "wss": "tls"}
        return f"{below.get(self.transport, self.transport)}:{self.rest}"

    @property
    def is_for_browsers(self) -> bool:
        return self.transport in ("ws", "wss")

    @property
    def port(self) -> str:
        return self.rest.split(" ")[0].rpartition(":")[2]


def _of_tls(installation: Installation, listening: Sequence[_Listening]) -> Iterator[tuple[str, str]]:
    """The definitions for TLS, none where no address asks for it."""
    if not any(one.transport in ("tls", "wss") for one in listening):
        return
    if not (installation.edge_tls_certificate and installation.edge_tls_key):
        raise CannotBeWritten(
            "SWITCHROOM_EDGE_LISTEN asks for TLS; set SWITCHROOM_EDGE_TLS_CERTIFICATE and "
            "SWITCHROOM_EDGE_TLS_KEY."
        )
    yield "EDGE_TLS", "yes"
    yield "EDGE_TLS_CERTIFICATE", str(Path(installation.edge_tls_certificate).resolve())
    yield "EDGE_TLS_KEY", str(Path(installation.edge_tls_key).resolve())


def _of_browsers(installation: Installation, listening: Sequence[_Listening]) -> Iterator[tuple[str, str]]:
    """The definitions for browsers, none where no address is for them."""
    ports = [one.port for one in listening if one.is_for_browsers]
    if not ports:
        return
    if not installation.edge_media_relay:
        raise CannotBeWritten(
            "SWITCHROOM_EDGE_LISTEN lets browsers in; they need a relay for their voice: set "
            "SWITCHROOM_EDGE_MEDIA_RELAY."
        )
    yield "EDGE_BROWSERS", "yes"
    yield "EDGE_BROWSER_PORTS", f"^({'|'.join(ports)})$"
    yield "EDGE_ORIGIN", origin_of(installation.base_url)


def _redis(url: str) -> str:
    """A Redis server as Kamailio's module writes it."""
    parts = urlsplit(url)
    said = {"name": "lines", "addr": parts.hostname, "port": parts.port or 6379, "db": parts.path[1:] or 0}
    if parts.password:
        said["pass"] = unquote(parts.password)
    return ";".join(f"{key}={value}" for key, value in said.items())


def _one_line(script: Path) -> str:
    """A script of Lua without its comments, as one line."""
    lines = [line.strip() for line in script.read_text().splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("--"))


def _quoted(name: str, text: str) -> str:
    if '"' in text or "\n" in text:
        raise CannotBeWritten(f"{name} must not hold a quotation mark or a line break: {text!r}")
    return f'"{text}"'


def _dialling(country: str) -> Mapping[str, str]:
    """How numbers are dialled in a country, from the tables of libphonenumber."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if metadata is None:
        raise CannotBeWritten(f"Nothing is known about how numbers are dialled in {country!r}.")
    abroad = metadata.preferred_international_prefix or metadata.international_prefix or ""
    national = metadata.national_prefix or ""
    if not (abroad.isdecimal() and national.isdecimal()):
        raise CannotBeWritten(f"Numbers are dialled in {country!r} in a way that the edge does not know.")
    return {
        "EDGE_COUNTRY_CODE": f"+{metadata.country_code}",
        "EDGE_INTERNATIONAL": abroad,
        "EDGE_NATIONAL": national,
    }
