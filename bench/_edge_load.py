"""Load by sipp (Debian's ``sip-tester``): carriers that call, phones that answer, endpoints that register."""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench._edge_running import Edge, NotMeasured, free_port

SCENARIOS = Path(__file__).with_name("sipp")
BUFFER_BYTES = 4 << 20
ANSWER_MS = 8_000
"""Longer than the edge and the phones repeat what was lost before they give up."""
CALL_SECONDS = 0.2
"""So long a call lasts (``sipp/carrier_calls.xml``): after the last one began it is waited for."""
GRACE_SECONDS = 30.0
MOST_REGISTERING = 200
"""Registrations that are under way at once."""


class Load(NamedTuple):
    """What became of a load."""

    done: int
    failed: int
    seconds: float
    repeated: int
    """Messages that were sent again, because an answer took too long."""
    why: str
    """Why some failed, in sipp's own words."""

    @property
    def rate(self) -> float:
        """Done in a second."""
        return self.done / self.seconds


def call(edge: Edge, numbers: Sequence[str], *, rate: int, seconds: float) -> Load:
    """This function will have a carrier call these numbers in turn, so many calls a second, and wait until
    the last has ended.
    """
    own = ["-i", "127.0.0.2", "-bind_local", "-r", str(rate), "-l", str(20 * rate)]
    load = _sipp("carrier_calls", edge, [(number,) for number in numbers], int(rate * seconds), own)
    return load._replace(seconds=load.seconds - CALL_SECONDS)


def register(edge: Edge, endpoints: Sequence[tuple[str, str]], *, secret: str) -> Load:
    """This function will register these endpoints (user, domain) as fast as the edge and sipp can."""
    rows = [
        (user, domain, f"[authentication username={user} password={secret}]") for user, domain in endpoints
    ]
    own = ["-i", "127.0.0.1", "-r", "100000", "-l", str(MOST_REGISTERING)]
    return _sipp("registers", edge, rows, len(rows), own)


@contextmanager
def phones() -> Iterator[str]:
    """This function will have phones answer at an address, which it gives, while the block runs."""
    port = free_port()
    with _started("phone_answers", ["-i", "127.0.0.1", "-p", str(port), "-aa"]) as process:
        try:
            yield f"127.0.0.1:{port}"
        finally:
            if process.poll() is not None:
                raise NotMeasured(f"The phones that answer have ended by themselves ({process.returncode}).")
            process.kill()


def _sipp(
    scenario: str, edge: Edge, rows: Sequence[tuple[str, ...]], times: int, arguments: list[str]
) -> Load:
    with tempfile.TemporaryDirectory(prefix="switchroom-edge-") as folder:
        values, told = Path(folder) / "values.csv", Path(folder) / "told.csv"
        values.write_text("SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in rows))
        whole = [
            "{}:{}".format(*edge.address),
            *["-inf", str(values), "-m", str(times), "-recv_timeout", str(ANSWER_MS)],
            *["-trace_stat", "-stf", str(told), "-fd", "1", *arguments],
        ]
        with _started(scenario, whole) as process:
            try:
                process.wait(times / 100 + GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise NotMeasured(f"sipp ({scenario}) did not come to an end.") from None
        if not told.exists():
            raise NotMeasured(f"sipp ({scenario}) ended with {process.returncode} and no figures.")
        *_, last = csv.DictReader(told.read_text().splitlines(), delimiter=";")
    return Load(
        done=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        seconds=_instant(last["CurrentTime"]) - _instant(last["StartTime"]),
        repeated=int(last["Retransmissions(C)"]),
        why=", ".join(
            f"{column.removesuffix('(C)')} {count}"
            for column, count in last.items()
            if column.endswith("(C)") and column.startswith("Failed") and count != "0"
        ),
    )


@contextmanager
def _started(scenario: str, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    program = shutil.which("sipp")
    if program is None:
        raise NotMeasured("sipp is not installed. Run: sudo apt install sip-tester")
    command = [program, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-nostdin"]
    with subprocess.Popen(
        [*command, "-buff_size", str(BUFFER_BYTES), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _instant(stamp: str) -> float:
    """A day, a time and, after the last tab, the same as seconds since 1970."""
    return float(stamp.rpartition("\t")[2])
