"""A running edge with a town of customers, and phones that really register and call."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from switchroom.config.installation import Carrier, Installation
from switchroom.phonesystems.deletion import delete
from switchroom.phonesystems.edges.kamailio import configuration, control, relay
from switchroom.phonesystems.edges.kamailio.check import is_running
from switchroom.phonesystems.edges.kamailio.supervisor import Said, Supervisor
from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.entitling import switch_off
from switchroom.phonesystems.models import Endpoint
from switchroom.phonesystems.numbers import add_stock
from switchroom.plumbing import clock, outbox
from tests.cast import Customer, Town
from tests.edge.phone import SWITCHED_ON, Phone
from tests.installations import Prepared, address_of, database, staying

START_SECONDS = 15.0
PATIENCE_SECONDS = 10.0


class EdgeTown:
    """An installation whose phone systems are real. ``said`` is what the edge told of calls; browsers call
    where there is a ``media_relay``.
    """

    def __init__(self, folder: Path, media_relay: str) -> None:
        self.town = Town().on("2026-06-01")
        add_stock(numbers=[f"+49301234{last:04d}" for last in range(200)], area="Berlin")
        self.carrier = Phone(("127.0.0.1", 0), "carrier.example.net", "carrier", host="127.0.0.2")
        self.second_carrier = Phone(("127.0.0.1", 0), "other.example.net", "carrier", host="127.0.0.6")
        self.port = free_port()
        self.carrier.edge = self.second_carrier.edge = ("127.0.0.1", self.port)
        self.browsers_port, self.portal_port = free_port(), free_port()
        self.installation: Installation = settings.INSTALLATION.model_copy(
            update={
                "data_dir": folder,
                "database_url": address_of(connection.settings_dict["NAME"]),
                "telephone_edge": "kamailio",
                "base_url": f"http://localhost:{self.portal_port}",
                "edge_listen": [f"udp:127.0.0.1:{self.port}"],
                "edge_carriers": [
                    Carrier(address=self.carrier.address),
                    Carrier(address=self.second_carrier.address, format="bare", prefix="99"),
                ],
                "edge_memory_mb": 64,
                "edge_workers": 2,
                "edge_source_limit": 65_535,
                "edge_ban_seconds": 3,
            }
        )
        if media_relay:
            self.installation = self.installation.model_copy(
                update={
                    "edge_listen": [*self.installation.edge_listen, f"ws:127.0.0.1:{self.browsers_port}"],
                    "edge_media_relay": media_relay,
                    "softphone_url": f"ws://127.0.0.1:{self.browsers_port}",
                }
            )
        self.home = configuration.Home.of(self.installation)
        self.said: list[Said] = []
        self._names = 0

    def starts(self) -> None:
        """This function will start the edge and wait until it works."""
        self.begins()
        wait_for(self.is_up, seconds=START_SECONDS)
        self.follows()

    def begins(self) -> None:
        """This function will start the edge, whatever becomes of it."""
        self.supervisor = Supervisor(self.installation, self.said.append)
        self._running = threading.Thread(target=self.supervisor.run, daemon=True)
        self._running.start()

    def stops(self) -> None:
        """This function will end the edge in order."""
        self.supervisor.stop()
        self._running.join(2 * START_SECONDS)
        assert not self._running.is_alive()

    def restarts(self) -> None:
        self.stops()
        self.starts()

    def customer(self, *, lines: int = 2, endpoints: int = 2, numbers: int = 1) -> Tenant:
        """This function will open a customer whose phone system works by these entitlements."""
        self._names += 1
        customer = self.town.customer(f"Tenant{self._names}").starts_trial()
        tenant = Tenant(self, customer)
        tenant.changes(trunk_lines=lines, endpoint_limit=max(endpoints, 2), number_limit=max(numbers, 1))
        for extension in range(20, 20 + endpoints):
            tenant.adds_endpoint(str(extension))
        customer.sets_up(numbers=numbers)
        tenant.changes(endpoint_limit=endpoints, number_limit=numbers)
        self.follows()
        return tenant

    def follows(self) -> None:
        """This function will wait until the edge works by what the database says."""
        wait_for(self.is_current)

    def is_current(self) -> bool:
        """Whether the edge has loaded every view as it is now."""
        return is_current(self.home)

    def ask(self, method: str, *parameters: str | int) -> Any:
        """This function will ask the edge itself."""
        return control.ask(self.home.control, method, *parameters)

    def is_up(self) -> bool:
        return self.processes() is not None

    def processes(self) -> str | None:
        """The processes of the edge as it lists them, none when it does not answer."""
        try:
            return str(self.ask("core.psx"))
        except control.EdgeAway:
            return None


def is_current(home: configuration.Home) -> bool:
    """Whether the edge of this folder has loaded every view as it is now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, revision FROM view_edge_revision")
        wanted = dict(cursor.fetchall())
    try:
        known = {
            name: control.ask(home.control, "htable.get", "loaded", name)["item"]["value"] for name in wanted
        }
    except control.EdgeRefused:
        return False
    return {name: int(value) for name, value in known.items()} == wanted


class Tenant:
    """A customer's phone system, and the phones that belong to it."""

    def __init__(self, edge_town: EdgeTown, customer: Customer) -> None:
        self.edge_town = edge_town
        self.customer = customer
        self.secrets: dict[str, tuple[str, str]] = {}

    @property
    def domain(self) -> str:
        phone_system = self.customer.phone_system
        assert phone_system is not None
        return f"{phone_system.sip_label}.{settings.INSTALLATION.sip_domain}"

    @property
    def label(self) -> str:
        return self.domain.split(".")[0]

    def changes(self, **columns: object) -> None:
        """This function will change the phone system's own row."""
        phone_system = self.customer.phone_system
        assert phone_system is not None
        type(phone_system).objects.filter(id=phone_system.id).update(**columns)

    def adds_endpoint(self, extension: str) -> Endpoint:
        """This function will set up an endpoint and keep the secret that is shown once."""
        phone_system = self.customer.phone_system
        assert phone_system is not None
        with transaction.atomic():
            endpoint, secret = add_endpoint(
                phone_system=phone_system, name=extension, extension=extension, at=clock.now()
            )
        self.secrets[extension] = (endpoint.sip_user, secret)
        return endpoint

    def phone(self, extension: str, *, registered: bool = True) -> Phone:
        """This function will switch on a phone with the credentials of an extension."""
        user, secret = self.secrets[extension]
        phone = Phone(("127.0.0.1", self.edge_town.port), self.domain, user, secret)
        if registered:
            answer = phone.register()
            assert answer.status == 200, answer.first
        return phone

    def is_deleted(self, day: date, *, drain: bool = True) -> None:
        """This function will delete the phone system for good; without ``drain`` the edge is not told yet."""
        phone_system = self.customer.phone_system
        assert phone_system is not None
        at = clock.now()
        with transaction.atomic():
            switch_off(phone_system=phone_system, day=day, at=at)
            delete(phone_system=phone_system, rule="7.5", day=day, at=at, quarantine_days=90)
        if drain:
            outbox.drain()

    def lines_in_use(self) -> int:
        """This function will ask the edge how many lines are in use."""
        return int(str(self.edge_town.ask("dlg.profile_get_size", "lines", self.label)))

    @property
    def numbers(self) -> list[str]:
        phone_system = self.customer.phone_system
        assert phone_system is not None
        return [number.e164 for number in phone_system.numbers.order_by("position", "e164")]


@pytest.fixture(autouse=True)
def switched_off() -> Iterator[None]:
    """Whatever phone a test switches on is switched off after it; carriers stay."""
    before = list(SWITCHED_ON)
    yield
    for phone in [phone for phone in SWITCHED_ON if phone not in before]:
        phone.vanish()


@pytest.fixture(scope="session")
def installed(
    tmp_path_factory: pytest.TempPathFactory, blank: Prepared, django_db_blocker: Any
) -> Iterator[tuple[EdgeTown, dict[str, Any]]]:
    """The edge, running as long as any test needs it, and the settings of its database."""
    if shutil.which("kamailio", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("Kamailio is not installed: sudo apt install kamailio")
    folder = tmp_path_factory.mktemp("edge")
    with (
        database(folder / "switchroom.sqlite3", like=blank) as its_settings,
        media_relay() as relays_at,
    ):
        with django_db_blocker.unblock(), staying(folder, its_settings):
            town = EdgeTown(folder, relays_at)
            town.starts()
        yield town, its_settings
        town.stops()
        town.carrier.vanish()
        town.second_carrier.vanish()


@pytest.fixture(scope="module")
def edge_town(installed: tuple[EdgeTown, dict[str, Any]], django_db_blocker: Any) -> Iterator[EdgeTown]:
    """The town of the edge; whatever a test reads or writes is in its database."""
    town, its_settings = installed
    folder = town.installation.data_dir
    with (
        django_db_blocker.unblock(),
        staying(folder, its_settings),
        override_settings(INSTALLATION=town.installation),
    ):
        yield town


@contextmanager
def another_edge(edge_town: EdgeTown, **changes: object) -> Iterator[None]:
    """This function will run an edge beside that of all tests, with other settings, while the block runs."""
    installation = edge_town.installation.model_copy(update={"edge_node": "another", **changes})
    supervisor = Supervisor(installation, lambda _: None)
    running = threading.Thread(target=supervisor.run, daemon=True)
    running.start()
    wait_for(lambda: is_running(installation))
    try:
        yield
    finally:
        supervisor.stop()
        running.join()


def media_relay() -> AbstractContextManager[str]:
    """A relay that runs while the block runs, and its address; none where rtpengine is not installed."""
    if relay.program() is None:
        return nullcontext("")
    return relay.running(control_port=free_port(), first_port=42_000, last_port=42_199)


def wait_for(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """This function will wait until a condition holds, and fail when it does not in time.

    How fast it comes true is measured elsewhere: a busy machine must not fail a test that is about whether.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
