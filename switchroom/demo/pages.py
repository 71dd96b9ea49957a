"""The bar's three buttons."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from switchroom.demo.moving import Move, destination, live_until
from switchroom.plumbing import clock
from switchroom.plumbing.wording import long_day


@login_not_required
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """This function will move the town as the button says and go back to the page on which it was pressed."""
    try:
        wanted = Move(request.POST.get("move", ""))
    except ValueError:
        return HttpResponseBadRequest("move is day, month or next")
    day = destination(wanted, today=clock.today())
    live_until(day)
    messages.success(request, _("It is now {day} in the town.").format(day=long_day(day)))
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    return redirect(back)
