"""Reads accounts and members from the side of somebody's rights, and takes the lock that comes first."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from switchroom.accounts.models import Account, BillingAddress, Invitation, Member, User
from switchroom.plumbing.locks import lock_row


def member_for(user: User, account_id: UUID) -> Member:
    """This function will return a user's membership in an account, with account and user read along.

    Raises Member.DoesNotExist for a foreign account just as for one that does not exist: a door answers 404.
    """
    return Member.objects.select_related("account", "user").get(user=user, account_id=account_id)


def memberships_of(user: User) -> QuerySet[Member]:
    """This function will return a user's memberships by the accounts' names, with all that a page's frame
    needs read along: account, billing address, user.
    """
    members = Member.objects.filter(user=user).select_related("account__billing_address", "user")
    return members.order_by("account__name", "account__number")


def accounts_of(user: User) -> QuerySet[Account]:
    """This function will return the accounts that a user is a member of, by name."""
    return Account.objects.filter(members__user=user).order_by("name", "number")


def members_of(account_id: UUID) -> QuerySet[Member]:
    """This function will return the members of an account with their users, in the order of joining."""
    return Member.objects.filter(account_id=account_id).select_related("user").order_by("joined_on", "id")


def operators_who_may(right: str) -> list[User]:
    """This function will return the active operators who hold a right (``app.codename``), by address."""
    operators = User.objects.filter(is_active=True, is_staff=True).order_by("email")
    return [operator for operator in operators if operator.has_perm(right)]


def invitations_of(account_id: UUID) -> QuerySet[Invitation]:
    """This function will return the invitations that are neither accepted nor withdrawn, the oldest first.

    Those past ``expires_at`` are among them: they can be sent again or withdrawn.
    """
    waiting = Invitation.objects.filter(account_id=account_id, accepted_at=None, withdrawn_at=None)
    return waiting.select_related("invited_by").order_by("invited_at", "id")


def billing_address_of(account_id: UUID) -> BillingAddress | None:
    """This function will return the address for an account's invoices, None before the first was given."""
    return BillingAddress.objects.filter(account_id=account_id).first()


def lock_account(account_id: UUID) -> Account:
    """This function will lock an account until the transaction ends: the first lock of every journey.

    Raises Account.DoesNotExist, and plumbing.locks.LockOutsideTransaction.
    """
    return lock_row(Account, account_id)


def lock_account_of(member: Member) -> Member:
    """This function will lock a member's account and return the membership as it is then.

    Raises Member.DoesNotExist when somebody removed the member meanwhile.
    """
    lock_account(member.account_id)
    return Member.objects.select_related("account", "user").get(pk=member.pk)
