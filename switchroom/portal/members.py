"""Members: who belongs to the account, what each may do, and who has been invited (rule 1).

Everybody may leave; everything else is for those who manage members. The last owner stays.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from switchroom.accounts import invitations, membership
from switchroom.accounts.invitations import InvitationRefused
from switchroom.accounts.membership import LastOwner, UnknownRole, is_last_owner
from switchroom.accounts.models import Invitation, Member, Role
from switchroom.accounts.policy import Capability
from switchroom.accounts.queries import invitations_of, members_of
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import Visit, signed_in, visit, visit_to
from switchroom.portal.roles import role_in_words, roles_in_words

ON_A_PAGE = 50
REFUSED = 422


@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """This function will list the members and the invitations that wait, with what each role may do."""
    who = visit(request, Capability.SEE_MEMBERS)
    return render(
        request,
        "portal/members/list.html",
        {
            "visit": who,
            "page": Paginator(members_of(who.account.id), ON_A_PAGE).get_page(request.GET.get("page")),
            "invitations": list(invitations_of(who.account.id)),
            "may_manage": who.can(Capability.MANAGE_MEMBERS),
            "roles": roles_in_words(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def invite_member(request: HttpRequest) -> HttpResponse:
    """This function will invite a colleague by mail, with a role; what is wrong stands at its field."""
    who = visit(request, Capability.MANAGE_MEMBERS)
    email, role = request.POST.get("email", ""), request.POST.get("role", "")
    shown: dict[str, object] = {"visit": who, "roles": roles_in_words(), "email": email, "role": role}
    if request.method != "POST":
        return render(request, "portal/members/invite.html", shown | {"role": Role.VIEWER.value})
    try:
        invited = invitations.invite(member=who.member, email=email, role=role, at=who.at, link_of=link_of)
    except InvitationRefused as refused:
        shown["email_error"] = refusal(refused)
    except UnknownRole as refused:
        shown["role_error"] = refusal(refused)
    else:
        messages.success(request, _("The invitation to {email} is on its way.").format(email=invited.email))
        return redirect("portal:members")
    return render(request, "portal/members/invite.html", shown, status=REFUSED)


@require_POST
def resend_invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """This function will send an invitation again; the former link is dead."""
    who, invitation = _invitation_for(request, invitation_id)
    try:
        invitations.resend(member=who.member, invitation_id=invitation.id, at=who.at, link_of=link_of)
    except InvitationRefused as refused:
        messages.error(request, refusal(refused))
    else:
        sentence = _("The invitation to {email} is on its way again. The former link no longer works.")
        messages.success(request, sentence.format(email=invitation.email))
    return redirect("portal:members")


@require_POST
def withdraw_invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """This function will call an invitation back."""
    who, invitation = _invitation_for(request, invitation_id)
    try:
        invitations.withdraw(member=who.member, invitation_id=invitation.id, at=who.at)
    except InvitationRefused as refused:
        messages.error(request, refusal(refused))
    else:
        sentence = _("The invitation to {email} is withdrawn. Its link no longer works.")
        messages.success(request, sentence.format(email=invitation.email))
    return redirect("portal:members")


@require_http_methods(["GET", "HEAD", "POST"])
def change_role(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """This function will give a member another role."""
    target = _member(member_id)
    who = visit_to(request, target.account_id, Capability.MANAGE_MEMBERS)
    shown: dict[str, object] = {
        "target": target,
        "is_own": target == who.member,
        "is_last_owner": is_last_owner(target),
        "roles": roles_in_words(),
        "role": target.role,
    }
    if request.method != "POST":
        return render(request, "portal/members/role.html", shown)
    role = request.POST.get("role", "")
    try:
        changed = membership.change_role(member=who.member, target_id=target.id, role=role, day=who.day)
    except Member.DoesNotExist:
        raise Http404 from None
    except (LastOwner, UnknownRole) as refused:
        shown |= {"role": role, "role_error": refusal(refused)}
        return render(request, "portal/members/role.html", shown, status=REFUSED)
    sentence = _("{name} now has the role {role}.").format(
        name=target.user.get_full_name(), role=role_in_words(changed.role).name
    )
    messages.success(request, sentence)
    return redirect("portal:members" if target != who.member else "portal:profile")


@require_http_methods(["GET", "HEAD", "POST"])
def remove_member(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """This function will ask, and then end a membership: a colleague's, or the person's own."""
    target = _member(member_id)
    is_own = target.user_id == signed_in(request).pk
    needed = Capability.SEE_SUBSCRIPTIONS if is_own else Capability.MANAGE_MEMBERS
    who = visit_to(request, target.account_id, needed)
    shown: dict[str, object] = {
        "target": target,
        "is_own": is_own,
        "is_last_owner": is_last_owner(target),
        "may_see_members": who.can(Capability.SEE_MEMBERS),
    }
    if request.method != "POST":
        return render(request, "portal/members/remove.html", shown)
    try:
        membership.remove(member=who.member, target_id=member_id, day=who.day)
    except Member.DoesNotExist:
        raise Http404 from None
    except LastOwner as refused:
        shown |= {"error": refusal(refused), "is_last_owner": True}
        return render(request, "portal/members/remove.html", shown, status=REFUSED)
    if is_own:
        messages.success(request, _("You have left {account}.").format(account=target.account.name))
        return redirect("portal:subscriptions")
    messages.success(request, _("{name} is no longer a member.").format(name=target.user.get_full_name()))
    return redirect("portal:members")


def link_of(token: str) -> str:
    """This function will give the whole address of the page that accepts an invitation."""
    return settings.INSTALLATION.base_url.rstrip("/") + reverse("portal:invitation", args=[token])


def _member(member_id: UUID) -> Member:
    member = Member.objects.select_related("user", "account").filter(id=member_id).first()
    if member is None:
        raise Http404
    return member


def _invitation_for(request: HttpRequest, invitation_id: UUID) -> tuple[Visit, Invitation]:
    invitation = Invitation.objects.filter(id=invitation_id).first()
    if invitation is None:
        raise Http404
    return visit_to(request, invitation.account_id, Capability.MANAGE_MEMBERS), invitation
