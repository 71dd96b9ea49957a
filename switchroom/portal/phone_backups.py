"""Backups of a phone system: the list, taking one home, bringing one back, and what restoring one would
change (rule 8.5).

A backup holds what lets devices in, so whoever takes one home confirms once more who it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from switchroom.accounts.policy import Capability
from switchroom.journeys import phones
from switchroom.phonesystems import backups, restoring
from switchroom.phonesystems.backup_file import LARGEST_BYTES
from switchroom.phonesystems.models import Backup, BackupKind, PhoneSystem
from switchroom.phonesystems.sealing import SHORTEST_PASSPHRASE
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import Visit
from switchroom.portal.phone_systems import REFUSED, phone_system_for, wish_of
from switchroom.rules.refusals import Refused, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable

ON_A_PAGE = 50
ENVELOPE = 1_000_000
"""What encryption may add to the largest file."""

_confirm = cast("Callable[[HttpRequest], HttpResponse]", reauthentication_required(lambda _: HttpResponse()))


@require_http_methods(["GET", "HEAD", "POST"])
def phone_system_backups(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will list a phone system's backups, and make one."""
    who, shown = phone_system_for(request, subscription_id, Capability.BACK_UP)
    if shown is None:
        return _nothing_there(request, subscription_id)
    if request.method == "POST":
        phones.back_up(wish_of(who, subscription_id))
        messages.success(request, _("The backup is made. It is encrypted and kept here for you."))
        return redirect("portal:backups", subscription_id)
    every = Backup.objects.filter(phone_system=shown).select_related("made_by")
    return _page(
        request,
        "backups",
        who,
        shown,
        backups=Paginator(every, ON_A_PAGE).get_page(request.GET.get("page")),
        kinds=BackupKind,
    )


@sensitive_post_parameters("passphrase", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def take_home(request: HttpRequest, subscription_id: UUID, backup_id: UUID | None = None) -> HttpResponse:
    """This function will ask for a passphrase and hand over a backup that it opens: the one named, or one
    that holds the latest change.

    The member confirms before who it is; a passphrase that was typed before that is not kept anywhere.
    """
    who, shown = phone_system_for(request, subscription_id, Capability.BACK_UP)
    if shown is None:
        return _nothing_there(request, subscription_id)
    if backup_id is not None:
        _backup_for(shown, backup_id)
    try:
        _confirm(request)
    except ReauthenticationRequired:
        if request.method == "POST":
            return redirect(request.path)
        raise
    shortest = SHORTEST_PASSPHRASE
    if request.method != "POST":
        return _page(request, "take_home", who, shown, shortest=shortest)
    passphrase = request.POST.get("passphrase", "")
    try:
        if passphrase != request.POST.get("again", ""):
            raise Refused("8.5", gettext_noop("The two passphrases are not the same."))
        made, file = phones.take_home(
            wish_of(who, subscription_id), passphrase=passphrase, backup_id=backup_id
        )
    except Refused as refused:
        return _page(
            request, "take_home", who, shown, status=REFUSED, shortest=shortest, error=refusal(refused)
        )
    name = f"{shown.sip_label}-{made.made_at:%Y-%m-%d-%H%M}.zip.age"
    return HttpResponse(
        file,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@sensitive_post_parameters("passphrase")
@require_http_methods(["GET", "HEAD", "POST"])
def bring_back(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will take in the file of a backup, and lead to what restoring it would change."""
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        return _nothing_there(request, subscription_id)
    if request.method != "POST":
        return _page(request, "bring_back", who, shown)
    uploaded = request.FILES.get("file")
    try:
        if uploaded is None or uploaded.size is None:
            raise Refused("8.5", gettext_noop("Please choose the file of a backup."))
        if uploaded.size > LARGEST_BYTES + ENVELOPE:
            raise Refused("8.5", gettext_noop("This file is too large to be a backup."))
        brought = phones.bring_back(
            wish_of(who, subscription_id),
            file=uploaded.read(),
            passphrase=request.POST.get("passphrase", ""),
        )
    except Refused as refused:
        return _page(request, "bring_back", who, shown, status=REFUSED, error=refusal(refused))
    return redirect("portal:restore", subscription_id, brought.id)


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, subscription_id: UUID, backup_id: UUID) -> HttpResponse:
    """This function will show what restoring a backup would change, and do it."""
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        return _nothing_there(request, subscription_id)
    backup = _backup_for(shown, backup_id)
    if request.method == "POST":
        return _restored(request, who, shown, backup)
    try:
        content = backups.content_of(backup)
    except Refused as refused:
        return _page(request, "restore", who, shown, backup=backup, error=refusal(refused), status=REFUSED)
    return _page(
        request,
        "restore",
        who,
        shown,
        backup=backup,
        content=content,
        preview=restoring.preview(shown, content),
    )


def _restored(request: HttpRequest, who: Visit, shown: PhoneSystem, backup: Backup) -> HttpResponse:
    subscription_id = shown.subscription_id
    try:
        count = phones.restore(wish_of(who, subscription_id), backup_id=backup.id)
    except Refused as refused:
        return _page(request, "restore", who, shown, backup=backup, error=refusal(refused), status=REFUSED)
    sentence = ngettext(
        "The backup is restored: {n} endpoint is set up.",
        "The backup is restored: {n} endpoints are set up.",
        count,
    )
    messages.success(request, sentence.format(n=count))
    return redirect("portal:phone_system", subscription_id)


def _backup_for(shown: PhoneSystem, backup_id: UUID) -> Backup:
    try:
        return backups.backup_of(shown, backup_id)
    except Backup.DoesNotExist:
        raise Http404 from None


def _nothing_there(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    messages.error(request, _("There is no backup: the phone system is not there."))
    return redirect("portal:subscription", subscription_id)


def _page(
    request: HttpRequest, name: str, who: Visit, shown: PhoneSystem, *, status: int = 200, **more: object
) -> HttpResponse:
    context = {
        "phone_system": shown,
        "subscription": shown.subscription,
        "may_manage": who.can(Capability.MANAGE_PHONES),
        **more,
    }
    return render(request, f"portal/phone_systems/{name}.html", context, status=status)
