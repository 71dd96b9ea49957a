"""Endpoints of a phone system: set up, rename, give a new secret, put in order, remove (rules 6.3 and 8.2).

A secret stands on the page that answers, and nowhere else: it is not stored, so it is never shown again.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from switchroom.accounts.policy import Capability
from switchroom.journeys import phones
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.live import live_of
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.phonesystems.naming import sip_domain_of
from switchroom.phonesystems.provisioning import GOOD_FOR_SECONDS
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import Visit
from switchroom.portal.phone_provisioning import picture_of_account, picture_of_address
from switchroom.portal.phone_systems import REFUSED, one_page, phone_system_for, wish_of
from switchroom.rules.refusals import Refused

STEPS = {"up": -1, "down": 1}


@require_POST
def add_endpoint(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will set up an endpoint and show its secret, once; refused it stays on the page."""
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        raise Http404
    typed = {name: request.POST.get(name, "") for name in ("name", "extension")}
    try:
        endpoint, secret = phones.add_endpoint(
            wish_of(who, subscription_id), name=typed["name"].strip(), extension=typed["extension"].strip()
        )
    except Refused as refused:
        return one_page(request, who, shown, typed=typed, errors={_field(refused): refusal(refused)})
    return _secret_page(request, shown, endpoint, secret, is_new=True)


@require_http_methods(["GET", "HEAD", "POST"])
def rename_endpoint(request: HttpRequest, subscription_id: UUID, endpoint_id: UUID) -> HttpResponse:
    """This function will show one endpoint, and rename it."""
    who, shown, endpoint = _endpoint_for(request, subscription_id, endpoint_id)
    live = live_of(shown, [endpoint], at=who.at)
    context: dict[str, object] = {
        "phone_system": shown,
        "subscription": shown.subscription,
        "endpoint": endpoint,
        "sip_domain": sip_domain_of(shown),
        "typed": endpoint.name,
        "edge_answers": live is not None,
        "registration": live.registrations.get(endpoint.sip_user) if live else None,
    }
    if request.method != "POST":
        return render(request, "portal/phone_systems/endpoint.html", context)
    typed = request.POST.get("name", "")
    try:
        phones.rename_endpoint(wish_of(who, subscription_id), endpoint_id=endpoint_id, name=typed)
    except Refused as refused:
        context |= {"typed": typed, "error": refusal(refused)}
        return render(request, "portal/phone_systems/endpoint.html", context, status=REFUSED)
    messages.success(request, _("The endpoint is now called {name}.").format(name=typed.strip()))
    return redirect("portal:phone_system", subscription_id)


@require_POST
def endpoint_secret(request: HttpRequest, subscription_id: UUID, endpoint_id: UUID) -> HttpResponse:
    """This function will give an endpoint a new secret and show it, once."""
    who, shown, _endpoint = _endpoint_for(request, subscription_id, endpoint_id)
    endpoint, secret = phones.renew_secret(wish_of(who, subscription_id), endpoint_id=endpoint_id)
    return _secret_page(request, shown, endpoint, secret, is_new=False)


@require_http_methods(["GET", "HEAD", "POST"])
def remove_endpoint(request: HttpRequest, subscription_id: UUID, endpoint_id: UUID) -> HttpResponse:
    """This function will ask once more, and remove an endpoint."""
    who, shown, endpoint = _endpoint_for(request, subscription_id, endpoint_id)
    if request.method != "POST":
        context = {
            "phone_system": shown,
            "subscription": shown.subscription,
            "endpoint": endpoint,
            "numbers": list(shown.numbers.filter(rings_endpoint=endpoint)),
        }
        return render(request, "portal/phone_systems/remove_endpoint.html", context)
    removed = phones.remove_endpoint(wish_of(who, subscription_id), endpoint_id=endpoint_id)
    messages.success(
        request,
        _("Endpoint {extension} ({name}) is removed.").format(extension=removed.extension, name=removed.name),
    )
    return redirect("portal:phone_system", subscription_id)


@require_POST
def move_endpoint(request: HttpRequest, subscription_id: UUID, endpoint_id: UUID) -> HttpResponse:
    """This function will move an endpoint up or down in the member's own order."""
    who, _shown, _endpoint = _endpoint_for(request, subscription_id, endpoint_id)
    by = STEPS.get(request.POST.get("to", ""))
    if by is None:
        raise Http404
    phones.move_endpoint(wish_of(who, subscription_id), endpoint_id=endpoint_id, by=by)
    return redirect("portal:phone_system", subscription_id)


def _endpoint_for(
    request: HttpRequest, subscription_id: UUID, endpoint_id: UUID
) -> tuple[Visit, PhoneSystem, Endpoint]:
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    endpoint = shown.endpoints.filter(id=endpoint_id).first() if shown is not None else None
    if shown is None or endpoint is None:
        raise Http404
    return who, shown, endpoint


def _field(refused: Refused) -> str:
    """At which field a refusal of a new endpoint stands."""
    if isinstance(refused, NoRoom):
        return "endpoints"
    return "extension" if refused.rule == "8.2" else "name"


def _secret_page(
    request: HttpRequest, shown: PhoneSystem, endpoint: Endpoint, secret: str, *, is_new: bool
) -> HttpResponse:
    answer = render(
        request,
        "portal/phone_systems/secret.html",
        {
            "phone_system": shown,
            "subscription": shown.subscription,
            "endpoint": endpoint,
            "secret": secret,
            "address_picture": picture_of_address(endpoint, secret=secret),
            "account_picture": picture_of_account(endpoint, secret=secret),
            "minutes": GOOD_FOR_SECONDS // 60,
            "sip_domain": sip_domain_of(shown),
            "is_new": is_new,
        },
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
