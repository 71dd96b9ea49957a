"""The run of the 1st beside what the database can write at all, and beside the same run written otherwise.

A seeded provider is written once; every measurement works on a fresh copy of it. PostgreSQL keeps its default
settings, with fsync on. What is compared is measured in one run on the same rows and the same schema. Nothing
is timed before a sample of invoices was compared, to the cent, with what ``switchroom replay`` says.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench._foreign import PROGRAMS, LeftOut, invoices_a_second
from bench._report import reported
from bench._steps import in_turns, measured, timed_command
from switchroom.config.cluster import programs, temporary_postgresql

STEPS = "bench._billing_steps"
HANDS = {1: ("one_worker", "4"), 2: ("two_workers", "8")}
"""How many processes: name, and chunks that each does before it is the other side's turn. Two are given more,
because they begin a turn in step and have to wait for one another's numbers until they are out of it.
"""
ROUNDS = 3
FORMS = {"TEXT": "bare_copy", "BINARY": "binary_copy"}
"""What COPY takes when nothing else is said, which the bounds are about, and what the run itself sends."""
MONTH = "2025-12"
TURNS = 10
"""In which a million accounts are billed beside a tenth of them."""
TWO_WRITE_FROM = 10_000
"""Accounts from which on two processes write the provider."""
AT_LEAST = {
    "one_worker_to_bare_copy": 0.65,
    "two_workers_to_bare_copy": 0.65,
    "run_to_django_objects": 5,
    "second_run_to_first": 3,
    "sqlite_to_bare_executemany": 0.45,
    "dry_run_to_run": 2,
}
AT_MOST = {
    "million_to_hundred_thousand_seconds_an_invoice": 1.10,
    "megabytes_at_a_million": 150,
    "seconds_for_one_account_of_30000_items": 1,
    "seconds_for_the_audit": 60,
}
LATER_MONTHS = [f"2026-{month:02d}" for month in range(1, 11)]
"""With the provider's November and the measured December they are the twelve months that are audited."""


class Wrong(Exception):
    """What was billed is not what it should be, so nothing is measured."""


def main(quick: bool) -> dict[str, Any]:
    """This function will measure and give the figures; ``quick`` takes a small provider, one worker and one
    round, and leaves out the other database, the large account, the million and the other programs.
    """
    accounts = 2_000 if quick else 100_000
    size = 500 if quick else 2_000
    figures: dict[str, float] = {}
    found = programs()
    if found is None:
        raise Wrong("PostgreSQL is not installed, so there is nothing to measure.")
    with temporary_postgresql(found, settings={"listen_addresses": "127.0.0.1"}) as url:
        server = Server(url, size)
        server.seed("provider", accounts)
        figures |= _postgresql(server, accounts, quick)
        if not quick:
            figures |= _one_large_account(server, 30_000)
            figures |= _a_million(server)
            figures |= _others(server, figures["invoices_a_second"])
    if not quick:
        figures |= _sqlite(20_000, size)
    return reported("billing_run", figures, at_least=AT_LEAST, at_most=AT_MOST)


class Server:
    """Databases of one PostgreSQL server, each a copy of another one."""

    def __init__(self, url: str, chunk_accounts: int) -> None:
        self._url = url
        self.chunk_accounts = chunk_accounts
        self._folder = tempfile.TemporaryDirectory(prefix="switchroom-bench-")

    def environment(self, name: str) -> dict[str, str]:
        """Where a step works on the database ``name``."""
        return {
            "SWITCHROOM_DATABASE_URL": f"{self._url.rpartition('/')[0]}/{name}",
            "SWITCHROOM_DATA_DIR": self._folder.name,
        }

    def seed(self, name: str, accounts: int, items: int = 0) -> None:
        """Makes a database and writes a provider into it, a large one by two processes."""
        self._say(f"CREATE DATABASE {name}")
        parts = 2 if accounts >= TWO_WRITE_FROM else 1
        words = [STEPS, "seed", str(accounts), str(items)]
        environment = self.environment(name)
        measured([[*words, str(part), str(parts)] for part in range(parts)], environment=environment)
        with psycopg.connect(environment["SWITCHROOM_DATABASE_URL"], autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    @contextmanager
    def copy(self, name: str, copied: str = "copied") -> Iterator[dict[str, str]]:
        """Gives the environment of a fresh copy of the database ``name``, which is dropped afterwards."""
        self._say(f"CREATE DATABASE {copied} TEMPLATE {name} STRATEGY file_copy")
        self._say("CHECKPOINT")
        try:
            yield self.environment(copied)
        finally:
            self._say(f"DROP DATABASE {copied} WITH (FORCE)")

    @contextmanager
    def empty(self, name: str) -> Iterator[str]:
        """Gives the URL of an empty database, which is dropped afterwards."""
        self._say(f"CREATE DATABASE {name}")
        try:
            yield self.environment(name)["SWITCHROOM_DATABASE_URL"]
        finally:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Makes room on the disk."""
        self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def _say(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)


def _postgresql(server: Server, accounts: int, quick: bool) -> dict[str, float]:
    rounds, hands = (1, [1]) if quick else (ROUNDS, list(HANDS))
    rows = Path(tempfile.mkdtemp(prefix="switchroom-bench-"))
    with server.copy("provider") as environment:
        one = _run(environment, server.chunk_accounts, workers=1)
        _check(environment)
        for form in FORMS:
            measured([[STEPS, "extract", str(rows / form), form]], environment=environment)
        second = _run(environment, server.chunk_accounts, workers=1, everybody=True)
        if second["invoices"]:
            raise Wrong(f"a second run found {second['invoices']} invoices to write")
        audit = _audit(server, environment, [] if quick else LATER_MONTHS)
    turns: dict[str, float] = {}
    for workers in hands:
        turns |= _beside_bare_copy(server, rows, workers, one["invoices"], rounds)
    chunks = max(1, accounts // 10 // server.chunk_accounts)
    with server.copy("provider") as environment:
        measured([[STEPS, "plan", str(server.chunk_accounts)]], environment=environment)
        objects = measured([[STEPS, "reference", str(chunks)]], environment=environment)
    shutil.rmtree(rows)
    invoices = one["invoices"]
    objects_a_second = objects["told"][0]["invoices"] / objects["seconds"]
    return {
        "accounts": accounts,
        "invoices": invoices,
        "invoices_a_second": invoices / one["seconds"],
        **turns,
        "django_objects_a_second": objects_a_second,
        "run_to_django_objects": invoices / one["seconds"] / objects_a_second,
        "second_run_to_first": one["seconds"] / second["seconds"] * second["accounts"] / one["accounts"],
        "dry_run_to_run": median(_run_to_forecast(server) for _ in range(rounds)),
        "megabytes_of_a_worker": one["megabytes"],
        **audit,
    }


def _run_to_forecast(server: Server) -> float:
    """How many times as long a run takes as the forecast of it just before."""
    with server.copy("provider") as environment:
        foreseen = measured([[STEPS, "forecast"]], environment=environment)
        run = _run(environment, server.chunk_accounts, workers=1)
    told = foreseen["told"][0]
    if (told["invoices"], told["net_minor"]) != (run["invoices"], run["net_minor"]):
        raise Wrong("the forecast is not what was billed")
    return float(run["seconds"] / foreseen["seconds"])


def _audit(server: Server, environment: dict[str, str], later_months: list[str]) -> dict[str, float]:
    for month in later_months:
        _run(environment, server.chunk_accounts, workers=2, month=month)
    followed = measured([[STEPS, "follow"]] * 2, environment=environment)["told"]
    if given_up := max(one["given_up"] for one in followed):
        raise Wrong(f"{given_up} effects were given up")
    seconds, code, said = timed_command("audit", "--workers", "2", environment=environment)
    if code:
        raise Wrong(f"the audit found: {said}")
    return {"months_audited": 2 + len(later_months), "seconds_for_the_audit": seconds}


def _run(
    environment: dict[str, str], size: int, *, workers: int, month: str = MONTH, everybody: bool = False
) -> dict[str, float]:
    planned = measured([[STEPS, "plan", str(size), month, *["all"] * everybody]], environment=environment)
    work = measured([[STEPS, "run"]] * workers, environment=environment)
    told = work["told"][0]
    if told["parked"]:
        raise Wrong(f"{told['parked']} accounts were parked")
    return {
        "seconds": work["seconds"],
        "megabytes": work["megabytes"],
        "accounts": planned["told"][0]["accounts"],
        "invoices": max(one["invoices"] for one in work["told"]),
        "net_minor": max(one["net_minor"] for one in work["told"]),
    }


def _check(environment: dict[str, str]) -> None:
    told = measured([[STEPS, "gate", "1000"]], environment=environment)["told"][0]
    if told["differences"]:
        raise Wrong("; ".join(told["differences"][:3]))


def _beside_bare_copy(
    server: Server, rows: Path, hands: int, invoices: float, number: int
) -> dict[str, float]:
    """The run and the bare writing of its rows, in either form of COPY and with as many processes, take turns
    of a few chunks each, in a ``number`` of rounds: processes of the same work differ for as long as they
    live.
    """
    name = HANDS[hands][0]
    rounds = [_round_of_turns(server, rows, hands) for _ in range(number)]
    run, *bare = ([seconds for each in rounds for seconds in each[side]] for side in range(1 + len(FORMS)))
    figures = {f"invoices_a_second_{name}": number * invoices / sum(run)}
    for form, theirs in zip(FORMS.values(), bare, strict=True):
        figures[f"{form}_a_second_{name}"] = number * invoices / sum(theirs)
        figures[f"{name}_to_{form}"] = median(each / ours for ours, each in zip(run, theirs, strict=True))
    return figures


def _round_of_turns(server: Server, rows: Path, hands: int) -> list[list[float]]:
    """The seconds of each turn: of the run, then of the bare writing in either form."""
    _, portion = HANDS[hands]
    with ExitStack() as copies:
        billed, *written = (copies.enter_context(server.copy("provider", f"copied_{n}")) for n in range(3))
        measured([[STEPS, "plan", str(server.chunk_accounts)]], environment=billed)
        sides = [([[STEPS, "run", portion]] * hands, billed)]
        for form, environment in zip(FORMS, written, strict=True):
            file = str(rows / form)
            writes = [[STEPS, "write", file, str(hand), str(hands), portion] for hand in range(hands)]
            sides.append((writes, environment))
        turns = [side.seconds for side in in_turns(*sides)]
    run, *bare = map(len, turns)
    if any(theirs != run for theirs in bare):
        raise Wrong(f"the run took {run} turns, the bare writing of its rows {bare}")
    return turns


def _one_large_account(server: Server, items: int) -> dict[str, float]:
    """Three times, because one is over within a second and whatever else the machine does shows in it."""
    server.seed("large", 1, items)
    seconds = []
    for _ in range(3):
        with server.copy("large") as environment:
            seconds.append(_run(environment, server.chunk_accounts, workers=1)["seconds"])
    server.drop("large")
    return {f"seconds_for_one_account_of_{items}_items": median(seconds)}


def _a_million(server: Server) -> dict[str, float]:
    """A provider ten times as large, in turns with the other one, of which each turn is a tenth."""
    server.seed("million", 1_000_000)
    million, size = server.environment("million"), server.chunk_accounts
    with server.copy("provider") as provider:
        for environment in (provider, million):
            measured([[STEPS, "plan", str(size)]], environment=environment)
        portion = 100_000 // TURNS // size
        smaller, larger = in_turns(
            ([[STEPS, "run", str(portion)]], provider), ([[STEPS, "run", str(10 * portion)]], million)
        )
    server.drop("million")
    if len(smaller.seconds) != len(larger.seconds):
        raise Wrong(f"a million took {len(larger.seconds)} turns, a tenth of it {len(smaller.seconds)}")
    return {
        "million_to_hundred_thousand_seconds_an_invoice": sum(larger.seconds) / sum(smaller.seconds) / 10,
        "megabytes_at_a_million": larger.megabytes,
    }


def _others(server: Server, ours: float) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name in PROGRAMS:
        try:
            with server.empty(name) as url:
                theirs = invoices_a_second(name, url)
        except LeftOut as why:
            print(f"run_to_{name} is left out: {why}")
        else:
            figures |= {f"{name}_a_second": theirs, f"run_to_{name}": ours / theirs}
    return figures


def _sqlite(accounts: int, size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="switchroom-bench-") as folder:
        seeded, rows = Path(folder) / "seeded", Path(folder) / "rows"
        measured([[STEPS, "seed", str(accounts)]], environment=_file(seeded))
        with closing(sqlite3.connect(seeded / "switchroom.sqlite3")) as connection:
            connection.execute("ANALYZE")
        run = _run(_file(_copied(seeded, "run")), size, workers=1)
        measured([[STEPS, "extract", str(rows)]], environment=_file(Path(folder) / "run"))
        billed, written = _file(_copied(seeded, "billed")), _file(_copied(seeded, "written"))
        measured([[STEPS, "plan", str(size)]], environment=billed)
        runs, writes = in_turns(
            ([[STEPS, "run", "1"]], billed), ([[STEPS, "write", str(rows), "0", "1", "1"]], written)
        )
        turns = zip(runs.seconds, writes.seconds, strict=True)
    return {
        "sqlite_invoices_a_second": run["invoices"] / run["seconds"],
        "sqlite_to_bare_executemany": median(each / ours for ours, each in turns),
    }


def _file(folder: Path) -> dict[str, str]:
    return {"SWITCHROOM_DATA_DIR": str(folder), "SWITCHROOM_DATABASE_URL": ""}


def _copied(folder: Path, name: str) -> Path:
    return shutil.copytree(folder, folder.with_name(name))
