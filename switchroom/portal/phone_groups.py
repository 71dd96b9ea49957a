"""Ring groups of a phone system: set up, changed, who rings in them and when (rules 6.3 and 8.2)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from switchroom.accounts.policy import Capability
from switchroom.journeys import ringing
from switchroom.phonesystems.models import Manner, PhoneSystem, RingGroup, RingGroupMember
from switchroom.phonesystems.ring_groups import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    USUAL_SECONDS,
    RingsTooLong,
)
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import Visit
from switchroom.portal.phone_endpoints import STEPS
from switchroom.portal.phone_systems import REFUSED, phone_system_for, wish_of
from switchroom.rules.refusals import Refused, gettext_noop

FIELDS = ("name", "extension", "manner")


@require_http_methods(["GET", "HEAD", "POST"])
def add_ring_group(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will ask how a ring group is called and dialled, and set it up."""
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        raise Http404
    typed = {"name": "", "extension": "", "manner": str(Manner.ALL)}
    if request.method != "POST":
        return _form_page(request, shown, typed, {})
    typed = _typed(request)
    try:
        group = ringing.add_group(wish_of(who, subscription_id), **typed)
    except Refused as refused:
        return _form_page(request, shown, typed, {_field(refused): refusal(refused)})
    messages.success(request, _("{name} is set up. Now say who rings.").format(name=group.name))
    return redirect("portal:ring_group", subscription_id, group.id)


@require_http_methods(["GET", "HEAD", "POST"])
def ring_group(request: HttpRequest, subscription_id: UUID, group_id: UUID) -> HttpResponse:
    """This function will show one ring group, and change its name, extension and manner."""
    who, shown, group = _group_for(request, subscription_id, group_id)
    if request.method != "POST":
        return _group_page(request, shown, group)
    typed = _typed(request)
    try:
        ringing.change_group(wish_of(who, subscription_id), group_id=group_id, **typed)
    except Refused as refused:
        return _group_page(request, shown, group, typed=typed, errors={_field(refused): refusal(refused)})
    messages.success(request, _("{name} is changed.").format(name=typed["name"]))
    return redirect("portal:ring_group", subscription_id, group_id)


@require_POST
def add_ring(request: HttpRequest, subscription_id: UUID, group_id: UUID) -> HttpResponse:
    """This function will let one more endpoint ring with a group."""
    who, shown, group = _group_for(request, subscription_id, group_id)
    chosen = request.POST.get("endpoint", "")
    endpoint = next((one for one in shown.endpoints.all() if str(one.id) == chosen), None)
    typed = {"endpoint": chosen, "seconds": request.POST.get("seconds", "").strip()}
    try:
        if endpoint is None:
            raise Refused("8.2", gettext_noop("Please choose an endpoint."))
        ringing.add_member(
            wish_of(who, subscription_id),
            group_id=group_id,
            endpoint_id=endpoint.id,
            seconds=_seconds(typed["seconds"]),
        )
    except Refused as refused:
        field = "endpoint" if endpoint is None else "seconds"
        return _group_page(request, shown, group, typed=typed, errors={field: refusal(refused)})
    return redirect("portal:ring_group", subscription_id, group_id)


@require_POST
def change_ring(request: HttpRequest, subscription_id: UUID, group_id: UUID, ring_id: UUID) -> HttpResponse:
    """This function will move an endpoint up or down in its group, take it out, or give it its seconds."""
    who, shown, group = _group_for(request, subscription_id, group_id)
    if not group.members.filter(id=ring_id).exists():
        raise Http404
    wish, wanted = wish_of(who, subscription_id), request.POST.get("to", "")
    try:
        if wanted in STEPS:
            ringing.move_member(wish, group_id=group_id, member_id=ring_id, by=STEPS[wanted])
        elif wanted == "out":
            ringing.remove_member(wish, group_id=group_id, member_id=ring_id)
        else:
            seconds = _seconds(request.POST.get("seconds", "").strip())
            ringing.set_seconds(wish, group_id=group_id, member_id=ring_id, seconds=seconds)
    except Refused as refused:
        return _group_page(request, shown, group, wrong=ring_id, errors={"rings": refusal(refused)})
    return redirect("portal:ring_group", subscription_id, group_id)


@require_http_methods(["GET", "HEAD", "POST"])
def remove_ring_group(request: HttpRequest, subscription_id: UUID, group_id: UUID) -> HttpResponse:
    """This function will ask once more, and remove a ring group."""
    who, shown, group = _group_for(request, subscription_id, group_id)
    if request.method != "POST":
        numbers = list(shown.numbers.filter(rings_group=group))
        return _page(request, "remove_ring_group", shown, group=group, numbers=numbers)
    ringing.remove_group(wish_of(who, subscription_id), group_id=group_id)
    messages.success(request, _("{name} is removed.").format(name=group.name))
    return redirect("portal:phone_system", subscription_id)


def _group_for(
    request: HttpRequest, subscription_id: UUID, group_id: UUID
) -> tuple[Visit, PhoneSystem, RingGroup]:
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    group = shown.ring_groups.filter(id=group_id).first() if shown is not None else None
    if shown is None or group is None:
        raise Http404
    return who, shown, group


def _typed(request: HttpRequest) -> dict[str, str]:
    typed = {name: request.POST.get(name, "").strip() for name in FIELDS}
    if typed["manner"] not in Manner.values:
        raise Http404
    return typed


def _seconds(typed: str) -> int:
    """What is no number of seconds is one that is refused with the right words."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 0


def _field(refused: Refused) -> str:
    """At which field a refusal of a ring group stands."""
    if isinstance(refused, RingsTooLong):
        return "manner"
    return "extension" if refused.rule == "8.2" else "name"


def _form_page(
    request: HttpRequest, shown: PhoneSystem, typed: dict[str, str], errors: dict[str, str]
) -> HttpResponse:
    return _page(request, "add_ring_group", shown, typed=typed, errors=errors)


def _group_page(
    request: HttpRequest,
    shown: PhoneSystem,
    group: RingGroup,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    wrong: UUID | None = None,
) -> HttpResponse:
    """``wrong`` is the ring whose seconds were refused."""
    group.refresh_from_db()
    rings: list[RingGroupMember] = list(group.members.order_by("position").select_related("endpoint"))
    ringing_already = {ring.endpoint_id for ring in rings}
    every_endpoint = shown.endpoints.order_by("position")
    in_place = {"name": group.name, "extension": group.extension, "manner": group.manner}
    return _page(
        request,
        "ring_group",
        shown,
        group=group,
        rings=rings,
        over={one.id for one in every_endpoint[shown.endpoint_limit :]},
        others=[one for one in every_endpoint if one.id not in ringing_already],
        numbers=list(shown.numbers.filter(rings_group=group)),
        typed={"seconds": str(USUAL_SECONDS), **in_place, **(typed or {})},
        errors=errors or {},
        wrong=wrong,
        shortest=SHORTEST_SECONDS,
        longest=LONGEST_SECONDS,
    )


def _page(request: HttpRequest, name: str, shown: PhoneSystem, **more: object) -> HttpResponse:
    context = {"phone_system": shown, "subscription": shown.subscription, **more}
    status = REFUSED if more.get("errors") else 200
    return render(request, f"portal/phone_systems/{name}.html", context, status=status)
