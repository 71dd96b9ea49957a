"""Ring groups: set up, changed, members in their turns, numbers that ring them (rules 6.3, 8.2 and 8.3)."""

from __future__ import annotations

import pytest

from switchroom.phonesystems import ring_groups
from switchroom.phonesystems.deletion import delete, nothing_left
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.contract import TenantGroup, TenantNumber, TenantRing
from switchroom.phonesystems.endpoints import add_endpoint, remove_endpoint, reorder
from switchroom.phonesystems.entitling import entitle, switch_off
from switchroom.phonesystems.models import Endpoint, PhoneNumber, PhoneSystem, RingGroup, RingGroupMember
from switchroom.phonesystems.numbers import go_live, let_ring, set_emergency_address, take_number
from switchroom.phonesystems.ring_groups import (
    add_group,
    add_member,
    change_group,
    remove_group,
    remove_member,
    reorder_members,
    set_seconds,
)
from switchroom.phonesystems.setting_up import take_over
from switchroom.plumbing.audit_trail import story_of
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.models import Subscription
from tests.phonesystems.conftest import AT, DAY, ENTITLED, LATER, edge_caught_up, events_of


@pytest.fixture
def equipped(acme: PhoneSystem, stock: None) -> PhoneSystem:
    """Acme with the endpoints 20, 21 and 22, and a number that takes calls."""
    for extension in ("20", "21", "22"):
        add_endpoint(phone_system=acme, name=f"Desk {extension}", extension=extension, at=AT)
    number = take_number(phone_system=acme, at=AT)
    set_emergency_address(number=number, street="Allee 1", postal_code="10115", city="Berlin", at=AT)
    go_live(number=number, at=AT)
    return acme


def group_of(phone_system: PhoneSystem, *extensions: str, manner: str = "in_order") -> RingGroup:
    """The group 50 of these extensions; the first rings for ten seconds, the next for eleven, and so on."""
    group = add_group(phone_system=phone_system, name="Sales", extension="50", manner=manner, at=AT)
    for seconds, extension in enumerate(extensions, start=10):
        endpoint = phone_system.endpoints.get(extension=extension)
        add_member(group=group, endpoint=endpoint, seconds=seconds, at=AT)
    return group


def turns_of(group: RingGroup) -> list[tuple[str, int]]:
    members = group.members.order_by("position").select_related("endpoint")
    return [(member.endpoint.extension, member.seconds) for member in members]


def sip_user_of(extension: str) -> str:
    return Endpoint.objects.get(extension=extension).sip_user


def test_a_group_and_who_rings_it_reach_the_edge(equipped: PhoneSystem) -> None:
    group = group_of(equipped, "22", "20")
    let_ring(number=PhoneNumber.objects.get(phone_system=equipped), group=group, at=AT)
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    rings = (TenantRing(sip_user_of("22"), 10), TenantRing(sip_user_of("20"), 11))
    assert tenant.groups == (TenantGroup("50", in_order=True, rings=rings),)
    assert tenant.numbers == (TenantNumber("+493023125000", over=False, group="50"),)
    story = story_of(subscription_id=equipped.subscription_id)
    assert [(event.kind, event.facts) for event in story][-2:] == [
        ("ring_group_added", {"phone_system": "Acme", "name": "Sales", "extension": "50"}),
        ("number_rings", {"phone_system": "Acme", "number": "+493023125000", "rings": "Sales"}),
    ]


def test_who_is_over_the_limit_does_not_ring(equipped: PhoneSystem) -> None:
    group_of(equipped, "22", "20")
    entitle(phone_system=equipped, entitled=Grants(2, 2, 2), day=DAY, at=AT)
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert tenant.groups[0].rings == (TenantRing(sip_user_of("20"), 11),)
    ids = [Endpoint.objects.get(extension=extension).id for extension in ("22", "20", "21")]
    reorder(phone_system=equipped, ids=ids, at=AT)
    edge_caught_up()
    tenant = edge().known("acme")
    assert tenant is not None
    assert len(tenant.groups[0].rings) == 2


def test_members_are_put_in_order_given_time_and_taken_out(equipped: PhoneSystem) -> None:
    group = group_of(equipped, "20", "21", "22")
    first, second, third = group.members.order_by("position")
    reorder_members(group=group, ids=[third.id, first.id, second.id], at=AT)
    set_seconds(member=first, seconds=60, at=AT)
    remove_member(member=second, at=AT)
    assert turns_of(group) == [("22", 12), ("20", 60)]
    assert add_member(group=group, endpoint=first.endpoint, seconds=5, at=AT) == first  # it rings already
    assert turns_of(group) == [("22", 12), ("20", 60)]
    with pytest.raises(Refused, match="list has changed meanwhile"):
        reorder_members(group=group, ids=[first.id], at=AT)


@pytest.mark.parametrize("seconds", [4, 61, 0, -1])
def test_a_turn_is_neither_too_short_nor_too_long(equipped: PhoneSystem, seconds: int) -> None:
    group = group_of(equipped, "20")
    with pytest.raises(Refused) as refused:
        set_seconds(member=group.members.get(), seconds=seconds, at=AT)
    assert (refused.value.rule, str(refused.value)) == ("8.2", "A phone rings for 5 to 60 seconds.")
    with pytest.raises(Refused):
        add_member(group=group, endpoint=Endpoint.objects.get(extension="21"), seconds=seconds, at=AT)
    assert turns_of(group) == [("20", 10)]


def test_all_turns_together_end_before_a_call_is_given_up(equipped: PhoneSystem) -> None:
    entitle(phone_system=equipped, entitled=Grants(2, 4, 2), day=DAY, at=AT)
    add_endpoint(phone_system=equipped, name="Desk", extension="23", at=AT)
    group = group_of(equipped, "20", "21", "22", "23", manner="all")
    for member in group.members.all():
        set_seconds(member=member, seconds=45, at=AT)  # at once they may
    asked = {"name": "Sales", "extension": "50", "manner": "in_order"}
    with pytest.raises(Refused) as refused:
        change_group(group=group, **asked, at=AT)
    assert str(refused.value) == (
        "One after another they would ring for 180 seconds; the most is 170, because then a call is given up."
    )
    set_seconds(member=group.members.all()[0], seconds=35, at=AT)
    change_group(group=group, **asked, at=AT)
    with pytest.raises(Refused):
        set_seconds(member=group.members.all()[0], seconds=36, at=AT)
    remove_member(member=group.members.all()[3], at=AT)
    with pytest.raises(Refused):
        add_member(group=group, endpoint=Endpoint.objects.get(extension="23"), seconds=46, at=AT)
    add_member(group=group, endpoint=Endpoint.objects.get(extension="23"), seconds=45, at=AT)


def test_an_extension_is_an_endpoints_or_a_groups(equipped: PhoneSystem) -> None:
    group = group_of(equipped, "20")
    remove_endpoint(endpoint=Endpoint.objects.get(extension="22"), at=AT)
    taken = "is already in use. Please choose another one."
    with pytest.raises(Refused, match=f"Extension 50 {taken}"):
        add_endpoint(phone_system=equipped, name="Desk", extension="50", at=AT)
    for extension in ("20", "50"):
        with pytest.raises(Refused, match=f"Extension {extension} {taken}"):
            add_group(phone_system=equipped, name="More", extension=extension, manner="all", at=AT)
    with pytest.raises(Refused, match=f"Extension 21 {taken}"):
        change_group(group=group, name="Sales", extension="21", manner="all", at=AT)
    for wrong in ("112", "0", "1", "1234567"):
        with pytest.raises(Refused):
            add_group(phone_system=equipped, name="More", extension=wrong, manner="all", at=AT)
    change_group(group=group, name=" Shop ", extension="51", manner="all", at=AT)
    assert (group.name, group.extension, group.manner) == ("Shop", "51", "all")


def test_where_it_is_off_no_group_is_set_up_but_one_may_go(equipped: PhoneSystem) -> None:
    group = group_of(equipped, "20")
    switch_off(phone_system=equipped, day=DAY, at=AT)
    with pytest.raises(Refused, match="switched off"):
        add_group(phone_system=equipped, name="More", extension="51", manner="all", at=AT)
    remove_group(group=group, at=AT)
    assert RingGroup.objects.count() == 0


def test_there_is_an_end_of_groups(equipped: PhoneSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_groups, "MOST_GROUPS", 1)
    group_of(equipped, "20")
    with pytest.raises(Refused, match="at most 1 ring groups"):
        add_group(phone_system=equipped, name="More", extension="51", manner="all", at=AT)


def test_what_is_removed_rings_no_more(equipped: PhoneSystem) -> None:
    group = group_of(equipped, "20", "21")
    number = PhoneNumber.objects.get(phone_system=equipped)
    let_ring(number=number, endpoint=Endpoint.objects.get(extension="20"), at=AT)
    remove_endpoint(endpoint=Endpoint.objects.get(extension="20"), at=AT)
    number.refresh_from_db()
    assert (number.rings_endpoint, turns_of(group)) == (None, [("21", 11)])
    let_ring(number=number, group=group, at=AT)
    remove_group(group=group, at=AT)
    number.refresh_from_db()
    assert (number.rings_group, events_of(equipped)[-1]) == (None, "ring_group_removed")
    for late in (
        lambda: let_ring(number=number, group=group, at=AT),
        lambda: change_group(group=group, name="Late", extension="50", manner="all", at=AT),
        lambda: add_member(group=group, endpoint=Endpoint.objects.get(extension="21"), at=AT),
    ):
        with pytest.raises(Refused, match="removed meanwhile"):
            late()


def test_nothing_of_another_phone_system_rings(equipped: PhoneSystem, bolt: PhoneSystem) -> None:
    add_endpoint(phone_system=bolt, name="Desk", extension="20", at=AT)
    theirs = add_group(phone_system=bolt, name="Sales", extension="50", manner="all", at=AT)
    number = PhoneNumber.objects.get(phone_system=equipped)
    with pytest.raises(Refused, match="removed meanwhile"):
        let_ring(number=number, group=theirs, at=AT)
    with pytest.raises(Refused, match="removed meanwhile"):
        let_ring(number=number, endpoint=bolt.endpoints.get(), at=AT)
    with pytest.raises(Refused, match="removed meanwhile"):
        add_member(group=theirs, endpoint=equipped.endpoints.first() or Endpoint(), at=AT)


def test_what_is_as_it_was_is_no_change(equipped: PhoneSystem) -> None:
    group = group_of(equipped, "20")
    number = PhoneNumber.objects.get(phone_system=equipped)
    let_ring(number=number, group=group, at=AT)
    equipped.refresh_from_db()
    before = equipped.revision
    let_ring(number=number, group=group, at=LATER)
    change_group(group=group, name="Sales", extension="50", manner="in_order", at=LATER)
    set_seconds(member=group.members.get(), seconds=10, at=LATER)
    equipped.refresh_from_db()
    assert (equipped.revision, equipped.changed_at) == (before, AT)


def test_a_follow_up_takes_the_number_without_whom_it_rang(
    equipped: PhoneSystem, follow_up: Subscription
) -> None:
    number = PhoneNumber.objects.get(phone_system=equipped)
    let_ring(number=number, group=group_of(equipped, "20"), at=AT)
    take_over(old=equipped, subscription=follow_up, entitled=ENTITLED, day=DAY, at=AT)
    number.refresh_from_db()
    assert (number.rings_group, number.is_live) == (None, True)


def test_groups_are_deleted_for_good(equipped: PhoneSystem) -> None:
    let_ring(number=PhoneNumber.objects.get(phone_system=equipped), group=group_of(equipped, "20"), at=AT)
    id_ = equipped.id
    switch_off(phone_system=equipped, day=DAY, at=AT)
    record = delete(phone_system=equipped, rule="7.5", day=DAY, at=AT, quarantine_days=90)
    assert (record.endpoints, record.phone_numbers) == (3, 1)
    assert (RingGroup.objects.count(), RingGroupMember.objects.count()) == (0, 0)
    edge_caught_up()
    assert nothing_left(id_) == []
