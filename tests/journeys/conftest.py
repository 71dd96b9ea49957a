"""A town for letters, and a world for the audit that is lived once and broken by each test anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from switchroom.plumbing.laws import drop_laws
from tests.cast import Town
from tests.journeys.world import World


@pytest.fixture
def town(db: None) -> Town:
    """A town on 1 June 2026 with nobody in it yet."""
    return Town().on("2026-06-01")


@pytest.fixture(scope="module")
def lived(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world, lived once for a module; it is gone when the module's last test is done."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def world(lived: World) -> World:
    """The world with the laws of the database out of force, so that facts can be broken."""
    connection.check_constraints()  # PostgreSQL drops no trigger while it still has something to check
    drop_laws(connection)
    return lived
