"""The edge goes on with what it knows: without the portal's database, and over a restart of its own (rule
8.4).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from switchroom.phonesystems.edges.kamailio import views
from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.phone import Phone
from tests.edge.test_registering import said
from tests.settings import DATABASE_URL

OUTSIDE = "+493012345678"


def test_calls_that_run_over_a_restart_keep_their_lines(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    call = phone.call(OUTSIDE)
    assert said(call) == (200, "OK")
    edge_town.restarts()
    assert acme.lines_in_use() == 1
    assert said(phone.call(OUTSIDE)) == (486, "All Trunk Lines Busy")
    assert call.hang_up() == 200
    wait_for(lambda: acme.lines_in_use() == 0)
    inward = edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")  # who was registered still is
    assert said(inward) == (200, "OK")
    inward.hang_up()


def test_what_was_written_down_before_it_was_replaced_is_not_rung(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    old, caller = acme.phone("20"), acme.phone("21")
    edge_town.restarts()
    new = acme.phone("20")
    assert said(caller.call("20")) == (200, "OK")
    assert (len(new.incoming), len(old.incoming)) == (1, 0)
    assert caller.register(expires=0).status == 200
    assert said(new.call("21")) == (480, "Phone Not Registered")


def test_an_edge_that_is_killed_is_there_again(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    before = edge_town.processes()
    os.kill(edge_town.supervisor.pid, signal.SIGKILL)
    wait_for(lambda: edge_town.processes() not in (None, before), seconds=15)  # its orphans may still answer
    edge_town.follows()
    assert phone.register().status == 200
    call = phone.call(OUTSIDE)
    assert said(call) == (200, "OK")
    call.hang_up()


def test_calls_go_on_while_the_database_hangs_and_changes_come_afterwards(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE phonesystems_edgerevision, phonesystems_phonesystem")
        acme.changes(trunk_lines=2)
        works_by_what_it_knew(phone)
    edge_town.follows()
    assert said(phone.call(OUTSIDE)) == (200, "OK")


def test_calls_go_on_while_the_database_is_away_and_changes_come_afterwards(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    with unreadable():
        acme.changes(trunk_lines=2)
        works_by_what_it_knew(phone)
    wait_for(edge_town.is_current)  # it asks again every two seconds
    assert said(phone.call(OUTSIDE)) == (200, "OK")


def test_an_edge_that_starts_while_the_database_is_away_serves_once_it_is_back(
    edge_town: EdgeTown,
) -> None:
    acme = edge_town.customer(lines=1)
    phone = acme.phone("20")
    edge_town.stops()
    with unreadable():
        edge_town.begins()
        time.sleep(2)
        # A file can be read, all but what tells of changes; a server that lets nobody in has nothing to tell.
        assert edge_town.is_up() == (connection.vendor == "sqlite")
        acme.changes(trunk_lines=2)
    wait_for(edge_town.is_up, seconds=30)  # the pauses between its tries grow
    wait_for(edge_town.is_current)
    calls = [phone.call(OUTSIDE), phone.call(OUTSIDE)]
    assert [said(call) for call in calls] == [(200, "OK")] * 2
    assert said(phone.call(OUTSIDE)) == (486, "All Trunk Lines Busy")
    for call in calls:
        call.hang_up()


def works_by_what_it_knew(phone: Phone) -> None:
    """One line is admitted, registrations too, while the edge cannot read for some time."""
    time.sleep(1)
    assert phone.register().status == 200
    call = phone.call(OUTSIDE)
    assert (said(call), said(phone.call(OUTSIDE))) == ((200, "OK"), (486, "All Trunk Lines Busy"))


@contextmanager
def unreadable() -> Iterator[None]:
    """What the edge reads is not there; on PostgreSQL it cannot connect any more, either."""
    (law,) = [law for law in views.LAWS if law.name == "view_edge_revision"]
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("DROP VIEW view_edge_revision")
        if is_postgresql:
            admit(False)
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    try:
        yield
    finally:
        if is_postgresql:
            admit(True)
        with connection.cursor() as cursor:
            cursor.execute(law.postgresql if is_postgresql else law.sqlite)


def admit(admitted: bool) -> None:
    """Has the server take connections to our database, or none any more."""
    with psycopg.connect(make_conninfo(DATABASE_URL), autocommit=True) as server:
        name = Identifier(connection.settings_dict["NAME"])
        server.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, SQL(str(admitted))))
