"""An edge that is told to end is waited for as long as it writes down registrations, and no longer.

A program stands in for Kamailio: how it ends is what this is about.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from switchroom.phonesystems.edges.kamailio import supervisor
from switchroom.phonesystems.edges.kamailio.supervisor import Supervisor
from tests.edge.conftest import EdgeTown

PATIENCE_SECONDS = 0.4
TOLD = ("edge.writes_down", "edge.hangs", "edge.killed")

WRITES = """
    for _ in $(seq 12); do sleep 0.1; date >> "$state"; done
    echo all > "$state.all"
    exit 0
"""
HANGS = "sleep 60"
WRITES_ONCE_ITS_CHILD_IS_KILLED = f"wait $child; {WRITES}"


def program(folder: Path, when_told: str, *, child: str = "") -> Path:
    """A program that runs until it is told to end."""
    path = folder / "kamailio"
    path.write_text(
        "#!/bin/bash\n"
        'while [ "$1" != -Y ]; do shift; done; state="$2/state.db"\n'
        f"ends() {{ {when_told}\n}}\n"
        f"trap ends TERM\n{child}\n"
        'touch "$state.ready"\n'
        "while true; do sleep 0.05; done\n"
    )
    path.chmod(0o700)
    return path


def ended(
    edge_town: EdgeTown, folder: Path, monkeypatch: pytest.MonkeyPatch, program: Path
) -> tuple[list[str], bool]:
    """What is said of the end, and whether all was written down."""
    monkeypatch.setattr(supervisor, "program", lambda: str(program))
    monkeypatch.setattr(supervisor, "GOODBYE_SECONDS", PATIENCE_SECONDS)
    installation = edge_town.installation.model_copy(update={"data_dir": folder, "edge_node": "ends"})
    state = folder / "edge" / "ends" / "state.db"
    edge = Supervisor(installation, lambda _: None)
    with capture_logs() as said:
        running = threading.Thread(target=edge.run)
        running.start()
        while not state.with_name("state.db.ready").exists():
            time.sleep(0.02)
        edge.stop()
        running.join()
    events = [
        one["event"] for one in said if one["event"] in ("edge.writes_down", "edge.hangs", "edge.killed")
    ]
    return events, state.with_name("state.db.all").exists()


def test_it_is_waited_for_while_it_writes(
    edge_town: EdgeTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, is_all = ended(edge_town, tmp_path, monkeypatch, program(tmp_path, WRITES))
    assert is_all
    assert set(events) == {"edge.writes_down"}


def test_it_is_killed_when_it_only_hangs(
    edge_town: EdgeTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, is_all = ended(edge_town, tmp_path, monkeypatch, program(tmp_path, HANGS))
    assert not is_all
    assert events == ["edge.hangs", "edge.killed"]


def test_a_child_that_hangs_is_killed_and_then_all_is_written(
    edge_town: EdgeTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = "bash -c 'trap : TERM; while true; do sleep 60 & wait; done' & child=$!"
    events, is_all = ended(
        edge_town, tmp_path, monkeypatch, program(tmp_path, WRITES_ONCE_ITS_CHILD_IS_KILLED, child=stubborn)
    )
    assert is_all
    assert events[0] == "edge.hangs"
    assert set(events[1:]) == {"edge.writes_down"}
