"""Who asks, for which account, on which day: the first line of every page.

A page loads what it shows by the member's rights. What belongs to an account that the person is no member of
answers 404, just as what does not exist; what the role does not include answers 403 with a sentence. The
clock is read here, once a request, and handed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import Http404, HttpRequest

from switchroom.accounts.models import Account, Member, User
from switchroom.accounts.policy import Capability, can, require
from switchroom.accounts.queries import accounts_of, member_for
from switchroom.plumbing import clock
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import with_facts

ACCOUNT_IN_SESSION = "account"


class NoAccount(Exception):
    """The person is a member of no account yet; the portal sends them to open one."""


@dataclass(frozen=True)
class Visit:
    """One request: the person, the membership that counts for it, and when. ``at`` is the instant (UTC) of
    ``day``.
    """

    user: User
    member: Member
    day: date
    at: datetime

    @property
    def account(self) -> Account:
        """The account for which the person acts."""
        return self.member.account

    def can(self, capability: Capability) -> bool:
        """This function will say whether the member may do something."""
        return can(self.member, capability)


def visit(request: HttpRequest, capability: Capability) -> Visit:
    """This function will open a page of the account chosen last, or of the person's first.

    Raises ``NoAccount``, and ``NotAllowed`` when the role does not include ``capability``.
    """
    user = signed_in(request)
    chosen = request.session.get(ACCOUNT_IN_SESSION)
    accounts = list(accounts_of(user))
    account = next((one for one in accounts if str(one.id) == chosen), accounts[0] if accounts else None)
    if account is None:
        raise NoAccount
    return visit_to(request, account.id, capability)


def visit_to(request: HttpRequest, account_id: UUID, capability: Capability) -> Visit:
    """This function will open a page of one account, which becomes the one chosen.

    Raises ``Http404`` for a foreign account and ``NotAllowed`` when the role does not include ``capability``.
    """
    user = signed_in(request)
    try:
        member = member_for(user, account_id)
    except Member.DoesNotExist:
        raise Http404 from None
    require(member, capability)
    if request.session.get(ACCOUNT_IN_SESSION) != str(account_id):
        request.session[ACCOUNT_IN_SESSION] = str(account_id)
    at = clock.now()
    return Visit(user=user, member=member, day=clock.local_day(at), at=at)


def subscription_for(
    request: HttpRequest, subscription_id: UUID, capability: Capability
) -> tuple[Visit, Subscription]:
    """This function will open a page about one subscription, with all its facts read along; foreign answers
    404.
    """
    subscription = with_facts(Subscription.objects.all()).filter(id=subscription_id).first()
    if subscription is None:
        raise Http404
    return visit_to(request, subscription.account_id, capability), subscription


def signed_in(request: HttpRequest) -> User:
    """This function will give the person who is signed in; the login middleware lets nobody else come
    here.
    """
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user
