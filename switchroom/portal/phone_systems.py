"""Phone systems: the list, and one with its endpoints and numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from switchroom.accounts.policy import Capability
from switchroom.journeys import phones
from switchroom.phonesystems.browsers import lets_browsers_in
from switchroom.phonesystems.edges.contract import Live
from switchroom.phonesystems.live import live_of
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.naming import sip_domain_of
from switchroom.phonesystems.porting import shown_port_ins
from switchroom.phonesystems.queries import endpoints_of, numbers_of, ring_groups_of, with_use
from switchroom.portal.access import Visit, visit, visit_to
from switchroom.portal.offers import ENDPOINTS, PHONE_NUMBERS, offers_of_one_more
from switchroom.portal.phone_calls import phone_calls
from switchroom.portal.summaries import Use
from switchroom.rules.promise import Grants
from switchroom.subscriptions.models import Subscription

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from switchroom.phonesystems.queries import InUse

ON_A_PAGE = 50
REFUSED, NOTHING_THERE = 422, 204


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A phone system in the list; ``is_backed_up`` says whether the newest backup holds the last change."""

    phone_system: PhoneSystem
    sip_domain: str
    uses: tuple[Use, ...]
    is_backed_up: bool


@require_safe
def phone_systems(request: HttpRequest) -> HttpResponse:
    """This function will list the account's phone systems with what is set up in each."""
    who = visit(request, Capability.SEE_PHONES)
    rows = with_use(PhoneSystem.objects.filter(account=who.account))
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    listed = [
        Listed(
            phone_system=one,
            sip_domain=sip_domain_of(one),
            uses=uses_of(one),
            is_backed_up=is_backed_up(one),
        )
        for one in page
    ]
    return render(
        request,
        "portal/phone_systems/list.html",
        {"listed": listed, "page": page, "may_order": who.can(Capability.ORDER)},
    )


@require_safe
def phone_system(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will show what is set up in one phone system; a foreign one answers 404."""
    who, shown = phone_system_for(request, subscription_id, Capability.SEE_PHONES)
    if shown is None:
        messages.info(request, _("This subscription has no phone system at present."))
        return redirect("portal:subscription", subscription_id)
    return one_page(request, who, shown)


def one_page(
    request: HttpRequest,
    who: Visit,
    shown: WithAnnotations[PhoneSystem, InUse],
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """This function will show a phone system's page, with what was typed and refused on it (422)."""
    used = _set_up(shown)
    calls = phone_calls(shown, who, used=used)
    every_endpoint, every_number = endpoints_of(shown), numbers_of(shown)
    is_full = {
        ENDPOINTS: used.endpoints >= shown.endpoint_limit,
        PHONE_NUMBERS: used.phone_numbers >= shown.number_limit,
    }
    needed = [service for service, full in is_full.items() if full] if shown.is_on else []
    may_manage = who.can(Capability.MANAGE_PHONES)
    offers = offers_of_one_more(needed if may_manage else [], phone_system=shown, used=used, who=who)
    endpoints = Paginator(every_endpoint, ON_A_PAGE).get_page(request.GET.get("page"))
    live = live_of(shown, [one.endpoint for one in endpoints], at=who.at)
    registered = live.registrations if live else {}
    endpoints.object_list = [
        replace(one, registration=registered.get(one.endpoint.sip_user)) for one in endpoints
    ]
    return render(
        request,
        "portal/phone_systems/one.html",
        {
            "phone_system": shown,
            "subscription": shown.subscription,
            "sip_domain": sip_domain_of(shown),
            "uses": uses_of(shown, live),
            "endpoints": endpoints,
            "edge_answers": live is not None,
            "ring_groups": ring_groups_of(shown),
            "numbers": Paginator(every_number, ON_A_PAGE).get_page(request.GET.get("numbers")),
            "on_their_way": used.phone_numbers - len(every_number),
            "port_ins": list(shown_port_ins(shown, at=who.at)),
            "endpoints_over": sum(one.over for one in every_endpoint),
            "numbers_over": sum(one.over for one in every_number),
            "endpoints_full": is_full[ENDPOINTS],
            "numbers_full": is_full[PHONE_NUMBERS],
            "endpoint_offer": offers.get(ENDPOINTS),
            "number_offer": offers.get(PHONE_NUMBERS),
            "calls": calls,
            "backed_up_at": shown.backed_up_at,
            "is_backed_up": is_backed_up(shown),
            "typed": typed or {},
            "errors": errors or {},
            "may_manage": may_manage,
            "may_back_up": who.can(Capability.BACK_UP),
            "may_order": who.can(Capability.ORDER),
            "may_see_billing": who.can(Capability.SEE_BILLING),
            "has_softphone": lets_browsers_in(shown),
        },
        status=REFUSED if errors else 200,
    )


@require_safe
def in_use(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will answer with the part of the page about what is in use, as it is now."""
    who, shown = phone_system_for(request, subscription_id, Capability.SEE_PHONES)
    if shown is None:
        return HttpResponse(status=NOTHING_THERE)
    live = live_of(shown, at=who.at)
    context = {
        "phone_system": shown,
        "subscription": shown.subscription,
        "calls": phone_calls(shown, who, used=_set_up(shown)),
        "uses": uses_of(shown, live),
        "edge_answers": live is not None,
        "may_order": who.can(Capability.ORDER),
    }
    return render(request, "portal/phone_systems/in_use.html", context)


def phone_system_for(
    request: HttpRequest, subscription_id: UUID, capability: Capability
) -> tuple[Visit, WithAnnotations[PhoneSystem, InUse] | None]:
    """This function will open a page about one phone system by the member's rights.

    None when the subscription has none, because it is planned or deleted; a foreign one answers 404.
    """
    rows = PhoneSystem.objects.select_related("subscription__product_version__product")
    shown = with_use(rows.filter(subscription_id=subscription_id)).first()
    if shown is not None:
        return visit_to(request, shown.account_id, capability), shown
    account_id = Subscription.objects.filter(id=subscription_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise Http404
    return visit_to(request, account_id, capability), None


def wish_of(who: Visit, subscription_id: UUID) -> phones.Wish:
    """This function will put together who wishes something of a phone system, and when."""
    return phones.Wish(who.account.id, subscription_id, who.user, who.day, who.at)


def _set_up(shown: WithAnnotations[PhoneSystem, InUse]) -> Grants:
    return Grants(0, shown.endpoints_in_use, shown.numbers_in_use)


def is_backed_up(phone_system: WithAnnotations[PhoneSystem, InUse]) -> bool:
    """This function will say whether the newest backup holds the last change (rule 7.7)."""
    newest = phone_system.backed_up_at
    return newest is not None and newest >= phone_system.changed_at


def uses_of(phone_system: WithAnnotations[PhoneSystem, InUse], live: Live | None = None) -> tuple[Use, ...]:
    """This function will say how much of each service is in use of what is entitled; how many trunk lines,
    where the edge has said so.
    """
    return (
        Use(key="trunk_lines", used=live.lines_in_use if live else None, entitled=phone_system.trunk_lines),
        Use(key="endpoints", used=phone_system.endpoints_in_use, entitled=phone_system.endpoint_limit),
        Use(key="phone_numbers", used=phone_system.numbers_in_use, entitled=phone_system.number_limit),
    )
