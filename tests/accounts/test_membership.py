"""Roles that change and members who part; an account always keeps an owner."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from switchroom.accounts.membership import LastOwner, UnknownRole, change_role, remove
from switchroom.accounts.models import Member, Role
from switchroom.accounts.policy import NotAllowed
from switchroom.accounts.queries import members_of
from switchroom.plumbing.audit_trail import story_of_account
from tests.accounts.conftest import DAY, Joins


def test_an_owner_changes_a_role(alice: Member, joins: Joins) -> None:
    bob = joins("Bob", Role.VIEWER)
    assert change_role(member=alice, target_id=bob.id, role=Role.TECHNICAL, day=DAY).role == Role.TECHNICAL
    event = story_of_account(account_id=alice.account_id).last()
    assert event is not None
    assert (event.kind, event.actor) == ("member_role_changed", "alice@example.com")
    assert event.facts == {"member": "bob@example.com", "from": "viewer", "to": "technical"}


def test_the_same_role_again_changes_nothing(alice: Member) -> None:
    before = story_of_account(account_id=alice.account_id).count()
    assert change_role(member=alice, target_id=alice.id, role=Role.OWNER, day=DAY) == alice
    assert story_of_account(account_id=alice.account_id).count() == before


def test_an_owner_removes_a_member(alice: Member, joins: Joins) -> None:
    bob = joins("Bob", Role.BILLING)
    remove(member=alice, target_id=bob.id, day=DAY)
    assert list(members_of(alice.account_id)) == [alice]
    event = story_of_account(account_id=alice.account_id).last()
    assert event is not None
    assert (event.kind, event.facts) == ("member_removed", {"member": "bob@example.com", "role": "billing"})


@pytest.mark.parametrize("role", [Role.BILLING, Role.TECHNICAL, Role.VIEWER])
def test_others_change_and_remove_nobody_but_may_leave(alice: Member, joins: Joins, role: Role) -> None:
    bob = joins("Bob", role)
    with pytest.raises(NotAllowed):
        change_role(member=bob, target_id=bob.id, role=Role.OWNER, day=DAY)
    with pytest.raises(NotAllowed):
        remove(member=bob, target_id=alice.id, day=DAY)
    remove(member=bob, target_id=bob.id, day=DAY)
    assert list(members_of(alice.account_id)) == [alice]


def test_the_last_owner_stays_owner(alice: Member, joins: Joins) -> None:
    bob = joins("Bob", Role.TECHNICAL)
    with pytest.raises(LastOwner, match="make somebody else an owner first"):
        change_role(member=alice, target_id=alice.id, role=Role.VIEWER, day=DAY)
    with pytest.raises(LastOwner):
        remove(member=alice, target_id=alice.id, day=DAY)
    change_role(member=alice, target_id=bob.id, role=Role.OWNER, day=DAY)
    remove(member=alice, target_id=alice.id, day=DAY)
    assert [(member.user.email, member.role) for member in members_of(bob.account_id)] == [
        ("bob@example.com", "owner")
    ]


def test_the_last_owner_stays_owner_in_the_database_too(alice: Member, joins: Joins) -> None:
    joins("Bob", Role.TECHNICAL)
    row = Member.objects.filter(pk=alice.pk)
    with pytest.raises(IntegrityError, match="needs an owner"), transaction.atomic():
        row.update(role=Role.VIEWER)
    with pytest.raises(IntegrityError, match="needs an owner"), transaction.atomic():
        row.delete()
    joins("Olga", Role.OWNER)
    row.delete()
    assert members_of(alice.account_id).count() == 2


def test_the_database_keeps_whose_membership_it_is(alice: Member, charlie: Member) -> None:
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        Member.objects.filter(pk=alice.pk).update(account=charlie.account)


def test_nobody_is_a_member_twice(alice: Member) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(account=alice.account, user=alice.user, role=Role.VIEWER, joined_on=DAY)


def test_it_refuses_a_role_that_does_not_exist(alice: Member, joins: Joins) -> None:
    with pytest.raises(UnknownRole, match="choose one of the roles"):
        change_role(member=alice, target_id=joins("Bob", Role.VIEWER).id, role="king", day=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.filter(user__email="bob@example.com").update(role="king")


def test_an_owner_of_another_account_reaches_nobody(alice: Member, charlie: Member) -> None:
    with pytest.raises(Member.DoesNotExist):
        change_role(member=charlie, target_id=alice.id, role=Role.VIEWER, day=DAY)
    with pytest.raises(Member.DoesNotExist):
        remove(member=charlie, target_id=alice.id, day=DAY)


def test_an_owner_who_was_removed_meanwhile_can_do_nothing_more(alice: Member, joins: Joins) -> None:
    olga, bob = joins("Olga", Role.OWNER), joins("Bob", Role.VIEWER)
    remove(member=alice, target_id=olga.id, day=DAY)
    with pytest.raises(Member.DoesNotExist):
        remove(member=olga, target_id=bob.id, day=DAY)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one(alice: Member, joins: Joins) -> None:
    olga = joins("Olga", Role.OWNER)
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def removes(acting: Member, target: Member) -> None:
        try:
            barrier.wait(timeout=30)
            remove(member=acting, target_id=target.id, day=DAY)
            outcomes.append("removed")
        except Member.DoesNotExist:
            outcomes.append("is no member any more")
        finally:
            connection.close()

    threads = [threading.Thread(target=removes, args=pair) for pair in ((alice, olga), (olga, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["is no member any more", "removed"]
    assert [member.role for member in members_of(alice.account_id)] == [Role.OWNER]
