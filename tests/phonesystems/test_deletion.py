"""The end of a phone system: nothing left anywhere but the signed record (rule 7.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from switchroom.phonesystems import deletion, keys, operations, sealing, stored
from switchroom.phonesystems.backups import make_backup, opened
from switchroom.phonesystems.deletion import (
    UNPROVEN,
    StillLeft,
    StillOn,
    delete,
    finish,
    finish_all,
    nothing_left,
)
from switchroom.phonesystems.deletion_record import file_of, read_file, verify
from switchroom.phonesystems.edge_nodes import EdgeQuestion
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.entitling import entitle, switch_off, switch_on
from switchroom.phonesystems.models import (
    Backup,
    CallKind,
    CallRecord,
    DeletionRecord,
    Endpoint,
    Operation,
    OperationKind,
    PhoneNumber,
    PhoneSystem,
)
from switchroom.phonesystems.numbers import go_live, set_emergency_address, take_number
from switchroom.phonesystems.queries import deletion_record_of, phone_system_of
from switchroom.plumbing.audit_trail import story_of
from switchroom.plumbing.laws import drop_laws, install_laws
from switchroom.rules.refusals import Refused
from tests.engines import Died
from tests.phonesystems.conftest import AT, DAY, ENTITLED, LATER, edge_caught_up

QUARANTINE_DAYS = 90


@pytest.fixture
def leaving(acme: PhoneSystem, bolt: PhoneSystem, stock: None) -> PhoneSystem:
    """Acme with two endpoints, a live number and a backup, switched off; Bolt has as much and stays."""
    for phone_system in (bolt, acme):
        for extension in ("20", "21"):
            add_endpoint(phone_system=phone_system, name="Desk", extension=extension, at=AT)
        number = take_number(phone_system=phone_system, at=AT)
        set_emergency_address(number=number, street="Allee 1", postal_code="10115", city="Berlin", at=AT)
        go_live(number=number, at=AT)
        make_backup(phone_system=phone_system, at=AT)
        CallRecord.objects.create(
            phone_system=phone_system,
            kind=CallKind.OUTBOUND,
            caller="20",
            called="+493012345678",
            began_at=AT,
            ended_at=LATER,
            cause=200,
        )
    edge_caught_up()
    switch_off(phone_system=acme, day=DAY, at=AT)
    return acme


def deleted(phone_system: PhoneSystem) -> DeletionRecord:
    return delete(phone_system=phone_system, rule="7.5", day=DAY, at=LATER, quarantine_days=QUARANTINE_DAYS)


def gone(phone_system: PhoneSystem) -> DeletionRecord:
    """The record of a deletion that is through."""
    id_ = deleted(phone_system).id
    edge_caught_up()
    return DeletionRecord.objects.get(id=id_)


def test_nothing_is_left_but_the_record(leaving: PhoneSystem, bolt: PhoneSystem) -> None:
    deleted(leaving)
    assert nothing_left(leaving.id) == [
        "a request to the edge to forget it",
        "the proof that nothing is left",
        "acme at the edge",
        "files of backups",
        "the key of its backups",
    ]
    edge_caught_up()
    assert nothing_left(leaving.id) == []
    assert stored.names_of(bolt.id)
    assert keys.has_key(bolt.id)
    assert edge().known("acme") is None
    assert phone_system_of(leaving.subscription_id) is None
    for kept in (Endpoint, Backup, CallRecord):
        assert {row.phone_system_id for row in kept.objects.all()} == {bolt.id}
    assert edge().known("bolt") is not None


def test_what_pages_have_asked_edges_about_it_is_deleted_too(leaving: PhoneSystem, bolt: PhoneSystem) -> None:
    for one in (leaving, bolt):
        EdgeQuestion.objects.create(node="north", phone_system_id=one.id, sip_users=["20"], asked_at=AT)
    deleted(leaving)
    assert "questions to edges" in nothing_left(leaving.id)
    edge_caught_up()
    assert nothing_left(leaving.id) == []
    assert EdgeQuestion.objects.get().phone_system_id == bolt.id


def test_before_it_everything_is_left(leaving: PhoneSystem) -> None:
    assert nothing_left(leaving.id) == [
        "the phone system",
        "endpoints",
        "backups",
        "call records",
        "number assignments",
        "acme at the edge",
        "files of backups",
        "the key of its backups",
    ]


def test_a_copy_of_a_file_of_ours_can_never_be_opened_again(leaving: PhoneSystem, settings: Settings) -> None:
    backup = Backup.objects.get(phone_system=leaving)
    copy, sealed = stored.fetch(backup.file), opened(backup)
    gone(leaving)
    with pytest.raises(FileNotFoundError):
        stored.fetch(backup.file)
    with pytest.raises(keys.KeyGone):
        keys.identity_of(leaving.id)
    with pytest.raises(keys.KeyGone):
        keys.recipient_for(leaving.id)
    with pytest.raises(Refused, match="its key is no longer there"):
        sealing.unsealed(copy, phone_system_id=leaving.id)
    assert not any(sealed[:40] in file.read_bytes() for file in settings.KEY_DIR.iterdir())


@pytest.mark.parametrize("step", ["stored.forget", "keys.bury", "deletion_record.sign", "keys.bury 2"])
def test_whoever_dies_after_a_step_leaves_what_the_next_one_finishes(
    leaving: PhoneSystem, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = deleted(leaving)
    name, _, times = step.partition(" ")
    module, _, function = name.partition(".")
    real = getattr(getattr(deletion, module), function)
    calls = []

    def die(*args: object, **kwargs: object) -> None:
        calls.append(real(*args, **kwargs))
        if len(calls) == int(times or 1):
            raise Died

    with monkeypatch.context() as dying:
        dying.setattr(f"switchroom.phonesystems.{name}", die)
        operations.carry_out(Operation.objects.get(kind=OperationKind.DELETE).id)
        with pytest.raises(Died):
            finish(leaving.id)
    finish(leaving.id)
    assert nothing_left(leaving.id) == []
    record.refresh_from_db()
    assert verify(record)
    assert keys.tombstone_of(leaving.id) == file_of(record)


def test_it_is_not_signed_while_the_edge_knows_it(leaving: PhoneSystem) -> None:
    record = deleted(leaving)
    with pytest.raises(StillLeft, match="acme at the edge"):
        finish(leaving.id)
    finish_all()
    record.refresh_from_db()
    assert (record.verified_at, record.signature) == (None, "")
    assert not verify(record)
    assert UNPROVEN in nothing_left(leaving.id)
    edge_caught_up()
    record.refresh_from_db()
    assert verify(record)


def test_a_database_restored_from_an_older_copy_does_not_bring_it_back(
    leaving: PhoneSystem, bolt: PhoneSystem, stock: None
) -> None:
    kept = {
        model: list(model._default_manager.filter(phone_system=leaving))
        for model in (Endpoint, Backup, CallRecord, PhoneNumber)
    }
    record = gone(leaving)
    said = file_of(record)
    drop_laws(connection)  # the older copy, as if it had been loaded
    DeletionRecord.objects.all().delete()
    leaving.is_on = True
    leaving.save(force_insert=True)
    for rows in kept.values():
        for row in rows:
            row.save()
    install_laws(connection)
    (again,) = deletion.risen()
    deletion.delete_again(phone_system=again, at=LATER)
    edge_caught_up()
    assert nothing_left(leaving.id) == []
    assert PhoneSystem.objects.get() == bolt
    kept_record = DeletionRecord.objects.get()
    assert file_of(kept_record) == said
    assert verify(kept_record)
    assert list(deletion.risen()) == []


def test_the_record_says_what_how_much_when_and_by_which_rule(leaving: PhoneSystem) -> None:
    record = deleted(leaving)
    assert record == deletion_record_of(leaving.subscription_id) == DeletionRecord.objects.get()
    assert (record.calls, record.verified_at, record.signature) == (1, None, "")
    assert (record.name, record.sip_label, record.rule) == ("Acme", "acme", "7.5")
    assert (record.deleted_on, record.deleted_at) == (DAY, LATER)
    assert (record.endpoints, record.phone_numbers, record.backups) == (2, 1, 1)
    assert (record.account_id, record.phone_system_id) == (leaving.account_id, leaving.id)
    event = story_of(subscription_id=leaving.subscription_id).last()
    assert event is not None
    assert (event.kind, event.happened_on) == ("phone_system_deleted", DAY)
    assert event.facts == {
        "phone_system": "Acme",
        "rule": "7.5",
        "endpoints": 2,
        "phone_numbers": 1,
        "backups": 1,
    }


def test_numbers_go_to_quarantine_without_their_address(leaving: PhoneSystem) -> None:
    number = leaving.numbers.get()
    deleted(leaving)
    number.refresh_from_db()
    assert number.quarantine_until == DAY + timedelta(days=QUARANTINE_DAYS)
    assert (number.phone_system_id, number.is_live, number.emergency_city) == (None, False, "")


def test_its_signature_holds_for_exactly_what_it_says(leaving: PhoneSystem) -> None:
    assert verify(gone(leaving))
    changes = {
        "name": "Other",
        "rule": "3.3",
        "endpoints": 3,
        "phone_numbers": 0,
        "backups": 0,
        "calls": 0,
        "revision": 1,
        "sip_label": "other",
        "deleted_on": DAY + timedelta(days=1),
        "deleted_at": LATER + timedelta(microseconds=1),
        "verified_at": AT,
        "public_key": "",
        "signature": "",
    }
    for field, value in changes.items():
        record = DeletionRecord.objects.get()
        setattr(record, field, value)
        assert not verify(record), field
    record = DeletionRecord.objects.get()
    record.deleted_at = record.deleted_at.astimezone(timezone(timedelta(hours=2)))
    assert verify(record)


def test_its_file_can_be_checked_by_anybody(leaving: PhoneSystem) -> None:
    record = gone(leaving)
    file = file_of(record)
    signed = read_file(file)
    assert signed.holds
    assert (signed.record.name, signed.record.backups, signed.public_key) == ("Acme", 1, record.public_key)
    assert not read_file(file.replace(b'"backups": 1', b'"backups": 2')).holds


def test_what_is_on_is_not_deleted(acme: PhoneSystem) -> None:
    with pytest.raises(StillOn):
        deleted(acme)
    assert PhoneSystem.objects.filter(id=acme.id).exists()
    assert DeletionRecord.objects.count() == 0


def test_it_is_deleted_once(leaving: PhoneSystem) -> None:
    stale = PhoneSystem.objects.get(id=leaving.id)
    deleted(leaving)
    with pytest.raises(Refused) as refused:
        deleted(stale)
    assert refused.value.rule == "7.5"
    assert DeletionRecord.objects.count() == 1


def test_a_transaction_that_fails_deletes_nothing(leaving: PhoneSystem) -> None:
    with transaction.atomic():
        deleted(leaving)
        transaction.set_rollback(True)
    assert PhoneSystem.objects.get(id=leaving.id).endpoints.count() == 2
    edge_caught_up()
    assert edge().known("acme") is not None


def test_nothing_switches_it_on_again(leaving: PhoneSystem) -> None:
    deleted(leaving)
    attempts: list[Callable[[], object]] = [
        lambda: switch_on(phone_system=leaving, day=DAY, at=LATER),
        lambda: entitle(phone_system=leaving, entitled=ENTITLED, day=DAY, at=LATER),
    ]
    for attempt in attempts:
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.rule == "7.5"


def test_a_record_is_signed_once_and_never_changed_nor_deleted(leaving: PhoneSystem) -> None:
    deleted(leaving)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        DeletionRecord.objects.update(rule="3.3")
    with pytest.raises(IntegrityError), transaction.atomic():
        DeletionRecord.objects.update(signature="of nothing")
    edge_caught_up()
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        DeletionRecord.objects.update(verified_at=AT)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        DeletionRecord.objects.all().delete()
    assert verify(DeletionRecord.objects.get())


def test_the_numbers_of_others_are_untouched(leaving: PhoneSystem, bolt: PhoneSystem) -> None:
    deleted(leaving)
    assert PhoneNumber.objects.filter(phone_system=bolt, is_live=True).count() == 1
    assert PhoneNumber.objects.filter(phone_system__isnull=True, quarantine_until__isnull=True).count() == 18
