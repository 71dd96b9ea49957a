"""A PostgreSQL server, two workers and a portal, each on a host of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from switchroom.config import cluster
from tests.architecture.source import ROOT
from tests.hosts.network import Host, Network, why_not
from tests.installations import environment_of
from tests.settings import DATABASE_URL

collect_ignore = [] if DATABASE_URL else ["test_hosts.py"]  # once is enough: it has a server of its own

PATIENCE_SECONDS = 30.0
# As in production, but quicker: whoever is cut off is given up after three seconds.
QUICKLY = (
    "-c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=2 -c tcp_user_timeout=3000"
)


@dataclass(frozen=True)
class Provider:
    """An installation on several hosts: two of workers, one of the portal."""

    url: str
    address: str
    workers: tuple[Host, Host]
    portal: Host
    log: Path


@pytest.fixture(scope="module")
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
        url = f"{server}/switchroom?options={quote(QUICKLY)}"
        portal, *workers = [network.add() for _ in range(3)]
        environment = {
            **environment_of(folder / "data", url),
            "SWITCHROOM_SECRET_KEY": "the same on every host",
            "SWITCHROOM_ALLOWED_HOSTS": f'["{portal.address}"]',
            "SWITCHROOM_BASE_URL": f"http://{portal.address}:8000",
        }
        command = [sys.executable, "-m", "switchroom.config.cli"]
        prepared = subprocess.run(
            [*command, "prepare"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert prepared.returncode == 0, prepared.stderr
        log = stack.enter_context((folder / "log").open("wb"))
        begun = [
            portal.command(*command, "web", "--alone", "--host", "0.0.0.0"),
            *(host.command(sys.executable, "-m", "tests.hosts.worker") for host in workers),
        ]
        for words in begun:
            process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
        first, second = workers
        yield Provider(url, network.address, (first, second), portal, folder / "log")


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


def wait_until(happened: Callable[[], bool], provider: Provider) -> None:
    """This function will wait for something, and fail with the log when it does not happen."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < ends, provider.log.read_text()
        time.sleep(0.05)
