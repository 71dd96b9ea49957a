"""What the edge may read, and how it learns of a change: a revision that only the change itself counts."""

from __future__ import annotations

import secrets

import psycopg
import pytest
from django.db import connection, transaction

from switchroom.phonesystems.edges.kamailio.views import ROLE
from switchroom.phonesystems.models import RingGroup
from switchroom.plumbing.laws import install_laws
from tests.edge.conftest import EdgeTown, Tenant

VIEWS = ("tenant", "home", "endpoint", "extension", "number", "own", "group", "revision")


def revisions() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, revision FROM view_edge_revision")
        return dict(cursor.fetchall())


def counted(before: dict[str, int]) -> set[str]:
    """The views whose revision has grown."""
    return {name for name, revision in revisions().items() if revision > before.get(name, 0)}


@pytest.fixture
def acme(edge_town: EdgeTown) -> Tenant:
    return edge_town.customer(endpoints=2, numbers=2)


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"trunk_lines": 7}, {"tenant"}),
        ({"is_on": False}, {"tenant"}),
        ({"barring": "all", "barred_on": "2026-06-01"}, {"tenant"}),
        ({"endpoint_limit": 1}, {"endpoint", "group"}),
        ({"number_limit": 1}, {"tenant", "number", "own"}),
        ({"home_edge": "north", "standby_edge": "south"}, {"home"}),
        ({"name": "another"}, set()),
        ({"trunk_lines": 7, "endpoint_limit": 2, "number_limit": 2}, {"tenant"}),
        ({"trunk_lines": 2}, set()),
    ],
)
def test_a_change_counts_the_views_that_show_it(
    acme: Tenant, columns: dict[str, object], names: set[str]
) -> None:
    before = revisions()
    acme.changes(**columns)
    assert counted(before) == names


def test_endpoints_and_numbers_count_theirs(acme: Tenant) -> None:
    phone_system = acme.customer.phone_system
    assert phone_system is not None
    before = revisions()
    phone_system.endpoints.filter(extension="20").update(ha1="0" * 32)
    assert counted(before) == {"endpoint"}
    before = revisions()
    phone_system.endpoints.filter(extension="20").update(name="Hall")
    assert counted(before) == set()
    phone_system.endpoints.filter(extension="20").delete()
    assert counted(before) == {"endpoint", "extension", "group"}
    before = revisions()
    phone_system.numbers.update(is_live=False)
    assert counted(before) == {"number", "own", "tenant"}


def test_ring_groups_and_who_rings_count_theirs(acme: Tenant) -> None:
    phone_system = acme.customer.phone_system
    assert phone_system is not None
    endpoint = phone_system.endpoints.get(extension="20")
    before = revisions()
    group = RingGroup.objects.create(phone_system=phone_system, name="Sales", extension="50", manner="all")
    member = group.members.create(endpoint=endpoint, position=1, seconds=20)
    assert counted(before) == {"group", "number"}
    before = revisions()
    RingGroup.objects.update(name="Shop")
    assert counted(before) == set()
    RingGroup.objects.update(manner="in_order")
    member.seconds = 30
    member.save()
    assert counted(before) == {"group"}
    before = revisions()
    phone_system.numbers.update(rings_group=group)
    assert counted(before) == {"number"}
    phone_system.numbers.update(rings_group=None, rings_endpoint=endpoint)
    assert counted(before) == {"number", "own"}


def test_what_is_rolled_back_is_not_counted(acme: Tenant) -> None:
    before = revisions()
    with transaction.atomic():
        acme.changes(trunk_lines=9)
        transaction.set_rollback(True)
    assert counted(before) == set()


def test_the_role_of_the_edge_reads_its_views_and_nothing_else(acme: Tenant) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite knows no roles: whoever reads the file reads all of it
    password = secrets.token_hex(8)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE IF EXISTS {ROLE}")
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'")
    try:
        install_laws(connection)  # as every upgrade does
        own = connection.settings_dict
        with psycopg.connect(
            host=own["HOST"],
            port=own["PORT"],
            dbname=own["NAME"],
            user=ROLE,
            password=password,
            autocommit=True,
        ) as edge:
            for name in VIEWS:
                assert edge.execute(f"SELECT COUNT(*) FROM view_edge_{name}").fetchone() is not None
            for table in (
                "phonesystems_phonesystem",
                "phonesystems_endpoint",
                "accounts_user",
                "billing_invoice",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    edge.execute(f"SELECT * FROM {table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                edge.execute("UPDATE view_edge_revision SET revision = 0")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
