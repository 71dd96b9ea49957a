"""The first steps: a company opens its account, a member starts a trial, a person chooses for whom to act."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from switchroom.accounts.opening import CompanyNameRefused, open_account
from switchroom.accounts.policy import Capability
from switchroom.catalog.queries import version_on_sale
from switchroom.journeys.start_trial import SHIPPED_PRODUCT, start_trial
from switchroom.plumbing import clock
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import ACCOUNT_IN_SESSION, instant, memberships, signed_in, visit
from switchroom.rules.refusals import Refused

REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
def open_account_page(request: HttpRequest) -> HttpResponse:
    """This function will open an account for the person, by the company's name alone, and choose it."""
    if request.method != "POST":
        return render(request, "portal/starting/open_account.html", {"typed": ""})
    typed = request.POST.get("name", "")
    try:
        account = open_account(user=signed_in(request), name=typed, day=clock.local_day(instant(request)))
    except CompanyNameRefused as refused:
        shown = {"typed": typed, "error": refusal(refused)}
        return render(request, "portal/starting/open_account.html", shown, status=REFUSED)
    request.session[ACCOUNT_IN_SESSION] = str(account.id)
    messages.success(
        request,
        _("The account of {name} is open. Its number is {number}.").format(
            name=account.name, number=account.number
        ),
    )
    return redirect("portal:subscriptions")


@require_POST
def choose_account(request: HttpRequest) -> HttpResponse:
    """This function will act for another of the person's accounts from now on; a foreign one answers 404."""
    wanted = request.POST.get("account", "")
    if wanted not in {str(one.account_id) for one in memberships(request)}:
        raise Http404
    request.session[ACCOUNT_IN_SESSION] = str(UUID(wanted))
    return redirect("portal:subscriptions")


@require_http_methods(["GET", "HEAD", "POST"])
def start_trial_page(request: HttpRequest) -> HttpResponse:
    """This function will start a trial by the name of its phone system alone (rule 3.1)."""
    who = visit(request, Capability.ORDER)
    shown = {"version": version_on_sale(product_key=SHIPPED_PRODUCT, day=who.day), "typed": ""}
    if request.method != "POST":
        return render(request, "portal/starting/start_trial.html", shown)
    shown["typed"] = request.POST.get("name", "")
    try:
        subscription = start_trial(
            account_id=who.account.id, user=who.user, name=str(shown["typed"]), day=who.day, at=who.at
        )
    except Refused as refused:
        shown["error"] = refusal(refused)
        return render(request, "portal/starting/start_trial.html", shown, status=REFUSED)
    messages.success(request, _("The trial of {name} has started.").format(name=subscription.name))
    return redirect("portal:subscription", subscription.id)
