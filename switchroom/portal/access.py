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
from switchroom.accounts.queries import memberships_of
from switchroom.plumbing import clock
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import with_facts

ACCOUNT_IN_SESSION = "account"
MEMBERSHIPS = "_memberships"
INSTANT = "_instant"


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
    member = member_chosen(request)
    if member is None:
        raise NoAccount
    return visit_to(request, member.account_id, capability)


def visit_to(request: HttpRequest, account_id: UUID, capability: Capability) -> Visit:
    """This function will open a page of one account, which becomes the one chosen.

    Raises ``Http404`` for a foreign account and ``NotAllowed`` when the role does not include ``capability``.
    """
    member = next((one for one in memberships(request) if one.account_id == account_id), None)
    if member is None:
        raise Http404
    require(member, capability)
    if request.session.get(ACCOUNT_IN_SESSION) != str(account_id):
        request.session[ACCOUNT_IN_SESSION] = str(account_id)
    at = instant(request)
    return Visit(user=member.user, member=member, day=clock.local_day(at), at=at)


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


def all_for(
    request: HttpRequest, subscription_id: UUID, capability: Capability
) -> tuple[Visit, Subscription, list[Subscription]]:
    """This function will open a page about one subscription that needs the account's others too, in as many
    queries; foreign answers 404.
    """
    account = Subscription.objects.filter(id=subscription_id).values("account_id")
    of_account = Subscription.objects.filter(account_id__in=account).order_by("created_on", "id")
    subscriptions = list(with_facts(of_account))
    subscription = next((one for one in subscriptions if one.id == subscription_id), None)
    if subscription is None:
        raise Http404
    others = [one for one in subscriptions if one.id != subscription_id]
    return visit_to(request, subscription.account_id, capability), subscription, others


def memberships(request: HttpRequest) -> list[Member]:
    """This function will list the person's memberships by the accounts' names, read once a request.

    Account, user and billing address are read along; the frame's account switcher uses the same list.
    """
    known: list[Member] | None = getattr(request, MEMBERSHIPS, None)
    if known is None:
        known = list(memberships_of(signed_in(request)))
        setattr(request, MEMBERSHIPS, known)
    return known


def member_chosen(request: HttpRequest) -> Member | None:
    """This function will give the membership in the account chosen last, or the first; none without any."""
    members = memberships(request)
    chosen = request.session.get(ACCOUNT_IN_SESSION)
    return next((one for one in members if str(one.account_id) == chosen), members[0] if members else None)


def instant(request: HttpRequest) -> datetime:
    """This function will give the instant (UTC) of a request: the clock is asked once for all of it."""
    known: datetime | None = getattr(request, INSTANT, None)
    if known is None:
        known = clock.now()
        setattr(request, INSTANT, known)
    return known


def signed_in(request: HttpRequest) -> User:
    """This function will give the person who is signed in; the login middleware lets nobody else come
    here.
    """
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user
