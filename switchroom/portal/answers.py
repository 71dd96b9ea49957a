"""What the portal answers when a page cannot be shown: one sentence, and a way on."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from switchroom.accounts.policy import NotAllowed
from switchroom.portal.access import NoAccount
from switchroom.subscriptions.facts import Contradiction

log = structlog.get_logger(__name__)


class Answers:
    """Middleware: a person without an account is sent to open one; a role that is too small is told so
    (403), and so is whoever wishes something of an account that has to be put right first (503).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """This function will answer for the three refusals that every page knows; others go on."""
        if isinstance(problem, NoAccount):
            return redirect("portal:open_account")
        if isinstance(problem, NotAllowed):
            return render(request, "portal/not_allowed.html", {"refusal": problem}, status=403)
        if isinstance(problem, Contradiction):
            log.error("portal.account_contradicts_itself", path=request.path, why=str(problem))
            return render(request, "portal/to_be_put_right.html", status=503)
        return None
