"""What the portal answers when a page cannot be shown: one sentence, and a way on."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from switchroom.accounts.policy import NotAllowed
from switchroom.portal.access import NoAccount


class Answers:
    """Middleware: a person without an account is sent to open one; a role that is too small is told so
    (403).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """This function will answer for the two refusals that every page knows; others go on."""
        if isinstance(problem, NoAccount):
            return redirect("portal:open_account")
        if isinstance(problem, NotAllowed):
            return render(request, "portal/not_allowed.html", {"refusal": problem}, status=403)
        return None
