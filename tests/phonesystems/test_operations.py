"""Requests to the edge: promised with the change, repeated until done, harmless when late (rule 4.7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from switchroom.phonesystems import edges
from switchroom.phonesystems.deletion import UNPROVEN, delete, finish, nothing_left
from switchroom.phonesystems.edges.contract import Tenant
from switchroom.phonesystems.edges.recorder import RecordingEdge
from switchroom.phonesystems.entitling import entitle, switch_off
from switchroom.phonesystems.models import Operation, OperationState, PhoneSystem
from switchroom.phonesystems.operations import StillKnown, carry_out, in_force
from switchroom.phonesystems.setting_up import take_over
from switchroom.plumbing import outbox
from switchroom.plumbing.models import OutboxEntry
from switchroom.rules.promise import Grants
from switchroom.subscriptions.models import Subscription
from tests.engines import let_time_pass
from tests.phonesystems.conftest import AT, DAY, ENTITLED, LATER, SetsUp, edge_caught_up

MORE = Grants(trunk_lines=9, endpoints=9, phone_numbers=9)
Uses = Callable[[type[RecordingEdge]], None]


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch) -> Uses:
    """A function that puts another edge in the recorder's place."""
    return lambda kind: monkeypatch.setitem(edges.EDGES, "recorder", kind)


def waiting() -> list[str]:
    return [str(operation) for operation in Operation.objects.filter(state=OperationState.WAITING)]


def test_an_early_request_takes_a_later_change_along(acme: PhoneSystem) -> None:
    first = Operation.objects.get()
    entitle(phone_system=acme, entitled=MORE, day=DAY, at=LATER)
    carry_out(first.id)
    assert in_force(acme)
    tenant = edges.edge().known("acme")
    assert tenant is not None
    assert (tenant.trunk_lines, tenant.revision) == (9, 2)
    assert waiting() == ["push acme"]
    edge_caught_up()
    assert waiting() == []
    assert {operation.done_at is None for operation in Operation.objects.all()} == {False}


def test_a_change_that_is_rolled_back_is_not_told(acme: PhoneSystem) -> None:
    edge_caught_up()
    with transaction.atomic():
        entitle(phone_system=acme, entitled=MORE, day=DAY, at=LATER)
        transaction.set_rollback(True)
    acme.refresh_from_db()
    assert in_force(acme)
    assert waiting() == []


def test_it_is_tried_again_while_the_edge_cannot_be_reached(acme: PhoneSystem, uses: Uses) -> None:
    class Unreachable(RecordingEdge):
        def push(self, tenant: Tenant) -> None:
            raise ConnectionError("the edge does not answer")

    uses(Unreachable)
    outbox.drain()
    assert not in_force(acme)
    entry = OutboxEntry.objects.get()
    assert "the edge does not answer" in entry.last_error
    assert entry.dead_at is None

    uses(RecordingEdge)
    let_time_pass(timedelta(hours=1))
    outbox.drain()
    assert in_force(acme)
    assert waiting() == []


def test_it_is_tried_again_while_the_edge_still_knows_what_was_deleted(acme: PhoneSystem, uses: Uses) -> None:
    class Stubborn(RecordingEdge):
        def delete(self, sip_label: str, **_: object) -> None:
            """It says yes and does nothing."""

    edge_caught_up()
    switch_off(phone_system=acme, day=DAY, at=AT)
    delete(phone_system=acme, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    uses(Stubborn)
    deletion = Operation.objects.get(kind="delete")
    with pytest.raises(StillKnown):
        carry_out(deletion.id)
    outbox.drain()
    assert nothing_left(acme.id) == ["a request to the edge to forget it", UNPROVEN, "acme at the edge"]

    uses(RecordingEdge)
    carry_out(deletion.id)
    finish(acme.id)
    assert nothing_left(acme.id) == []


def test_a_worker_that_was_slow_while_it_was_deleted_takes_back_what_it_sent(
    acme: PhoneSystem, uses: Uses
) -> None:
    """Between reading the row and reaching the edge, the phone system is deleted, at the edge too."""

    class Slow(RecordingEdge):
        def push(self, tenant: Tenant) -> None:
            uses(RecordingEdge)
            switch_off(phone_system=acme, day=DAY, at=AT)
            delete(phone_system=acme, rule="7.5", day=DAY, at=AT, quarantine_days=90)
            carry_out(Operation.objects.get(kind="delete").id)
            finish(acme.id)
            assert nothing_left(acme.id) == []
            super().push(tenant)
            assert nothing_left(acme.id) == ["acme at the edge"]

    uses(Slow)
    carry_out(Operation.objects.get().id)
    assert nothing_left(acme.id) == []


def test_when_that_worker_dies_the_repeated_request_does_it(acme: PhoneSystem, uses: Uses) -> None:
    class DiesAfterwards(RecordingEdge):
        def push(self, tenant: Tenant) -> None:
            uses(RecordingEdge)
            switch_off(phone_system=acme, day=DAY, at=AT)
            delete(phone_system=acme, rule="7.5", day=DAY, at=AT, quarantine_days=90)
            carry_out(Operation.objects.get(kind="delete").id)
            finish(acme.id)
            super().push(tenant)
            raise SystemExit

    first = Operation.objects.get()
    uses(DiesAfterwards)
    with pytest.raises(SystemExit):
        carry_out(first.id)
    assert nothing_left(acme.id) == ["acme at the edge"]
    carry_out(first.id)
    assert nothing_left(acme.id) == []


def test_a_late_request_for_the_old_one_does_not_harm_the_follow_up(
    acme: PhoneSystem, follow_up: Subscription, uses: Uses
) -> None:
    made: list[PhoneSystem] = []

    class Slow(RecordingEdge):
        def push(self, tenant: Tenant) -> None:
            uses(RecordingEdge)
            switch_off(phone_system=acme, day=DAY, at=AT)
            made.append(take_over(old=acme, subscription=follow_up, entitled=MORE, day=DAY, at=AT))
            carry_out(Operation.objects.get(phone_system_id=made[0].id).id)
            super().push(tenant)

    uses(Slow)
    carry_out(Operation.objects.get().id)
    tenant = edges.edge().known("acme")
    assert tenant is not None
    assert (tenant.phone_system_id, tenant.trunk_lines) == (made[0].id, 9)
    edge_caught_up()
    assert edges.edge().known("acme") == tenant


def test_a_late_request_for_a_deleted_one_does_not_harm_who_took_the_name(
    acme: PhoneSystem, sets_up: SetsUp, uses: Uses
) -> None:
    made: list[PhoneSystem] = []

    class Slow(RecordingEdge):
        def push(self, tenant: Tenant) -> None:
            uses(RecordingEdge)
            switch_off(phone_system=acme, day=DAY, at=AT)
            delete(phone_system=acme, rule="7.5", day=DAY, at=AT, quarantine_days=90)
            made.append(sets_up("ACME", MORE))
            edge_caught_up()
            super().push(tenant)

    first = Operation.objects.get()
    OutboxEntry.objects.all().delete()
    uses(Slow)
    carry_out(first.id)
    tenant = edges.edge().known("acme")
    assert tenant is not None
    assert tenant.phone_system_id == made[0].id
    assert in_force(made[0])
    assert nothing_left(acme.id) == []


def test_repeating_a_request_changes_nothing(acme: PhoneSystem) -> None:
    edge_caught_up()
    operation = Operation.objects.get()
    carry_out(operation.id)
    before, operation = operation, Operation.objects.get()
    assert operation.done_at == before.done_at
    assert in_force(acme)
    assert not entitle(phone_system=acme, entitled=ENTITLED, day=DAY, at=LATER)
