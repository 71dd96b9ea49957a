"""Laws of the database: in force on both engines, also after a migration that rebuilds a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client

from switchroom.plumbing import audit_trail, laws
from switchroom.plumbing.models import AuditEvent


def an_event() -> AuditEvent:
    audit_trail.record(
        kind="trial.started",
        day=date(2026, 6, 1),
        account_id=uuid4(),
        actor="dana@example.com",
        facts={"n": 1},
    )
    return AuditEvent.objects.latest("id")


@pytest.mark.django_db
def test_what_happened_is_never_changed() -> None:
    an_event()
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        AuditEvent.objects.update(actor="somebody else")


@pytest.mark.django_db
def test_what_happened_is_never_deleted() -> None:
    an_event()
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        AuditEvent.objects.all().delete()
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_all_declared_laws_are_in_force() -> None:
    assert len(laws.all_laws()) >= 2
    assert laws.missing_laws(connection) == []
    laws.check_laws(connection)


@pytest.mark.django_db
def test_a_missing_law_is_noticed_at_start_and_by_whoever_watches(client: Client) -> None:
    laws.drop_laws(connection)
    assert "law_plumbing_auditevent_undeletable" in laws.missing_laws(connection)
    with pytest.raises(laws.LawsMissing, match="switchroom prepare"):
        laws.check_laws(connection)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "law law_plumbing_auditevent_undeletable" in answer.json()["missing"]
    laws.install_laws(connection)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_installing_twice_changes_nothing() -> None:
    laws.install_laws(connection)
    laws.install_laws(connection)
    assert laws.missing_laws(connection) == []


@pytest.mark.django_db
def test_a_law_of_an_earlier_version_goes_with_the_next_migrate() -> None:
    (old,) = laws.undeletable("plumbing_townclock")
    with connection.cursor() as cursor:
        cursor.execute(old.postgresql if connection.vendor == "postgresql" else old.sqlite)
    laws.install_laws(connection)
    assert old.name not in {name for name, _ in laws._in_force(connection)}


@pytest.mark.django_db
def test_a_law_whose_wording_changed_is_to_be_renewed() -> None:
    assert laws.laws_to_renew(connection) == []
    name = "law_plumbing_auditevent_undeletable"
    (weaker,) = laws.undeletable("plumbing_auditevent", when="OLD.actor = 'nobody'")
    (old,) = laws.undeletable("plumbing_townclock")
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + (" ON plumbing_auditevent" if is_postgresql else ""))
        assert laws.laws_to_renew(connection) == [name]
        if is_postgresql:
            cursor.execute(f"DROP FUNCTION {name}()")
        for law in (weaker, old):
            cursor.execute(law.postgresql if is_postgresql else law.sqlite)
    assert laws.laws_to_renew(connection) == [name, old.name]
    laws.install_laws(connection)
    assert laws.laws_to_renew(connection) == []


@pytest.mark.django_db(transaction=True)
def test_laws_survive_a_migration_that_rebuilds_their_table() -> None:
    """Widening a column rebuilds the whole table on SQLite, which loses its triggers by itself."""
    event = an_event()
    field = AuditEvent._meta.get_field("kind")
    assert isinstance(field, models.CharField)
    wider = models.CharField(max_length=99)
    wider.set_attributes_from_name("kind")
    wider.model = AuditEvent
    plumbing = apps.get_app_config("plumbing")

    laws.before_migrate(using="default", sender=plumbing)
    with connection.schema_editor() as editor:
        editor.alter_field(AuditEvent, field, wider)
    with connection.schema_editor() as editor:
        editor.alter_field(AuditEvent, wider, field)
    laws.after_migrate(using="default", sender=plumbing)

    assert laws.missing_laws(connection) == []
    with pytest.raises(IntegrityError):
        AuditEvent.objects.filter(pk=event.pk).update(kind="trial.never")


@pytest.mark.django_db(transaction=True)
def test_migrate_itself_leaves_all_laws_in_force() -> None:
    laws.drop_laws(connection)
    call_command("migrate", verbosity=0)
    assert laws.missing_laws(connection) == []


@pytest.fixture
def narrow_table(db: None) -> Iterator[None]:
    """A table of our own with laws on one column, on rows that meet a condition, and with a view over it."""
    made = [
        *laws.immutable("bills", ["net", "note"], when="OLD.number IS NOT NULL"),
        *laws.undeletable("bills", when="OLD.number IS NOT NULL"),
        laws.refuse(
            name="law_bills_positive",
            table="bills",
            event="INSERT",
            when="NEW.net < 0",
            sentence="It isn't owed",
        ),
        laws.view(name="view_issued", select="SELECT id, net FROM bills WHERE number IS NOT NULL"),
    ]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bills (id integer PRIMARY KEY, net integer, note text, number integer)")
        for law in made:
            cursor.execute(law.postgresql if connection.vendor == "postgresql" else law.sqlite)
        cursor.execute("INSERT INTO bills VALUES (1, 100, NULL, NULL), (2, 200, NULL, 7)")
    yield
    laws.drop_laws(connection)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bills")
    laws.install_laws(connection)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bills SET net = 150 WHERE id = 1",
        "UPDATE bills SET net = 200, number = 7 WHERE id = 2",
        "UPDATE bills SET number = 8 WHERE id = 2",
        "DELETE FROM bills WHERE id = 1",
        "INSERT INTO bills VALUES (3, 0, NULL, NULL)",
    ],
)
def test_a_law_allows_what_it_does_not_speak_of(narrow_table: None, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 1


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE bills SET net = 201 WHERE id = 2", "net, note never change"),
        ("UPDATE bills SET net = NULL WHERE id = 2", "net, note never change"),
        ("UPDATE bills SET note = 'x' WHERE id = 2", "net, note never change"),
        ("DELETE FROM bills", "never deleted"),
        ("INSERT INTO bills VALUES (3, -1, NULL, NULL)", "It isn't owed"),
    ],
)
def test_a_law_refuses_in_its_own_sentence(narrow_table: None, statement: str, sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_view_is_a_law_too(narrow_table: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, net FROM view_issued")
        assert cursor.fetchall() == [(2, 200)]


@pytest.mark.parametrize("name", ["bills_immutable", "law_" + "x" * 60])
def test_a_law_with_a_name_that_we_could_not_find_again_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must begin with law_"):
        laws.refuse(name=name, table="bills", event="DELETE", sentence="No")
