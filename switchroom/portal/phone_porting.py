"""Bringing numbers from another provider: the form with the signed order, where it stands, thinking better of
it (rules 7.8 and 8.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import UUIDField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from switchroom.accounts.policy import Capability
from switchroom.journeys import port_in as porting_in
from switchroom.phonesystems import documents
from switchroom.phonesystems.changing import NoRoom
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.port_ins import PortIn, PortInState
from switchroom.phonesystems.porting import NotFree, numbers_of
from switchroom.phonesystems.signed_orders import (
    CUSTOMER_NUMBER,
    DOCUMENT,
    FIELDS,
    LINES,
    MOST_NUMBERS,
    NUMBERS,
    WISHED_ON,
    OrderRefused,
    SignedOrder,
    read_order,
)
from switchroom.plumbing.wording import phone_number, refusal
from switchroom.portal.access import Visit
from switchroom.portal.address_fields import address_of
from switchroom.portal.offers import PHONE_NUMBERS, Offer, offer_of_one_more
from switchroom.portal.phone_systems import REFUSED, phone_system_for, wish_of
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused

ELSEWHERE = "elsewhere"
"""Where a refusal is shown that belongs to no field."""


@dataclass(frozen=True)
class Step:
    """A state on the way, as the steps of a page show it; ``state`` is done, current or todo."""

    label: str
    state: str
    url: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def bring_number(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will ask for numbers, contract, day and signed order, and take them. What is refused
    stays on the page, but for the file, which a browser does not send twice.
    """
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        raise Http404
    if request.method != "POST":
        return _form(request, who, shown, _starting(request, who, shown))
    typed = {field: request.POST.get(field, "") for field in FIELDS}
    offer: Offer | None = None
    try:
        order = _order_in(request, typed, who)
        asked = porting_in.ask(wish_of(who, subscription_id), order=order)
    except OrderRefused as refused:
        errors = {field: refusal(error) for field, error in refused.errors.items()}
    except Refused as refused:
        errors = {_field_of(refused): refusal(refused)}
        if isinstance(refused, NoRoom):
            used = Grants(0, shown.endpoints_in_use, refused.entitled)
            offer = offer_of_one_more(
                PHONE_NUMBERS, phone_system=shown, used=used, who=who, more=refused.missing
            )
    else:
        messages.success(request, _("We have your order. A receipt was sent by e-mail."))
        return redirect("portal:port_in", subscription_id, asked.id)
    return _form(request, who, shown, typed, errors=errors, offer=offer)


@require_safe
def port_in(request: HttpRequest, subscription_id: UUID, port_in_id: UUID) -> HttpResponse:
    """This function will show where a port-in stands, and what was asked for."""
    who, shown, chosen = _port_in_for(request, subscription_id, port_in_id)
    return _page(request, "port_in", shown, port_in=chosen, steps=_steps(chosen), day=who.day)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_port_in(request: HttpRequest, subscription_id: UUID, port_in_id: UUID) -> HttpResponse:
    """This function will ask once more, and end a port-in as the member wishes."""
    who, shown, chosen = _port_in_for(request, subscription_id, port_in_id)
    if request.method != "POST":
        if not chosen.is_open:
            return redirect("portal:port_in", subscription_id, port_in_id)
        return _page(request, "withdraw_port_in", shown, port_in=chosen)
    try:
        porting_in.withdraw(wish_of(who, subscription_id), port_in_id=port_in_id)
    except Refused as refused:
        messages.error(request, refusal(refused))
        return redirect("portal:port_in", subscription_id, port_in_id)
    except PortIn.DoesNotExist:
        raise Http404 from None
    messages.success(
        request, _("Withdrawn: your numbers stay with {provider}.").format(provider=chosen.present_provider)
    )
    return redirect("portal:phone_system", subscription_id)


def _order_in(request: HttpRequest, typed: dict[str, str], who: Visit) -> SignedOrder:
    """What was sent, checked; a file that is too large is not even read."""
    uploaded = request.FILES.get(DOCUMENT)
    is_too_large = uploaded is not None and (uploaded.size or 0) > documents.LARGEST_BYTES
    content = b"" if uploaded is None or is_too_large else uploaded.read()
    try:
        return read_order(typed, content=content, day=who.day)
    except OrderRefused as refused:
        if is_too_large:
            refused.errors[DOCUMENT] = documents.too_large()
        raise


def _field_of(refused: Refused) -> str:
    if isinstance(refused, porting_in.OverBefore):
        return WISHED_ON
    return NUMBERS if isinstance(refused, NoRoom | NotFree) else ELSEWHERE


def _starting(request: HttpRequest, who: Visit, shown: PhoneSystem) -> dict[str, str]:
    """What the form begins with: what was asked for before (``?again=``), or the company's own address."""
    again = _again(request, shown)
    if again is not None:
        typed = {field: getattr(again, field) for field in (*LINES, CUSTOMER_NUMBER)}
        return {**typed, NUMBERS: "\n".join(phone_number(number) for number in numbers_of(again))}
    address = address_of(who.account)
    if address is None:
        return {"holder_name": who.account.name}
    return {
        "holder_name": address.company,
        "holder_street": address.street,
        "holder_postal_code": address.postal_code,
        "holder_city": address.city,
    }


def _again(request: HttpRequest, shown: PhoneSystem) -> PortIn | None:
    try:
        again = UUIDField(required=False).clean(request.GET.get("again", ""))
    except ValidationError:
        raise Http404 from None
    return None if again is None else shown.port_ins.filter(id=again).first()


def _form(
    request: HttpRequest,
    who: Visit,
    shown: PhoneSystem,
    typed: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    offer: Offer | None = None,
) -> HttpResponse:
    return _page(
        request,
        "bring_number",
        shown,
        status=REFUSED if errors else 200,
        typed=typed,
        errors=errors or {},
        offer=offer,
        has_chosen=DOCUMENT in request.FILES,
        first_on=who.day,
        most=MOST_NUMBERS,
        megabytes=documents.LARGEST_MEGABYTES,
        may_order=who.can(Capability.ORDER),
    )


def _steps(chosen: PortIn) -> list[Step]:
    """The way to the end; none for one that has left it."""
    way = {
        PortInState.ASKED: _("Asked for"),
        PortInState.HANDED_IN: _("Handed in"),
        PortInState.CONFIRMED: _("Day confirmed"),
        PortInState.DONE: _("With us"),
    }
    if chosen.state not in way:
        return []
    here = list(way).index(PortInState(chosen.state))
    is_done = chosen.state == PortInState.DONE
    return [
        Step(label, "done" if place < here or is_done else "current" if place == here else "todo")
        for place, label in enumerate(way.values())
    ]


def _port_in_for(
    request: HttpRequest, subscription_id: UUID, port_in_id: UUID
) -> tuple[Visit, PhoneSystem, PortIn]:
    who, shown = phone_system_for(request, subscription_id, Capability.MANAGE_PHONES)
    if shown is None:
        raise Http404
    chosen = (
        shown.port_ins.select_related("asked_by").prefetch_related("numbers").filter(id=port_in_id).first()
    )
    if chosen is None:
        raise Http404
    return who, shown, chosen


def _page(
    request: HttpRequest, name: str, shown: PhoneSystem, *, status: int = 200, **more: object
) -> HttpResponse:
    context = {"phone_system": shown, "subscription": shown.subscription, **more}
    return render(request, f"portal/phone_systems/{name}.html", context, status=status)
