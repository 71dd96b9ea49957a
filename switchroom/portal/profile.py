"""The profile: what a person is called, in which language we speak, how they sign in, where they belong."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from switchroom.accounts.models import Language, User
from switchroom.accounts.profile import ProfileRefused, change_profile
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import memberships, signed_in
from switchroom.portal.roles import role_in_words

REFUSED = 422
COOKIE_LASTS = 365 * 24 * 60 * 60  # seconds


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """This function will keep a person's name and language; the pages change to that language at once."""
    person = signed_in(request)
    typed = {"full_name": person.full_name, "language": person.language}
    if request.method != "POST":
        return _page(request, person, typed, {})
    typed = {name: request.POST.get(name, "") for name in typed}
    try:
        change_profile(user=person, full_name=typed["full_name"], language=typed["language"])
    except ProfileRefused as refused:
        return _page(request, person, typed, {name: refusal(why) for name, why in refused.errors.items()})
    with override(person.language):
        messages.success(request, _("Your profile is saved."))
    answer = redirect("portal:profile")
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        person.language,
        max_age=COOKIE_LASTS,
        samesite="Lax",
        secure=settings.SECURE,
    )
    return answer


def _page(
    request: HttpRequest, person: User, typed: Mapping[str, str], errors: Mapping[str, str]
) -> HttpResponse:
    context = {
        "person": person,
        "typed": typed,
        "errors": errors,
        "languages": Language.choices,
        "memberships": [(one, role_in_words(one.role)) for one in memberships(request)],
    }
    return render(request, "portal/profile/profile.html", context, status=REFUSED if errors else 200)
