"""Inviting a colleague: a link by mail, good for 14 days and for the owner of that address alone.

Whoever holds the link must also be signed in with the invited address, proven by a mailed code; a forwarded
mail lets nobody in. Links are made by the doors, which know the addresses of their pages.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from switchroom.accounts.membership import UnknownRole
from switchroom.accounts.models import Invitation, Member, Role, User
from switchroom.accounts.policy import Capability, require
from switchroom.accounts.queries import invitations_of, lock_account, lock_account_of
from switchroom.plumbing import audit_trail
from switchroom.plumbing.clock import local_day
from switchroom.plumbing.mail import defer_mail
from switchroom.rules.refusals import Refused, gettext_noop

GOOD_FOR = timedelta(days=14)
LinkOf = Callable[[str], str]
"""Makes the whole address of the page that accepts, from a token."""


class InvitationRefused(Refused):
    """An invitation cannot be made, sent or accepted; each reason has its own class."""

    sentence: str

    def __init__(self, **params: str) -> None:
        super().__init__("1", self.sentence, **params)


class AddressInvalid(InvitationRefused):
    sentence = gettext_noop("Please enter an e-mail address, for example name@example.com.")


class AlreadyMember(InvitationRefused):
    sentence = gettext_noop("{email} is already a member of this account.")


class AlreadyInvited(InvitationRefused):
    sentence = gettext_noop("{email} has already been invited. You can send the invitation again.")


class InvitationUnknown(InvitationRefused):
    sentence = gettext_noop(
        "This invitation link is not valid. "
        "Please use the link in the latest mail, or ask for a new invitation."
    )


class InvitationUsed(InvitationRefused):
    sentence = gettext_noop("This invitation has already been accepted.")


class InvitationWithdrawn(InvitationRefused):
    sentence = gettext_noop("This invitation has been withdrawn. Please ask for a new one.")


class InvitationExpired(InvitationRefused):
    sentence = gettext_noop("This invitation has expired. Please ask for a new one.")


class AddressNotProven(InvitationRefused):
    sentence = gettext_noop(
        "This invitation is for {email}. "
        "Please sign in with that address, or add it to your sign-in and confirm it."
    )


@transaction.atomic
def invite(*, member: Member, email: str, role: str, at: datetime, link_of: LinkOf) -> Invitation:
    """This function will invite a colleague into the acting member's account by mail.

    An expired invitation of the same address is withdrawn. Raises NotAllowed, UnknownRole, AddressInvalid,
    AlreadyMember, AlreadyInvited.
    """
    acting = lock_account_of(member)
    require(acting, Capability.MANAGE_MEMBERS)
    email = _checked_address(email)
    if role not in Role.values:
        raise UnknownRole
    if Member.objects.filter(account_id=acting.account_id, user__email=email).exists():
        raise AlreadyMember(email=email)
    earlier = invitations_of(acting.account_id).filter(email=email).first()
    if earlier is not None:
        if at < earlier.expires_at:
            raise AlreadyInvited(email=email)
        Invitation.objects.filter(pk=earlier.pk).update(withdrawn_at=at)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        account_id=acting.account_id,
        email=email,
        role=role,
        token_hash=_hash(token),
        invited_by=acting.user,
        invited_at=at,
        expires_at=at + GOOD_FOR,
    )
    _record("member_invited", invitation, actor=acting.user, at=at)
    _send(invitation, acting=acting, link=link_of(token))
    return invitation


@transaction.atomic
def resend(*, member: Member, invitation_id: UUID, at: datetime, link_of: LinkOf) -> Invitation:
    """This function will send an invitation again with a new link, good for 14 days; the former link is dead.

    Raises NotAllowed, InvitationUsed, InvitationWithdrawn, and Invitation.DoesNotExist for another account's.
    """
    acting = lock_account_of(member)
    require(acting, Capability.MANAGE_MEMBERS)
    invitation = Invitation.objects.get(pk=invitation_id, account_id=acting.account_id)
    _refuse_closed(invitation)
    token = secrets.token_urlsafe(32)
    invitation.token_hash = _hash(token)
    invitation.invited_at = at
    invitation.expires_at = at + GOOD_FOR
    invitation.save(update_fields=["token_hash", "invited_at", "expires_at"])
    _record("invitation_resent", invitation, actor=acting.user, at=at)
    _send(invitation, acting=acting, link=link_of(token))
    return invitation


@transaction.atomic
def withdraw(*, member: Member, invitation_id: UUID, at: datetime) -> None:
    """This function will call an invitation back; its link is dead from then on.

    Raises NotAllowed, InvitationUsed, InvitationWithdrawn, and Invitation.DoesNotExist for another account's.
    """
    acting = lock_account_of(member)
    require(acting, Capability.MANAGE_MEMBERS)
    invitation = Invitation.objects.get(pk=invitation_id, account_id=acting.account_id)
    _refuse_closed(invitation)
    invitation.withdrawn_at = at
    invitation.save(update_fields=["withdrawn_at"])
    _record("invitation_withdrawn", invitation, actor=acting.user, at=at)


@transaction.atomic
def accept(*, token: str, user: User, at: datetime) -> Member:
    """This function will make the signed-in user a member of the account that the token invites into.

    Raises InvitationUnknown, InvitationUsed, InvitationWithdrawn, InvitationExpired, AddressNotProven,
    AlreadyMember.
    """
    lock_account(invitation_for(token=token, at=at).account_id)
    invitation = invitation_for(token=token, at=at)
    if not has_proven(user, invitation.email):
        raise AddressNotProven(email=invitation.email)
    if Member.objects.filter(account_id=invitation.account_id, user=user).exists():
        raise AlreadyMember(email=user.email)
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    _record("member_joined", invitation, actor=user, at=at)
    return Member.objects.create(
        account_id=invitation.account_id, user=user, role=invitation.role, joined_on=local_day(at)
    )


def has_proven(user: User, email: str) -> bool:
    """This function will say whether an address is the user's own, proven by a mailed code."""
    return bool(EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists())


def invitation_for(*, token: str, at: datetime) -> Invitation:
    """This function will return the open invitation behind a link, with its account read along.

    Raises InvitationUnknown, InvitationUsed, InvitationWithdrawn, InvitationExpired.
    """
    invitation = (
        Invitation.objects.select_related("account", "invited_by").filter(token_hash=_hash(token)).first()
    )
    if invitation is None:
        raise InvitationUnknown
    _refuse_closed(invitation)
    if at >= invitation.expires_at:
        raise InvitationExpired
    return invitation


def _refuse_closed(invitation: Invitation) -> None:
    if invitation.accepted_at is not None:
        raise InvitationUsed
    if invitation.withdrawn_at is not None:
        raise InvitationWithdrawn


def _checked_address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise AddressInvalid from None
    return email


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _record(kind: str, invitation: Invitation, *, actor: User, at: datetime) -> None:
    audit_trail.record(
        kind=kind,
        day=local_day(at),
        account_id=invitation.account_id,
        actor=actor.email,
        facts={"email": invitation.email, "role": invitation.role},
    )


def _send(invitation: Invitation, *, acting: Member, link: str) -> None:
    """The colleague's language is not known: the letter speaks that of whoever invites."""
    defer_mail(
        to=invitation.email,
        template="invitation",
        context={
            "account_name": acting.account.name,
            "invited_by": acting.user.get_full_name(),
            "email": invitation.email,
            "role": Role(invitation.role).label,
            "link": link,
            "until": local_day(invitation.expires_at),
        },
        language=acting.user.language,
        key=f"invitation:{invitation.pk}:{invitation.token_hash[:16]}",
    )
