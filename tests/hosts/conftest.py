"""A PostgreSQL server, two workers and a portal, each on a host of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from switchroom.config import cluster
from switchroom.config.connections import database_settings
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.copies.another import opened, standing_in
from switchroom.plumbing.outbox import handlers
from tests.architecture.source import ROOT
from tests.hosts.network import Host, Network, why_not
from tests.hosts.opening import STARTS_AT
from tests.hosts.worker import CAUGHT, NOTED
from tests.installations import environment_of
from tests.settings import DATABASE_URL

# Once is enough: it has a server of its own.
collect_ignore = [] if DATABASE_URL else ["test_billing.py", "test_hosts.py"]

PATIENCE_SECONDS = 30.0
# As in production, but quicker: whoever is cut off is given up after three seconds, and notices it as soon.
QUICKLY = (
    "-c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=2 -c tcp_user_timeout=3000"
)
NOTICING = "keepalives_idle=1&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=3000"
SWITCHROOM = (sys.executable, "-m", "switchroom.config.cli")


@dataclass(frozen=True)
class Provider:
    """An installation on several hosts: two of workers, one of the portal."""

    url: str
    address: str
    workers: tuple[Host, Host]
    portal: Host
    log: Path
    environment: Mapping[str, str]

    @contextmanager
    def started(self, host: Host, *words: str) -> Iterator[subprocess.Popen[str]]:
        """This function will start ``switchroom`` with these words on a host; it is over with the block."""
        with subprocess.Popen(
            host.command(*SWITCHROOM, *words),
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The installation, with everything running."""
    if reason := why_not():
        pytest.skip(reason)
    programs = cluster.programs()
    assert programs is not None
    folder = tmp_path_factory.mktemp("hosts")
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        server = stack.enter_context(_server(programs, network))
        url = f"{server}/switchroom?options={quote(QUICKLY)}&{NOTICING}"
        portal, *workers = [network.add() for _ in range(3)]
        environment = {
            **environment_of(folder / "data", url),
            "SWITCHROOM_SECRET_KEY": "the same on every host",
            "SWITCHROOM_ALLOWED_HOSTS": f'["{portal.address}"]',
            "SWITCHROOM_BASE_URL": f"http://{portal.address}:8000",
        }
        opening = [sys.executable, "-m", "tests.hosts.opening"]
        prepared = subprocess.run(
            opening, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert prepared.returncode == 0, prepared.stderr
        log = stack.enter_context((folder / "log").open("wb"))
        begun = [
            portal.command(*SWITCHROOM, "web", "--alone", "--host", "0.0.0.0"),
            *(host.command(sys.executable, "-m", "tests.hosts.worker") for host in workers),
        ]
        for words in begun:
            process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
        first, second = workers
        yield Provider(url, network.address, (first, second), portal, folder / "log", environment)


@contextmanager
def _server(programs: Path, network: Network) -> Iterator[str]:
    """A server that the hosts may use, with an empty database ``switchroom``."""
    folder = Path(tempfile.mkdtemp(prefix="switchroom-hosts-"))
    try:
        rules = folder / "who.conf"
        rules.write_text(f"host all all 127.0.0.1/32 trust\nhost all all {network.subnet} trust\n")
        folder.chmod(0o755)
        settings = {
            **cluster.FORGETFUL,
            "listen_addresses": f"127.0.0.1,{network.address}",
            "hba_file": str(rules),
        }
        with cluster.temporary_postgresql(programs, settings=settings) as local:
            with psycopg.connect(local, autocommit=True) as server:
                server.execute("CREATE DATABASE switchroom")
            yield local.replace("127.0.0.1", network.address).rpartition("/")[0]
    finally:
        shutil.rmtree(folder)


@contextmanager
def looking_into(provider: Provider) -> Iterator[None]:
    """We stand outside the hosts and look into the same database; the effects are known here, too."""
    before = dict(handlers.registered)
    for kind in (NOTED, CAUGHT):
        outbox.handles(kind)(lambda payload: None)
    with opened("provider", database_settings(provider.url, Path())), standing_in("provider"):
        clock.set_clock(STARTS_AT)
        try:
            yield
        finally:
            handlers.registered.clear()
            handlers.registered.update(before)


def get(address: str) -> tuple[int, str]:
    """This function will return how a portal answers: status and page."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status, answer.read().decode()


def answers(address: str) -> bool:
    """This function will say whether a portal answers well."""
    try:
        return get(address)[0] == 200
    except OSError:
        return False


def wait_until(happened: Callable[[], bool], provider: Provider) -> None:
    """This function will wait for something, and fail with the log when it does not happen."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < ends, provider.log.read_text()
        time.sleep(0.05)
