"""The end of a phone system: nothing left anywhere but the signed record (rule 7.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone

import pytest
from django.db import IntegrityError, transaction

from switchroom.phonesystems.backups import make_backup
from switchroom.phonesystems.deletion import StillOn, delete, nothing_left, verify
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.entitling import entitle, switch_off, switch_on
from switchroom.phonesystems.models import Backup, DeletionRecord, Endpoint, PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import go_live, set_emergency_address, take_number
from switchroom.phonesystems.queries import deletion_record_of, phone_system_of
from switchroom.plumbing.audit_trail import story_of
from switchroom.rules.refusals import Refused
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
        make_backup(phone_system=phone_system, user=None, at=AT)
    edge_caught_up()
    switch_off(phone_system=acme, day=DAY, at=AT)
    return acme


def deleted(phone_system: PhoneSystem) -> DeletionRecord:
    return delete(phone_system=phone_system, rule="7.5", day=DAY, at=LATER, quarantine_days=QUARANTINE_DAYS)


def test_nothing_is_left_but_the_record(leaving: PhoneSystem, bolt: PhoneSystem) -> None:
    deleted(leaving)
    assert nothing_left(leaving.id) == ["a request to the edge to forget it", "acme at the edge"]
    edge_caught_up()
    assert nothing_left(leaving.id) == []
    assert edge().known("acme") is None
    assert phone_system_of(leaving.subscription_id) is None
    for kept in (Endpoint, Backup):
        assert {row.phone_system_id for row in kept.objects.all()} == {bolt.id}
    assert edge().known("bolt") is not None


def test_before_it_everything_is_left(leaving: PhoneSystem) -> None:
    assert nothing_left(leaving.id) == [
        "the phone system",
        "endpoints",
        "backups",
        "number assignments",
        "acme at the edge",
    ]


def test_the_record_says_what_how_much_when_and_by_which_rule(leaving: PhoneSystem) -> None:
    record = deleted(leaving)
    assert record == deletion_record_of(leaving.subscription_id) == DeletionRecord.objects.get()
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
    deleted(leaving)
    record = DeletionRecord.objects.get()
    assert verify(record)
    changes = {
        "name": "Other",
        "rule": "3.3",
        "endpoints": 3,
        "phone_numbers": 0,
        "backups": 0,
        "revision": 1,
        "sip_label": "other",
        "deleted_on": DAY + timedelta(days=1),
        "deleted_at": LATER + timedelta(microseconds=1),
        "signature": "",
    }
    for field, value in changes.items():
        record = DeletionRecord.objects.get()
        setattr(record, field, value)
        assert not verify(record), field
    record = DeletionRecord.objects.get()
    record.deleted_at = record.deleted_at.astimezone(timezone(timedelta(hours=2)))
    assert verify(record)


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


def test_a_record_is_never_changed_nor_deleted(leaving: PhoneSystem) -> None:
    deleted(leaving)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        DeletionRecord.objects.update(rule="3.3")
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        DeletionRecord.objects.all().delete()
    assert verify(DeletionRecord.objects.get())


def test_the_numbers_of_others_are_untouched(leaving: PhoneSystem, bolt: PhoneSystem) -> None:
    deleted(leaving)
    assert PhoneNumber.objects.filter(phone_system=bolt, is_live=True).count() == 1
    assert PhoneNumber.objects.filter(phone_system__isnull=True, quarantine_until__isnull=True).count() == 18
