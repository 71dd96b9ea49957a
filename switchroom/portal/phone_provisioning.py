"""What a soft phone fetches after it has seen the picture on the page of a new secret."""

from __future__ import annotations

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from switchroom.phonesystems.models import Endpoint
from switchroom.phonesystems.provisioning import TicketRefused, account_of, configuration_of, ticket_for

QUIET_ZONE = 2  # modules around the picture; the frame on the page gives more


@login_not_required
@require_safe
def provision(request: HttpRequest, ticket: str) -> HttpResponse:
    """This function will hand a soft phone its configuration; a phone cannot sign in, its ticket can."""
    try:
        configuration = configuration_of(ticket)
    except TicketRefused:
        raise Http404 from None
    return HttpResponse(
        configuration, content_type="application/xml; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


def picture_of_address(endpoint: Endpoint, *, secret: str) -> str:
    """This function will draw the address at which Linphone finds its configuration, as SVG."""
    path = reverse("portal:provision", args=[ticket_for(endpoint, secret=secret)])
    return _drawn(f"{settings.INSTALLATION.base_url.rstrip('/')}{path}")


def picture_of_account(endpoint: Endpoint, *, secret: str) -> str:
    """This function will draw the account itself, as Grandstream Wave reads it, as SVG."""
    return _drawn(account_of(endpoint, secret=secret).decode())


def _drawn(text: str) -> str:
    code = segno.make(text, error="l", micro=False)
    return code.svg_inline(border=QUIET_ZONE, omitsize=True, svgclass="qr__code", lineclass=None)
