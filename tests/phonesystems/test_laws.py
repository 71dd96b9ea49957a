"""What the database forbids about phone systems, whoever writes to it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.entitling import entitle, switch_off
from switchroom.phonesystems.models import Endpoint, Operation, PhoneNumber, PhoneSystem, RingGroup
from switchroom.phonesystems.numbers import take_number
from switchroom.plumbing.ids import new_id
from switchroom.rules.promise import Grants
from tests.phonesystems.conftest import AT, DAY


def endpoint_of(phone_system: PhoneSystem, extension: str) -> Endpoint:
    return Endpoint(
        phone_system=phone_system,
        name="Desk",
        extension=extension,
        sip_user=extension,
        ha1="0" * 32,
        position=1,
        created_at=AT,
    )


def test_what_is_on_is_not_deleted(acme: PhoneSystem) -> None:
    with pytest.raises(IntegrityError, match="what is on is not deleted"), transaction.atomic():
        PhoneSystem.objects.all().delete()
    switch_off(phone_system=acme, day=DAY, at=AT)
    PhoneSystem.objects.all().delete()


def test_no_endpoint_is_set_up_where_the_service_is_off(acme: PhoneSystem) -> None:
    endpoint_of(acme, "20").save()
    switch_off(phone_system=acme, day=DAY, at=AT)
    with (
        pytest.raises(IntegrityError, match="nothing is set up where the service is off"),
        transaction.atomic(),
    ):
        endpoint_of(acme, "21").save()
    Endpoint.objects.update(name="Door")


def test_no_more_endpoints_than_entitled_are_set_up_however_they_come(acme: PhoneSystem) -> None:
    with pytest.raises(IntegrityError, match="no more than entitled are set up"), transaction.atomic():
        Endpoint.objects.bulk_create(endpoint_of(acme, f"2{number}") for number in range(4))
    Endpoint.objects.bulk_create(endpoint_of(acme, f"2{number}") for number in range(3))


def test_an_extension_is_of_an_endpoint_or_of_a_ring_group(acme: PhoneSystem, bolt: PhoneSystem) -> None:
    endpoint_of(acme, "20").save()
    RingGroup.objects.create(phone_system=acme, name="Sales", extension="50", manner="all")
    RingGroup.objects.create(phone_system=bolt, name="Sales", extension="20", manner="all")
    for wrong in (
        lambda: endpoint_of(acme, "50").save(),
        lambda: Endpoint.objects.update(extension="50"),
        lambda: RingGroup.objects.create(phone_system=acme, name="More", extension="20", manner="all"),
        lambda: RingGroup.objects.filter(phone_system=acme).update(extension="20"),
    ):
        with pytest.raises(IntegrityError, match="an extension is"), transaction.atomic():
            wrong()


def test_only_what_belongs_to_the_phone_system_rings(
    acme: PhoneSystem, bolt: PhoneSystem, stock: None
) -> None:
    ours, theirs = endpoint_of(acme, "20"), endpoint_of(bolt, "20")
    ours.save()
    theirs.save()
    group = RingGroup.objects.create(phone_system=acme, name="Sales", extension="50", manner="all")
    group.members.create(endpoint=ours, position=1, seconds=20)
    with pytest.raises(IntegrityError, match="of the same phone system"), transaction.atomic():
        group.members.create(endpoint=theirs, position=2, seconds=20)
    number = take_number(phone_system=bolt, at=AT)
    mine = PhoneNumber.objects.filter(id=number.id)
    mine.update(rings_endpoint=theirs)
    for wrong in ({"rings_endpoint": ours}, {"rings_endpoint": None, "rings_group": group}):
        with pytest.raises(IntegrityError, match="same phone system"), transaction.atomic():
            mine.update(**wrong)
    taken = take_number(phone_system=acme, at=AT)
    with pytest.raises(IntegrityError, match="number_rings_one_thing"), transaction.atomic():
        PhoneNumber.objects.filter(id=taken.id).update(rings_endpoint=ours, rings_group=group)


def test_a_reduction_below_what_is_set_up_removes_nothing(acme: PhoneSystem) -> None:
    Endpoint.objects.bulk_create(endpoint_of(acme, f"2{number}") for number in range(3))
    entitle(phone_system=acme, entitled=Grants(1, 1, 1), day=DAY, at=AT)
    assert acme.endpoints.count() == 3


def test_no_number_is_assigned_beyond_the_limit_or_where_the_service_is_off(
    acme: PhoneSystem, stock: None
) -> None:
    for _ in range(2):
        take_number(phone_system=acme, at=AT)
    free = PhoneNumber.objects.filter(phone_system__isnull=True, area="Hamburg")
    with pytest.raises(IntegrityError, match="no more than entitled are assigned"), transaction.atomic():
        free.update(phone_system=acme)
    PhoneNumber.objects.filter(phone_system=acme).update(phone_system=None)
    switch_off(phone_system=acme, day=DAY, at=AT)
    with (
        pytest.raises(IntegrityError, match="nothing is assigned where the service is off"),
        transaction.atomic(),
    ):
        free.filter(e164="+494066969000").update(phone_system=acme)


@pytest.mark.parametrize("field", ["revision", "edge_revision"])
def test_revisions_only_grow(acme: PhoneSystem, field: str) -> None:
    PhoneSystem.objects.update(revision=7, edge_revision=7)
    with pytest.raises(IntegrityError, match="revisions only grow"), transaction.atomic():
        PhoneSystem.objects.update(**{field: F(field) - 1})


def test_the_edge_is_never_ahead(acme: PhoneSystem) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneSystem.objects.update(edge_revision=2)


def test_a_phone_system_never_changes_hands(acme: PhoneSystem, bolt: PhoneSystem) -> None:
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        PhoneSystem.objects.filter(id=acme.id).update(account=bolt.account)


def test_a_request_to_the_edge_never_changes_its_contents(acme: PhoneSystem) -> None:
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        Operation.objects.update(phone_system_id=new_id())


def test_no_number_goes_live_without_an_emergency_address(acme: PhoneSystem, stock: None) -> None:
    take_number(phone_system=acme, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneNumber.objects.filter(phone_system=acme).update(is_live=True)


def test_an_extension_is_used_once(acme: PhoneSystem) -> None:
    add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        endpoint_of(acme, "20").save()
