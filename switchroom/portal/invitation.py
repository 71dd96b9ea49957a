"""Accepting an invitation: who invites whereto, in which role, and every refusal in words.

The page is open to people who are not signed in yet: signing in or up leads back to it. The link alone lets
nobody in, the invited address must be proven (``accounts.invitations``).
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from switchroom.accounts.invitations import (
    AddressNotProven,
    AlreadyMember,
    InvitationRefused,
    InvitationUnknown,
    accept,
    has_proven,
    invitation_for,
)
from switchroom.accounts.models import Invitation, User
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import ACCOUNT_IN_SESSION, instant
from switchroom.portal.roles import role_in_words

UNKNOWN, GONE, REFUSED = 404, 410, 422


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """This function will show an invitation, and accept it for the person who is signed in."""
    at = instant(request)
    person = request.user if isinstance(request.user, User) else None
    try:
        shown = invitation_for(token=token, at=at)
        if request.method != "POST":
            return _page(request, shown, person=person)
        if person is None:
            return redirect(request.path)
        member = accept(token=token, user=person, at=at)
    except (AddressNotProven, AlreadyMember) as refused:
        return _page(request, shown, person=person, refused=refused)
    except InvitationRefused as refused:
        return _dead(request, refused)
    request.session[ACCOUNT_IN_SESSION] = str(member.account_id)
    messages.success(request, _("Welcome to {account}.").format(account=shown.account.name))
    return redirect("portal:subscriptions")


def _page(
    request: HttpRequest,
    shown: Invitation,
    *,
    person: User | None,
    refused: InvitationRefused | None = None,
) -> HttpResponse:
    context = {
        "invitation": shown,
        "role": role_in_words(shown.role),
        "person": person,
        "is_for_person": person is not None and has_proven(person, shown.email),
        "error": refusal(refused) if refused else "",
    }
    return render(request, "portal/invitation/open.html", context, status=REFUSED if refused else 200)


def _dead(request: HttpRequest, refused: InvitationRefused) -> HttpResponse:
    status = UNKNOWN if isinstance(refused, InvitationUnknown) else GONE
    context = {"error": refusal(refused), "is_signed_in": request.user.is_authenticated}
    return render(request, "portal/invitation/dead.html", context, status=status)
