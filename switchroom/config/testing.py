"""``switchroom test``: every check, then the whole suite on SQLite and on PostgreSQL side by side.

What the suite needs from the system (a PostgreSQL server, Chromium, gettext) is installed when we may, else
named. On whichever database it ends first, its core helps with the other: each process draws the next file
of tests that nobody has begun. Of the two runs the one on SQLite is printed first, unless it failed: what
failed stands last. In CI nothing may be skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from switchroom.config import cluster

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
MODULES = "/usr/lib/*/kamailio/modules"
NO_CALLS = "Tests of the telephone edge are skipped."
LOOK_SECONDS = 1.0
SAY_SECONDS = 30.0
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
TOO_LATE_PERCENT = 95  # one more process needs a while before it begins

# Two lanes for two cores: mypy takes as long as all the others together.
CHECKS = (
    (("types", ["mypy"]),),
    (
        ("style", ["ruff", "check", "."]),
        ("form", ["ruff", "format", "--check", "."]),
        ("storeys", ["lint-imports"]),
        ("migrations", ["python", "-m", "django", "makemigrations", "--check", "--dry-run"]),
        ("translations", ["python", "-m", "switchroom.config.translations"]),
    ),
)


@dataclass(frozen=True)
class Need:
    """Something of the system, the package that brings it and what cannot run without it."""

    package: str
    without: str
    present: bool


@dataclass
class Run:
    """The suite on one database, under way or finished; or what one more process does of it, which helps."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path
    helps: bool

    @property
    def failed(self) -> bool:
        return self.process.returncode != 0

    def progress(self) -> int:
        """This function will return how many percent of the suite it has done, as pytest says it."""
        marks = re.findall(r"\[ *(\d+)%\]", self.output.read_text(errors="replace"))
        return int(marks[-1]) if marks else 0


def run(*, full: bool) -> int:
    """This function will run everything and return 0 when nothing failed; pytest's own summary is the last
    line.
    """
    os.chdir(ROOT)
    strict = bool(os.environ.get("CI"))
    missing = _missing_after_installing()
    for need in missing:
        print(f"Not installed: {need.package}. {need.without} Run: sudo apt install {need.package}")
    if missing and strict:
        print("Nothing may be skipped here.")
        return 1
    with tempfile.TemporaryDirectory(prefix="switchroom-test-") as folder:
        faults = _check_all(Path(folder))
        if faults:
            print(f"{len(faults)} of the checks failed: {', '.join(faults)}. The suite was not run.")
            return 1
        return _run_suites(Path(folder), full=full, strict=strict)


def _needs() -> list[Need]:
    return [
        Need("postgresql", "The suite runs on SQLite only.", cluster.programs() is not None),
        Need("chromium", "Tests in a browser are skipped.", _is_there("/usr/bin/chromium")),
        Need("kamailio", NO_CALLS, _is_there("/usr/sbin/kamailio")),
        Need("kamailio-sqlite-modules", NO_CALLS, _is_there(f"{MODULES}/db_sqlite.so")),
        Need("kamailio-postgres-modules", NO_CALLS, _is_there(f"{MODULES}/db_postgres.so")),
        Need("kamailio-websocket-modules", NO_CALLS, _is_there(f"{MODULES}/websocket.so")),
        Need("kamailio-tls-modules", NO_CALLS, _is_there(f"{MODULES}/tls.so")),
        Need("kamailio-redis-modules", NO_CALLS, _is_there(f"{MODULES}/ndb_redis.so")),
        Need("redis-server", "Lines of several edges are not tested.", _is_there("/usr/bin/redis-server")),
        Need("sip-tester", "bench/edge cannot run.", _is_there("/usr/bin/sipp")),
        Need("rtpengine-daemon", "Calls of browsers are not tested.", _is_there("/usr/bin/rtpengine")),
        Need("gettext", "Translations are not checked.", shutil.which("xgettext") is not None),
    ]


def _is_there(pattern: str) -> bool:
    return any(Path("/").glob(pattern.lstrip("/")))


def _missing_after_installing() -> list[Need]:
    packages = [need.package for need in _needs() if not need.present]
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(packages)} …", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
    return [need for need in _needs() if not need.present]


def _check_all(folder: Path) -> list[str]:
    """The names of the checks that failed; each lane runs its checks one after the other."""
    environment = {
        **_environment(folder),
        "PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }

    def lane(checks: Iterable[tuple[str, list[str]]]) -> list[str]:
        return [name for name, command in checks if not _check(name, command, folder, environment)]

    with ThreadPoolExecutor() as lanes:
        return [name for names in lanes.map(lane, CHECKS) for name in names]


def _environment(folder: Path) -> dict[str, str]:
    """Ours, but for Python's refusal to keep what it has compiled: the suite starts many processes, each of
    which would compile the whole program anew. It is kept as long as the run lasts.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")} if sys.dont_write_bytecode else kept


def _check(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> bool:
    started = time.monotonic()
    file = folder / name
    with file.open("wb") as output:
        code = subprocess.run(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False
        ).returncode
    said = file.read_text(errors="replace").strip()
    verdict = "failed" if code else "ok"
    line = f"{verdict:<7} {name:<13} {time.monotonic() - started:5.1f} s"
    print(f"{line}\n{said}" if code else line, flush=True)
    return code == 0


def _run_suites(folder: Path, *, full: bool, strict: bool) -> int:
    options = ["--full"] * full + ["--forbid-skips"] * strict
    programs = cluster.programs()
    with ExitStack() as servers, _ended() as runs:

        def begin(name: str) -> None:
            if name == POSTGRESQL and programs:
                url = servers.enter_context(cluster.temporary_postgresql(programs))
                runs.append(_start(name, [*options, "--without-pure"], url, folder))
            else:
                runs.append(_start(name, options, "", folder))

        begin(SQLITE)
        if programs:
            begin(POSTGRESQL)
        _wait(runs, begin)
    # What failed is read first by whoever looks at the end; both failed: PostgreSQL's is last.
    for one in sorted(runs, key=lambda one: (one.failed, not one.helps)):
        title = f"{one.name}, what a second process did" if one.helps else one.name
        print(f"\n=== {title} ===\n{one.output.read_text(errors='replace').rstrip()}", flush=True)
    return int(any(one.failed for one in runs))


def _start(name: str, options: list[str], url: str, folder: Path) -> Run:
    begun = folder / f"begun-{name}"
    helps = begun.exists()
    begun.mkdir(exist_ok=True)
    output = folder / f"suite-{name}{'-again' if helps else ''}"
    environment = {**_environment(folder), "SWITCHROOM_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
    shared = ["-p", "tests.sharing", f"--shared-in={begun}"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *shared, *options]
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
    return Run(name, process, output, helps)


def _wait(runs: list[Run], begin: Callable[[str], None]) -> None:
    """Until all have ended. When the first of both has, one more helps the other, if that is worth while."""
    next_word = time.monotonic() + SAY_SECONDS
    both = list(runs)
    while running := [one for one in runs if one.process.poll() is None]:
        if len(running) < len(both) == len(runs) and running[0].progress() < TOO_LATE_PERCENT:
            begin(running[0].name)
        time.sleep(LOOK_SECONDS)
        if time.monotonic() >= next_word:
            done = {one.name: sum(run.progress() for run in runs if run.name == one.name) for one in both}
            print(" · ".join(f"{name} {percent} %" for name, percent in done.items()), flush=True)
            next_word += SAY_SECONDS


@contextmanager
def _ended() -> Iterator[list[Run]]:
    """A list of runs of which none is left behind when the command is interrupted."""
    runs: list[Run] = []
    try:
        yield runs
    finally:
        for one in runs:
            if one.process.poll() is None:
                one.process.terminate()
                one.process.wait()
