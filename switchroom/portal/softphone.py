"""A telephone in the browser: one of the phone system's endpoints for some minutes, to try a call.

The page is the telephone; its script (``static/portal/js/softphone.js``) signs in at the edge with what
``browser_login`` made and speaks to nobody else. Pages of another origin are refused by the edge.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from switchroom.accounts.policy import Capability
from switchroom.phonesystems.browsers import GOOD_FOR, browser_login, softphone_url
from switchroom.phonesystems.queries import endpoints_of
from switchroom.plumbing import clock
from switchroom.portal.phone_systems import REFUSED, phone_system_for
from switchroom.portal.softphone_words import softphone_words

log = structlog.get_logger(__name__)


@require_safe
def softphone(request: HttpRequest, subscription_id: UUID) -> HttpResponseBase:
    """This function will show the telephone, or say why there is none."""
    _who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        return redirect("portal:subscription", subscription_id)
    own, url = settings.INSTALLATION, softphone_url(shown)
    context = {
        "phone_system": shown,
        "subscription": shown.subscription,
        "url": url,
        "portal": own.base_url,
        "echo": own.softphone_echo,
        "endpoints": [one.endpoint for one in endpoints_of(shown) if not one.over],
        "minutes": int(GOOD_FOR.total_seconds()) // 60,
        "words": softphone_words(),
    }

    @csp_update({"connect-src": [SELF, url]} if url else {})
    def page(request: HttpRequest) -> HttpResponseBase:
        return render(request, "portal/phone_systems/softphone.html", context)

    return page(request)


@require_POST
def softphone_login(request: HttpRequest, subscription_id: UUID, endpoint_id: UUID) -> HttpResponse:
    """This function will hand out a login for one endpoint, good for some minutes, as JSON.

    An endpoint over the limit is refused (422): it would call for help only.
    """
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    listed = [one for one in endpoints_of(shown) if one.endpoint.id == endpoint_id] if shown else []
    if shown is None or not listed:
        raise Http404
    if listed[0].over or not shown.is_on:
        return JsonResponse({"refusal": _("This endpoint makes emergency calls only.")}, status=REFUSED)
    endpoint = listed[0].endpoint
    endpoint.phone_system = shown
    login = browser_login(endpoint, now=clock.real_now())
    log.info("softphone.login", person=who.user.email, user=login.user, domain=login.domain)
    answer = JsonResponse(
        {
            "user": login.user,
            "domain": login.domain,
            "login": login.login,
            "secret": login.secret,
            "seconds": int(GOOD_FOR.total_seconds()),
            "extension": endpoint.extension,
        }
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
