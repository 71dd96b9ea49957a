"""``switchroom edge``: runs this machine's telephone edge, or says whether it could and how it is."""

from __future__ import annotations

import argparse
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import Error, connection

from switchroom.jobs import edge_move
from switchroom.journeys.restored import delete_again
from switchroom.phonesystems.calls import Heard, heard_of, record
from switchroom.phonesystems.edges.kamailio.asking import Answerer
from switchroom.phonesystems.edges.kamailio.check import is_running, what_is_missing
from switchroom.phonesystems.edges.kamailio.configuration import Home
from switchroom.phonesystems.edges.kamailio.control import ask
from switchroom.phonesystems.edges.kamailio.copying import Copier
from switchroom.phonesystems.edges.kamailio.nodes import Reporter
from switchroom.phonesystems.edges.kamailio.supervisor import Said, Supervisor
from switchroom.plumbing import clock
from switchroom.plumbing.wording import long_instant

BATCH_SECONDS = 1.0
MOST_WAITING = 100_000
"""Calls that are told of while the database is away; later ones are lost."""

log = structlog.get_logger(__name__)


def main(argv: list[str]) -> int:
    """This function will carry out ``switchroom edge`` and return its exit code."""
    if argv[:1] == ["move"]:
        return edge_move.main(argv[1:])
    parser = argparse.ArgumentParser(
        prog="switchroom edge",
        description="Runs this machine's telephone edge (Kamailio) until Ctrl-C and starts it again when it "
        "dies. check: says what is missing; status: how the running one is; move: gives phone systems "
        "another home edge.",
        epilog="edge move [ NAME | --all-of EDGE ] [ --to EDGE | --everywhere ] [ --standby EDGE ]",
    )
    parser.add_argument("action", nargs="?", choices=["run", "check", "status"], default="run")
    action = parser.parse_args(argv).action
    return {"run": _run, "check": _check, "status": _status}[action]()


@contextmanager
def running(installation: Any) -> Iterator[None]:
    """This function will run an edge while the block runs, and write down the calls it tells of."""
    records = Records()
    supervisor = Supervisor(installation, records.hear)
    reporter, answerer = Reporter(installation.edge_node), Answerer(installation.edge_node)
    threads = [
        threading.Thread(target=supervisor.run, name="edge", daemon=True),
        threading.Thread(target=records.write_forever, name="edge-records", daemon=True),
    ]
    copier = Copier(Home.of(installation).copy)
    if installation.edge_copy:
        threads.append(threading.Thread(target=copier.copy_forever, name="edge-copy", daemon=True))
    if installation.edges:
        threads.append(threading.Thread(target=reporter.report_forever, name="edge-reports", daemon=True))
        threads.append(threading.Thread(target=answerer.answer_forever, name="edge-answers", daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        threads[0].join()
        records.stop()
        reporter.stop()
        answerer.stop()
        copier.stop()
        for thread in threads[1:]:
            thread.join()


class Records:
    """Gathers the calls that an edge tells of and writes them once a second, never in the way of a call."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Heard] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()

    def hear(self, said: Said) -> None:
        """This function will take what the edge said; whatever is no call goes to the log."""
        heard = heard_of(said.word, said.facts)
        if heard is None:
            log.warning("edge.tells", word=said.word, **said.facts)
            return
        try:
            self._waiting.put_nowait(heard)
        except queue.Full:
            log.error("edge.call_lost", kind=heard.kind, began_at=heard.began_at.isoformat())

    def write_forever(self) -> None:
        """This function will write until ``stop``, and then what is left."""
        kept: list[Heard] = []
        while not self._stop.wait(BATCH_SECONDS):
            kept = self._write(kept + self._taken())
        self._write(kept + self._taken())
        connection.close()

    def stop(self) -> None:
        """This function will have ``write_forever`` write what is left and return."""
        self._stop.set()

    def _taken(self) -> list[Heard]:
        return [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]

    def _write(self, calls: list[Heard]) -> list[Heard]:
        """What could not be written is given back, to be tried again."""
        if not calls:
            return []
        try:
            record(calls)
        except Error as why:
            connection.close()
            log.warning("edge.calls_wait", calls=len(calls), why=str(why).strip())
            return calls[:MOST_WAITING]
        return []


def _run() -> int:
    if is_running(settings.INSTALLATION):
        print(f"The edge {settings.INSTALLATION.edge_node} runs already.")
        return 1
    for sentence in what_is_missing(settings.INSTALLATION):
        print(sentence)
    _delete_again()
    end = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _number, _frame: end.set())
    with running(settings.INSTALLATION):
        end.wait()
    return 0


def _delete_again() -> None:
    """What was deleted must not be admitted because the database was restored from an older copy."""
    try:
        delete_again(day=clock.today(), at=clock.now())
    except Error as why:  # the edge goes on with what it knows, or waits for the database by itself
        log.warning("edge.database_away", why=str(why).strip())
    connection.close()


def _check() -> int:
    missing = what_is_missing(settings.INSTALLATION)
    for sentence in missing:
        print(sentence)
    if not missing:
        print("Everything is there.")
    return int(bool(missing))


def _status() -> int:
    control = Home.of(settings.INSTALLATION).control
    uptime = ask(control, "core.uptime")
    counted = ask(control, "stats.fetchn", "usrloc:", "dialog:")
    since = clock.real_now() - timedelta(seconds=int(uptime["uptime"]))
    print(f"{settings.INSTALLATION.edge_node} runs since {long_instant(since)}.")
    print(f"{counted.get('usrloc.registered_users', 0)} endpoints are registered.")
    print(f"{counted.get('dialog.active_dialogs', 0)} calls run.")
    return 0
