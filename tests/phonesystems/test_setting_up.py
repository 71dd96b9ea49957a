"""A phone system comes into being, or takes over from one that ends (rules 3.1 and 7.6)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from switchroom.phonesystems import naming
from switchroom.phonesystems.deletion import delete, nothing_left
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.entitling import entitled_to, over_limit, switch_off
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.numbers import go_live, set_emergency_address, take_number
from switchroom.phonesystems.operations import in_force
from switchroom.phonesystems.setting_up import set_up, take_over
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.models import Subscription
from tests.phonesystems.conftest import AT, DAY, ENTITLED, LATER, SetsUp, Subscribes, edge_caught_up


def test_it_is_on_empty_and_known_to_the_edge(acme: PhoneSystem) -> None:
    assert (acme.sip_label, acme.is_on, acme.revision) == ("acme", True, 1)
    assert entitled_to(acme) == ENTITLED
    assert not in_force(acme)
    edge_caught_up()
    assert in_force(acme)
    tenant = edge().known("acme")
    assert tenant is not None
    assert (tenant.realm, tenant.is_on, tenant.trunk_lines) == (acme.realm, True, 2)


def test_each_has_a_realm_of_its_own(acme: PhoneSystem, bolt: PhoneSystem) -> None:
    assert len(acme.realm) == 32
    assert acme.realm != bolt.realm


def test_it_refuses_a_name_that_is_taken(acme: PhoneSystem, subscribes: Subscribes) -> None:
    subscription = subscribes("Other")
    with pytest.raises(Refused, match="is already taken"):
        set_up(subscription=subscription, name=" acme ", entitled=ENTITLED, day=DAY, at=AT)
    assert (
        set_up(subscription=subscription, name=" Acme 2 ", entitled=ENTITLED, day=DAY, at=AT).name == "Acme 2"
    )


def test_it_refuses_a_name_that_another_took_since_it_looked(
    acme: PhoneSystem, subscribes: Subscribes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before is deceived, as it would be by a transaction that has not committed yet."""
    monkeypatch.setattr("switchroom.phonesystems.setting_up.check_name_free", lambda *, name: name.lower())
    with pytest.raises(Refused) as refused:
        set_up(subscription=subscribes("Other"), name="Acme", entitled=ENTITLED, day=DAY, at=AT)
    assert str(refused.value) == "The name “Acme” is already taken. “Acme 2” is free."


def test_a_subscription_has_only_one(acme: PhoneSystem) -> None:
    with pytest.raises(IntegrityError):
        set_up(subscription=acme.subscription, name="Second", entitled=ENTITLED, day=DAY, at=AT)


def test_a_follow_up_takes_over_name_domain_and_numbers(
    acme: PhoneSystem, follow_up: Subscription, stock: None
) -> None:
    first = take_number(phone_system=acme, area="Hamburg", at=AT)
    second = take_number(phone_system=acme, area="Berlin", at=AT)
    set_emergency_address(number=first, street="Elbweg 1", postal_code="20095", city="Hamburg", at=AT)
    go_live(number=first, at=AT)
    add_endpoint(phone_system=acme, name="Door", extension="20", at=AT)
    edge_caught_up()
    realm = acme.realm

    switch_off(phone_system=acme, day=DAY, at=LATER)
    small = Grants(trunk_lines=1, endpoints=1, phone_numbers=1)
    new = take_over(old=acme, subscription=follow_up, entitled=small, day=DAY, at=LATER)

    assert (new.name, new.sip_label, new.realm, new.is_on) == ("Acme", "acme", realm, True)
    assert naming.sip_domain_of(new) == "acme.phones.example.com"
    assert [number.e164 for number in new.numbers.all()] == [first.e164, second.e164]
    assert new.numbers.get(id=first.id).emergency_street == "Elbweg 1"
    assert new.numbers.get(id=first.id).is_live
    assert [number.e164 for number in over_limit(new).numbers] == [second.e164]
    assert new.endpoints.count() == 0
    assert acme.numbers.count() == 0
    assert acme.endpoints.count() == 1
    assert acme.sip_label == f"was-{acme.id.hex}"
    assert acme.realm != realm


def test_the_edge_passes_the_label_on_and_forgets_the_old_one(
    acme: PhoneSystem, follow_up: Subscription, stock: None
) -> None:
    edge_caught_up()
    switch_off(phone_system=acme, day=DAY, at=LATER)
    new = take_over(old=acme, subscription=follow_up, entitled=ENTITLED, day=DAY, at=LATER)
    delete(phone_system=acme, rule="7.5", day=DAY, at=LATER, quarantine_days=90)
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert (tenant.phone_system_id, tenant.is_on) == (new.id, True)
    assert nothing_left(acme.id) == []
    assert in_force(new)


def test_nobody_takes_over_from_what_was_deleted(acme: PhoneSystem, follow_up: Subscription) -> None:
    switch_off(phone_system=acme, day=DAY, at=AT)
    delete(phone_system=acme, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    with pytest.raises(Refused) as refused:
        take_over(old=acme, subscription=follow_up, entitled=ENTITLED, day=DAY, at=AT)
    assert refused.value.rule == "7.5"
    assert PhoneSystem.objects.count() == 0


def test_a_label_counts_on_under_its_next_holder(acme: PhoneSystem, sets_up: SetsUp) -> None:
    """So that a request for the former holder which comes late is older than what the edge knows."""
    switch_off(phone_system=acme, day=DAY, at=AT)
    delete(phone_system=acme, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    assert acme.revision == 2
    assert sets_up("ACME").revision == 3
