"""Changing what a member may do, and parting. An account always keeps an owner."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from switchroom.accounts.models import Member, Role
from switchroom.accounts.policy import Capability, require
from switchroom.accounts.queries import lock_account_of
from switchroom.plumbing import audit_trail
from switchroom.rules.refusals import Refused, gettext_noop


class LastOwner(Refused):
    """The only owner of an account was to be removed or to get another role."""

    def __init__(self) -> None:
        super().__init__(
            "1", gettext_noop("An account needs an owner. Please make somebody else an owner first.")
        )


class UnknownRole(Refused):
    """A role that does not exist."""

    def __init__(self) -> None:
        super().__init__("1", gettext_noop("Please choose one of the roles."))


@transaction.atomic
def change_role(*, member: Member, target_id: UUID, role: str, day: date) -> Member:
    """This function will give another role to the member ``target_id`` of the acting member's account.

    Raises NotAllowed, LastOwner, UnknownRole, and Member.DoesNotExist for a member of another account.
    """
    acting = lock_account_of(member)
    require(acting, Capability.MANAGE_MEMBERS)
    target = _colleague(acting, target_id)
    if role not in Role.values:
        raise UnknownRole
    if role == target.role:
        return target
    if is_last_owner(target):
        raise LastOwner
    former, target.role = target.role, role
    target.save(update_fields=["role"])
    audit_trail.record(
        kind="member_role_changed",
        day=day,
        account_id=acting.account_id,
        actor=acting.user.email,
        facts={"member": target.user.email, "from": former, "to": role},
    )
    return target


@transaction.atomic
def remove(*, member: Member, target_id: UUID, day: date) -> None:
    """This function will end the membership ``target_id`` in the acting member's account.

    Everybody may end their own. Raises NotAllowed, LastOwner, and Member.DoesNotExist for a member of another
    account.
    """
    acting = lock_account_of(member)
    target = _colleague(acting, target_id)
    if target != acting:
        require(acting, Capability.MANAGE_MEMBERS)
    if is_last_owner(target):
        raise LastOwner
    audit_trail.record(
        kind="member_removed",
        day=day,
        account_id=acting.account_id,
        actor=acting.user.email,
        facts={"member": target.user.email, "role": target.role},
    )
    target.delete()


def is_last_owner(target: Member) -> bool:
    """This function will say whether a member is the only owner that the account has."""
    owners = Member.objects.filter(account_id=target.account_id, role=Role.OWNER)
    return target.role == Role.OWNER and not owners.exclude(pk=target.pk).exists()


def _colleague(acting: Member, target_id: UUID) -> Member:
    return Member.objects.select_related("user").get(pk=target_id, account_id=acting.account_id)
