"""The server as an operator starts it: prepared, ready, working by itself, gone when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

PATIENCE_SECONDS = 60


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An installation of its own, on SQLite, as a stranger's first one."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SWITCHROOM_", "DJANGO_"))
    }
    return {**kept, "SWITCHROOM_DATA_DIR": str(tmp_path), "SWITCHROOM_MOVABLE_CLOCK": "true"}


def switchroom(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "switchroom.config.cli", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    prepared = switchroom(environment, "prepare")
    assert prepared.stdout == "Ready.\n", prepared.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "switchroom.config.cli", "web", "--host", "127.0.0.1", "--port", port]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def get(address: str) -> tuple[int, str]:
    for _ in range(PATIENCE_SECONDS * 5):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


def test_it_gets_ready_serves_and_leaves_when_told(
    server: tuple[subprocess.Popen[bytes], str], environment: dict[str, str], tmp_path: Path
) -> None:
    process, address = server
    assert get(f"{address}/readyz") == (200, '{"ready": true, "missing": []}')
    assert get(f"{address}/healthz")[0] == 200
    status, page = get(f"{address}/accounts/login/")
    assert status == 200
    assert "<c-" not in page
    taken = switchroom(environment, "web", "--host", "127.0.0.1", "--port", address.rpartition(":")[2])
    assert (taken.returncode, "Choose another with --port" in taken.stderr) == (1, True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
    assert "web.stopped" in (tmp_path / "log").read_text()
