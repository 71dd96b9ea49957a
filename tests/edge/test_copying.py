"""An edge with a copy of the views: it starts and serves while the portal's database is away (rule 8.4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection

from switchroom.phonesystems.edges.kamailio import copying
from switchroom.phonesystems.edges.kamailio.configuration import Home, database_url
from switchroom.phonesystems.edges.kamailio.copying import Copier, NothingToCopy
from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.several import Edge
from tests.edge.test_registering import said
from tests.edge.test_ringing import group_of

OUTSIDE = "+493012345678"
BUSY = (486, "All Trunk Lines Busy")


class Remote(Edge):
    """An edge that reads nothing but its copy."""

    @property
    def copier(self) -> Copier:
        return Copier(self.home.copy)

    def works_by_its_copy(self) -> bool:
        try:
            return self.loaded() == self.copier.revisions()
        except Exception:  # whatever it is, it does not work by it yet
            return False


@pytest.fixture
def remote(edge_town: EdgeTown) -> Iterator[Remote]:
    one = Remote("remote", "127.0.0.10")
    one.belongs_to(edge_town, edges=[], edge_copy=True)
    yield one
    one.home.copy.unlink(missing_ok=True)


def test_it_starts_and_serves_by_its_copy_alone(edge_town: EdgeTown, remote: Remote) -> None:
    acme = edge_town.customer(lines=1)
    group_of(acme, "21")
    assert database_url(remote.installation) == f"sqlite:///{Home.of(remote.installation).copy}"
    copied = remote.copier.copy()
    assert {"tenant", "endpoint", "extension", "number", "group"} <= set(copied)
    acme.changes(trunk_lines=9)  # nobody tells the copy: the portal is away
    remote.starts()
    try:
        wait_for(remote.works_by_its_copy)
        phone = remote.phone_of(acme, "20")
        call = phone.call(OUTSIDE)
        assert [said(call), said(phone.call(OUTSIDE))] == [(200, "OK"), BUSY]
        assert remote.copier.copy() == ["tenant"]  # it is back
        wait_for(remote.works_by_its_copy)
        more = phone.call(OUTSIDE)
        assert said(more) == (200, "OK")
        for one in (call, more):
            one.hang_up()
    finally:
        remote.stops()


def test_only_what_has_changed_is_copied(edge_town: EdgeTown, remote: Remote) -> None:
    acme = edge_town.customer(lines=1)
    copier = remote.copier
    copier.copy()
    assert copier.copy() == []
    acme.changes(endpoint_limit=1)
    assert sorted(copier.copy()) == ["endpoint", "group"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, revision FROM view_edge_revision")
        assert dict(cursor.fetchall()) == copier.revisions()


def test_a_database_that_is_away_or_empty_leaves_the_copy_as_it_is(
    edge_town: EdgeTown, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge_town.customer()
    copier = remote.copier
    copier.copy()
    before = copier.revisions()

    def nothing(*_: Any) -> list[Any]:
        return []

    def away(*_: Any) -> list[Any]:
        raise OperationalError("gone")

    monkeypatch.setattr(copying, "read_rows", nothing)
    with pytest.raises(NothingToCopy):
        copier.copy()
    monkeypatch.setattr(copying, "read_rows", away)
    with pytest.raises(OperationalError):
        copier.copy()
    assert copier.revisions() == before


def test_a_copy_that_breaks_off_has_changed_nothing(
    edge_town: EdgeTown, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = edge_town.customer()
    copier = remote.copier
    copier.copy()
    before = copier.revisions()
    acme.changes(trunk_lines=5, endpoint_limit=1)
    broken = copying._read

    def half(name: str, revision: int) -> Any:
        view = broken(name, revision)
        return view._replace(rows=[*view.rows, ("too", "many")]) if name == "group" else view

    monkeypatch.setattr(copying, "_read", half)
    with pytest.raises(sqlite3.Error):
        copier.copy()
    assert copier.revisions() == before
