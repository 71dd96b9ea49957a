"""What becomes of a port-in and its document when it is over, or its phone system is; what the database
forbids (rules 7.5, 7.6 and 8.3).
"""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from switchroom.accounts.models import User
from switchroom.phonesystems import documents, porting, stored
from switchroom.phonesystems.backups import make_backup, thin_out
from switchroom.phonesystems.deletion import delete, nothing_left
from switchroom.phonesystems.entitling import switch_off
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.port_ins import PortIn, PortInNumber, PortInState
from switchroom.phonesystems.setting_up import take_over
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.models import Subscription
from tests.phonesystems.conftest import AT, DAY, ENTITLED, LATER, edge_caught_up, events_of
from tests.phonesystems.papers import JPEG, ON_THE_DAY, OPERATOR, PDF, confirmed, signed_order

# --- The document -------------------------------------------------------------------------------------------


def test_its_document_is_kept_encrypted_until_it_is_over(acme: PhoneSystem, alice: User) -> None:
    port_in = porting.ask(phone_system=acme, order=signed_order(content=JPEG), at=AT, user=alice)
    assert documents.opened(port_in) == JPEG
    assert b"JFIF" not in stored.fetch(port_in.document)
    assert (port_in.document_kind, port_in.document_size) == ("jpg", len(JPEG))
    name = port_in.document
    porting.withdraw(port_in=port_in, at=LATER, actor="alice@example.com")
    edge_caught_up()
    with pytest.raises(FileNotFoundError):
        stored.fetch(name)
    with pytest.raises(Refused, match="The document of this port-in is no longer kept here"):
        documents.opened(port_in)


def test_a_withdrawal_that_fails_erases_nothing(port_in: PortIn) -> None:
    with transaction.atomic():
        porting.withdraw(port_in=port_in, at=LATER, actor="alice@example.com")
        transaction.set_rollback(True)
    edge_caught_up()
    port_in.refresh_from_db()
    assert documents.opened(port_in) == PDF


def test_a_document_that_cannot_be_opened_is_said_to_be_gone(port_in: PortIn, settings: Settings) -> None:
    stored.drop(port_in.document)
    with pytest.raises(Refused, match="no longer kept here"):
        documents.opened(port_in)


def test_the_broom_of_the_backups_leaves_documents_alone(port_in: PortIn, acme: PhoneSystem) -> None:
    """It sweeps what somebody left who died between storing a file and writing its row."""
    make_backup(phone_system=acme, at=AT)
    make_backup(phone_system=acme, at=LATER)
    left_behind = stored.keep(acme.id, acme.subscription_id, b"of nobody")
    thin_out(at=LATER)
    assert port_in.document in stored.names_of(acme.id)
    assert left_behind not in stored.names_of(acme.id)


def test_a_lone_document_without_a_row_is_swept_up(port_in: PortIn, acme: PhoneSystem) -> None:
    left_behind = stored.keep(acme.id, acme.subscription_id, b"of nobody")
    thin_out(at=LATER)
    assert stored.names_of(acme.id) == [port_in.document]
    assert left_behind != port_in.document


# --- The end, and what follows ------------------------------------------------------------------------------


def test_it_goes_with_its_phone_system(
    acme: PhoneSystem, port_in: PortIn, bolt: PhoneSystem, alice: User
) -> None:
    other = porting.ask(phone_system=bolt, order=signed_order("030 9876501"), at=AT, user=alice)
    confirmed(port_in)
    switch_off(phone_system=acme, day=DAY, at=AT)
    assert "port-ins" in nothing_left(acme.id)
    delete(phone_system=acme, rule="7.5", day=DAY, at=LATER, quarantine_days=90)
    assert events_of(acme)[-2:] == ["port_in_dropped", "phone_system_deleted"]
    assert PortIn.objects.get() == other
    assert nothing_left(acme.id)
    edge_caught_up()
    assert nothing_left(acme.id) == []
    order = signed_order()
    assert porting.ask(phone_system=bolt, order=order, at=LATER, user=alice).is_open, (
        "it can be brought by others"
    )


def test_a_follow_up_goes_on_with_it(
    acme: PhoneSystem, follow_up: Subscription, port_in: PortIn, alice: User
) -> None:
    withdrawn = porting.ask(phone_system=acme, order=signed_order("030 9876501"), at=AT, user=alice)
    porting.withdraw(port_in=withdrawn, at=AT, actor="alice@example.com")
    confirmed(port_in)
    new = take_over(old=acme, subscription=follow_up, entitled=ENTITLED, day=DAY, at=LATER)
    switch_off(phone_system=acme, day=DAY, at=LATER)
    delete(phone_system=acme, rule="7.5", day=DAY, at=LATER, quarantine_days=90)
    assert "port_in_dropped" not in events_of(acme)
    edge_caught_up()
    assert nothing_left(acme.id) == []
    port_in = PortIn.objects.get()
    assert (port_in.phone_system, port_in.state) == (new, PortInState.CONFIRMED)
    assert documents.opened(port_in) == PDF
    porting.finish(port_in=port_in, at=ON_THE_DAY, operator=OPERATOR)
    assert [number.e164 for number in new.numbers.all()] == ["+49309876500"]


def test_a_document_that_is_gone_keeps_no_follow_up_from_beginning(
    acme: PhoneSystem, follow_up: Subscription, port_in: PortIn
) -> None:
    stored.drop(port_in.document)
    new = take_over(old=acme, subscription=follow_up, entitled=ENTITLED, day=DAY, at=LATER)
    port_in.refresh_from_db()
    assert (port_in.phone_system, port_in.document) == (new, "")


# --- What the database forbids ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"state": "flying"},
        {"state": "confirmed"},
        {"confirmed_on": DAY},
        {"state": "refused", "document": ""},
        {"reason": "because"},
        {"state": "withdrawn"},
        {"document_kind": "exe"},
        {"wished_on": DAY},
        {"present_provider": "Another"},
        {"holder_city": "Hamburg"},
    ],
)
def test_no_port_in_is_what_it_cannot_be(port_in: PortIn, change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PortIn.objects.update(**change)


def test_what_is_over_stays_over(port_in: PortIn) -> None:
    porting.withdraw(port_in=port_in, at=LATER, actor="alice@example.com")
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        PortIn.objects.update(state=PortInState.ASKED)
    with pytest.raises(IntegrityError, match="what is over is not opened again"), transaction.atomic():
        PortInNumber.objects.update(is_open=True)


def test_no_number_is_named_twice_nor_one_of_ours(
    bolt: PhoneSystem, port_in: PortIn, alice: User, stock: None
) -> None:
    other = porting.ask(phone_system=bolt, order=signed_order("030 9876501"), at=AT, user=alice)
    for e164 in ("+49309876500", "+49309876501"):
        with pytest.raises(IntegrityError), transaction.atomic():
            PortInNumber.objects.create(port_in=other, e164=e164)
    with pytest.raises(IntegrityError, match="in the stock is not brought along"), transaction.atomic():
        PortInNumber.objects.create(port_in=other, e164="+493023125000")
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        PortInNumber.objects.filter(port_in=other).update(e164="+49309876502")
