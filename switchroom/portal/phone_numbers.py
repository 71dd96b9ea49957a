"""Phone numbers of a phone system: take one, say where help is to come and who rings, put in order, give back
(rules 6.3, 7.8 and 8.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.forms import UUIDField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from switchroom.accounts.policy import Capability
from switchroom.journeys import phones, ringing
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.models import PhoneNumber, PhoneSystem
from switchroom.phonesystems.numbers import BLOCK, emergency_address_errors, free_blocks, free_numbers
from switchroom.plumbing.wording import phone_number, refusal
from switchroom.portal.access import Visit
from switchroom.portal.offers import PHONE_NUMBERS, offer_of_one_more
from switchroom.portal.phone_endpoints import STEPS
from switchroom.portal.phone_systems import REFUSED, phone_system_for, wish_of
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused

OFFERED = 12  # numbers of an area to choose from
ADDRESS = ("street", "postal_code", "city")


@dataclass(frozen=True)
class Block:
    """Ten numbers in a row, by what they begin with."""

    begins: str

    @property
    def first(self) -> str:
        """The first of the ten (E.164)."""
        return f"{self.begins}0"

    @property
    def last(self) -> str:
        """The last of the ten (E.164)."""
        return f"{self.begins}{BLOCK - 1}"


@require_http_methods(["GET", "HEAD", "POST"])
def take_number(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will let the member choose an area and a number, and take it."""
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        raise Http404
    area = request.POST.get("area", request.GET.get("area", ""))
    free = free_numbers(day=who.day)
    areas = list(free.order_by("area").values("area").annotate(count=Count("id")))
    area = area if area in {one["area"] for one in areas} else ""
    context: dict[str, object] = {
        "phone_system": shown,
        "subscription": shown.subscription,
        "areas": areas,
        "area": area,
        "numbers": list(free.filter(area=area)[:OFFERED]) if area else [],
        "blocks": [Block(begins) for begins in free_blocks(day=who.day, area=area)[:OFFERED] if area],
        "may_order": who.can(Capability.ORDER),
    }
    if request.method != "POST":
        return render(request, "portal/phone_systems/take_number.html", context)
    try:
        number, sentence = _taken(request, wish_of(who, subscription_id), area)
    except Refused as refused:
        context["error"] = refusal(refused)
        if isinstance(refused, NoRoom):
            used = Grants(0, shown.endpoints_in_use, shown.numbers_in_use)
            context["offer"] = offer_of_one_more(PHONE_NUMBERS, phone_system=shown, used=used, who=who)
        return render(request, "portal/phone_systems/take_number.html", context, status=REFUSED)
    messages.success(request, sentence.format(number=phone_number(number.e164)))
    return redirect("portal:number_address", subscription_id, number.id)


@require_http_methods(["GET", "HEAD", "POST"])
def number_address(request: HttpRequest, subscription_id: UUID, number_id: UUID) -> HttpResponse:
    """This function will ask where help is to come, and let the number take calls (rule 8.3)."""
    who, shown, number = _number_for(request, subscription_id, number_id)
    if request.method != "POST":
        return _address_page(request, shown, number, _address_of(number), {})
    typed = {part: request.POST.get(part, "") for part in ADDRESS}
    errors = emergency_address_errors(typed)
    if errors:
        return _address_page(request, shown, number, typed, errors)
    live = phones.go_live(
        wish_of(who, subscription_id),
        number_id=number_id,
        others_too="others_too" in request.POST,
        **typed,
    )
    one = _("{number} takes calls.").format(number=phone_number(number.e164))
    many = _("{n} phone numbers take calls.").format(n=len(live))
    messages.success(request, one if len(live) == 1 else many)
    return redirect("portal:phone_system", subscription_id)


@require_http_methods(["GET", "HEAD", "POST"])
def release_number(request: HttpRequest, subscription_id: UUID, number_id: UUID) -> HttpResponse:
    """This function will ask once more, and give a number back."""
    who, shown, number = _number_for(request, subscription_id, number_id)
    if request.method != "POST":
        context = {"phone_system": shown, "subscription": shown.subscription, "number": number}
        return render(request, "portal/phone_systems/release_number.html", context)
    phones.release_number(wish_of(who, subscription_id), number_id=number_id)
    messages.success(request, _("{number} is given back.").format(number=phone_number(number.e164)))
    return redirect("portal:phone_system", subscription_id)


@require_POST
def number_rings(request: HttpRequest, subscription_id: UUID, number_id: UUID) -> HttpResponse:
    """This function will say who rings when a number is called; a refusal stands on the number's page."""
    who, shown, number = _number_for(request, subscription_id, number_id)
    try:
        ringing.let_ring(
            wish_of(who, subscription_id),
            number_id=number_id,
            target_id=_chosen(request.POST.get("rings", "")),
        )
    except Refused as refused:
        return _address_page(request, shown, number, _address_of(number), {"rings": refused})
    messages.success(request, _("{number} rings as you chose.").format(number=phone_number(number.e164)))
    return redirect("portal:phone_system", subscription_id)


@require_POST
def move_number(request: HttpRequest, subscription_id: UUID, number_id: UUID) -> HttpResponse:
    """This function will move a number up or down in the member's own order."""
    who, _shown, _number = _number_for(request, subscription_id, number_id)
    by = STEPS.get(request.POST.get("to", ""))
    if by is None:
        raise Http404
    phones.move_number(wish_of(who, subscription_id), number_id=number_id, by=by)
    return redirect("portal:phone_system", subscription_id)


def _taken(request: HttpRequest, wish: phones.Wish, area: str) -> tuple[PhoneNumber, str]:
    """Takes the number that was chosen, any of the area, or a whole block; with what to say of it."""
    if begins := request.POST.get("block", ""):
        first, *_others = phones.take_block(wish, begins=begins)
        return first, _("Ten numbers from {number} on are yours. One thing is left before they take calls.")
    number = phones.take_number(wish, number_id=_chosen(request.POST.get("number", "")), area=area)
    return number, _("{number} is yours. One thing is left before it takes calls.")


def _number_for(
    request: HttpRequest, subscription_id: UUID, number_id: UUID
) -> tuple[Visit, PhoneSystem, PhoneNumber]:
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    number = shown.numbers.filter(id=number_id).first() if shown is not None else None
    if shown is None or number is None:
        raise Http404
    return who, shown, number


def _chosen(typed: str) -> UUID | None:
    """What was chosen by its id; none means any number of the area, or all phones."""
    try:
        chosen: UUID | None = UUIDField(required=False).clean(typed)
    except ValidationError:
        raise Http404 from None
    return chosen


def _address_of(number: PhoneNumber) -> dict[str, str]:
    return {part: getattr(number, f"emergency_{part}") for part in ADDRESS}


def _address_page(
    request: HttpRequest,
    shown: PhoneSystem,
    number: PhoneNumber,
    typed: dict[str, str],
    errors: dict[str, Refused],
) -> HttpResponse:
    context = {
        "phone_system": shown,
        "subscription": shown.subscription,
        "number": number,
        "not_live": shown.numbers.filter(is_live=False).exclude(id=number.id).count(),
        "typed": typed,
        "endpoints": shown.endpoints.order_by("position"),
        "ring_groups": shown.ring_groups.all(),
        "errors": {part: refusal(refused) for part, refused in errors.items()},
    }
    return render(
        request, "portal/phone_systems/number_address.html", context, status=REFUSED if errors else 200
    )
