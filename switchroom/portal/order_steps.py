"""The five steps of the store wizard (rules 4.1 to 4.6).

Each takes over what was entered, or says at the field why it cannot; what was typed stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from switchroom.accounts.billing_address import BillingAddressRefused, set_billing_address
from switchroom.accounts.models import PaymentMethod
from switchroom.accounts.policy import Capability
from switchroom.catalog.models import Licence, LicenceKind
from switchroom.catalog.queries import licences_of, service_levels_of
from switchroom.journeys.quote import quote_from
from switchroom.journeys.upgrade import keep_shown
from switchroom.orders import wizard
from switchroom.orders.models import Quote
from switchroom.orders.purchase import QuoteChanged
from switchroom.orders.wizard import NothingAdded, Step
from switchroom.phonesystems.queries import usage_in
from switchroom.plumbing.wording import refusal
from switchroom.portal.address_fields import address_fields, address_of, as_typed, starting_address
from switchroom.portal.order_figures import Figures, figures_from, figures_of
from switchroom.portal.order_page import Walk, is_live, onwards, page, step_url
from switchroom.portal.shown_quotes import changes_between, read_shown
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused
from switchroom.rules.upgrades import stepped_quantity

REFUSED = 422


@dataclass(frozen=True, kw_only=True)
class Row:
    """A licence in the first step: ``value`` is the total wanted, or what was typed when that is wrong."""

    licence: Licence
    value: int | str
    booked: int
    added: int
    total_minor: int
    error: Refused | None


def quantities(walk: Walk) -> HttpResponse:
    """This function will ask how many of each licence; − and + and typing are priced at once (rule 4.2)."""
    if walk.request.method != "POST":
        return _quantities_page(walk)
    typed = _typed(walk)
    refusals = wizard.choose_quantities(
        order=walk.order, typed=typed, version=walk.basis.version, booked=walk.basis.booked
    )
    if refusals:
        return _quantities_page(walk, typed=typed, refusals=refusals)
    if "next" not in walk.request.POST:
        return _quantities_page(walk) if is_live(walk.request) else redirect(step_url(walk.order, walk.step))
    try:
        quote_from(walk.basis, day=walk.visit.day)
    except NothingAdded as refused:
        return _quantities_page(walk, refused=refused)
    return onwards(walk)


def _typed(walk: Walk) -> dict[str, str]:
    """The quantities as they were typed, the one whose − or + was pressed counted on."""
    posted = walk.request.POST
    stepped, _colon, by = posted.get("step", "").rpartition(":")
    typed = {}
    for licence in _licences(walk):
        text = posted.get(licence.key, "")
        if licence.key == stepped and by in ("-1", "+1"):
            booked = walk.basis.booked.get(licence.key, 0)
            text = str(stepped_quantity(text, int(by), booked=booked, maximum=licence.maximum))
        elif licence.key not in posted:
            continue
        typed[licence.key] = text
    return typed


def _quantities_page(
    walk: Walk,
    *,
    typed: Mapping[str, str] | None = None,
    refusals: Mapping[str, Refused] | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    used = usage_in(walk.order.subscription_id)
    rows = [_row(walk, licence, typed or {}, refusals or {}) for licence in _licences(walk)]
    return page(
        walk,
        _figures(walk, used=used),
        status=REFUSED if refusals or refused else 200,
        rows=rows,
        refused=refused,
        used=used,
        is_stale=bool(refusals),
    )


def _row(walk: Walk, licence: Licence, typed: Mapping[str, str], refusals: Mapping[str, Refused]) -> Row:
    wanted = int(walk.order.wanted.get(licence.key, 0))
    booked = walk.basis.booked.get(licence.key, 0)
    error = refusals.get(licence.key)
    return Row(
        licence=licence,
        value=typed[licence.key] if error is not None else wanted,
        booked=booked,
        added=0 if error is not None else max(0, wanted - booked),
        total_minor=wanted * licence.unit_price_minor,
        error=error,
    )


def _licences(walk: Walk) -> list[Licence]:
    return [one for one in licences_of(walk.basis.version) if one.kind == LicenceKind.LICENCE]


def service_level(walk: Walk) -> HttpResponse:
    """This function will ask how soon the provider shall react (rule 5.11)."""
    levels = service_levels_of(walk.basis.version)
    error: Refused | None = None
    if walk.request.method == "POST":
        key = walk.request.POST.get("service_level", "")
        try:
            wizard.choose_service_level(order=walk.order, key=key, version=walk.basis.version)
        except Refused as refused:
            error = refused
        else:
            if "next" in walk.request.POST:
                return onwards(walk)
    included = next((level.key for level in levels if level.unit_price_minor == 0), "")
    return page(
        walk,
        _figures(walk),
        status=REFUSED if error else 200,
        levels=levels,
        chosen=walk.order.service_level or included,
        error=error,
    )


def billing_address(walk: Walk) -> HttpResponse:
    """This function will ask where invoices go, or show it to a member who may not change it (rule 5.11)."""
    visit = walk.visit
    address = address_of(visit.account)
    may_change = visit.can(Capability.MANAGE_BILLING)
    typed = as_typed(address) if address else starting_address(visit.account, visit.user)
    errors: Mapping[str, Refused] = {}
    if walk.request.method == "POST":
        if may_change:
            typed = {name: walk.request.POST.get(name, "") for name in typed}
            try:
                set_billing_address(member=visit.member, typed=typed, day=visit.day)
            except BillingAddressRefused as refused:
                errors = refused.errors
        if not errors and (may_change or address is not None):
            return onwards(walk)
    return page(
        walk,
        _figures(walk),
        status=REFUSED if errors else 200,
        fields=address_fields(typed, errors),
        errors=errors,
        address=address,
        may_change=may_change,
    )


def payment_method(walk: Walk) -> HttpResponse:
    """This function will explain how the account pays and have it confirmed: by invoice, which is the one
    way.
    """
    if walk.request.method == "POST":
        return onwards(walk)
    return page(
        walk,
        _figures(walk),
        method=PaymentMethod.INVOICE,
        address=address_of(walk.visit.account),
        payment_days=settings.INSTALLATION.payment_days,
    )


def overview(walk: Walk) -> HttpResponse:
    """This function will show everything once more, as the quote that the purchase will bill (rule 4.5)."""
    try:
        quote = quote_from(walk.basis, day=walk.visit.day)
    except NothingAdded as refused:
        messages.warning(walk.request, refusal(refused))
        return redirect(step_url(walk.order, Step.QUANTITIES))
    shown = keep_shown(order=walk.order, quote=quote, day=walk.visit.day, at=walk.visit.at)
    return overview_page(walk, shown, figures_from(walk.basis, quote, day=walk.visit.day, used=Grants()))


def overview_page(
    walk: Walk,
    shown: Quote,
    figures: Figures,
    *,
    changed: QuoteChanged | None = None,
    before: Quote | None = None,
) -> HttpResponse:
    """This function will show the overview; when ``changed``, with what differs from ``before``."""
    levels = service_levels_of(walk.basis.version)
    return page(
        walk,
        figures,
        status=REFUSED if changed else 200,
        quote=shown,
        shown=read_shown(shown, licences_of(walk.basis.version)),
        level=next((one for one in levels if one.key == walk.order.service_level), None),
        asks_service_level=Step.SERVICE_LEVEL in walk.steps,
        address=address_of(walk.visit.account),
        changed=changed,
        changes=changes_between(before, shown) if before else (),
    )


def _figures(walk: Walk, *, used: Grants | None = None) -> Figures:
    return figures_of(walk.basis, day=walk.visit.day, used=used or Grants())


STEPS: dict[Step, Callable[[Walk], HttpResponse]] = {
    Step.QUANTITIES: quantities,
    Step.SERVICE_LEVEL: service_level,
    Step.BILLING_ADDRESS: billing_address,
    Step.PAYMENT_METHOD: payment_method,
    Step.OVERVIEW: overview,
}
