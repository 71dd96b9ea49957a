"""Holding less: refused in the term with the ways that exist, entered after it, withdrawn until it bites.

What a reduction would leave is worked out by the functions that carry it out (rules 6.1 to 6.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from switchroom.accounts.policy import Capability
from switchroom.catalog.models import Licence
from switchroom.journeys import reduce as journey
from switchroom.plumbing.wording import long_day, refusal
from switchroom.portal.access import Visit, subscription_for
from switchroom.portal.leaving import Possessions, possessions_in
from switchroom.portal.summaries import state_word
from switchroom.rules.entitlements import entitlements_on, granted_by
from switchroom.rules.forecasts import with_reduction_done
from switchroom.rules.periods import ONE_DAY
from switchroom.rules.promise import Grants, Promise, Reduction, held_on, items_in_force
from switchroom.rules.quotes import monthly_minor
from switchroom.rules.reductions import check_possible, possible_from, reduce, target_quantity
from switchroom.rules.refusals import Refused
from switchroom.rules.upgrades import stepped_quantity
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of

REFUSED = 422


@dataclass(frozen=True, kw_only=True)
class Target:
    """One licence that is held: how many now and how many wanted; ``value`` as typed when that is wrong."""

    licence: Licence
    held: int
    value: int | str
    unit_price_minor: int
    is_service_level: bool
    error: Refused | None

    @property
    def total_minor(self) -> int:
        """What the wanted quantity costs a month."""
        return self.unit_price_minor * self.value if isinstance(self.value, int) else 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a reduction leaves from the day on which it bites. Amounts are minor units a month, net."""

    last_on: date
    bites_on: date
    entitled: Grants
    monthly_minor: int
    endpoints_over: list[str]
    numbers_over: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
def reduce_page(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will refuse a reduction in the term, or ask for the quantities and enter it."""
    visit, subscription = subscription_for(request, subscription_id, Capability.ORDER)
    promise = promise_of(subscription)
    try:
        check_possible(promise, day=visit.day)
    except Refused as refused:
        return _refused_page(request, visit, subscription, refused)
    if request.method != "POST":
        return _fields_page(request, visit, subscription, _targets(subscription, promise, visit.day))
    targets = _typed(request, _targets(subscription, promise, visit.day))
    if any(target.error for target in targets) or "next" not in request.POST:
        return _fields_page(request, visit, subscription, targets)
    try:
        entered = journey.reduce(
            account_id=visit.account.id,
            subscription_id=subscription.id,
            targets=_changes(targets),
            user=visit.user,
            day=visit.day,
            at=visit.at,
        )
    except Refused as refused:
        return _fields_page(request, visit, subscription, targets, refused=refused)
    sentence = _("Entered. You will hold less from {day} on; until then nothing changes.")
    messages.success(request, sentence.format(day=long_day(entered.bites_on)))
    return redirect("portal:reduce", subscription.id)


def _refused_page(
    request: HttpRequest, visit: Visit, subscription: Subscription, refused: Refused
) -> HttpResponse:
    promise = promise_of(subscription)
    context = {
        "visit": visit,
        "subscription": subscription,
        "promise": promise,
        "word": state_word(promise, visit.day),
        "refused": refused,
        "possible_from": possible_from(promise),
    }
    return render(request, "portal/reduce/refused.html", context, status=_status(request))


def _status(request: HttpRequest) -> int:
    return REFUSED if request.method == "POST" else 200


def _fields_page(
    request: HttpRequest,
    visit: Visit,
    subscription: Subscription,
    targets: list[Target],
    *,
    refused: Refused | None = None,
) -> HttpResponse:
    promise = promise_of(subscription)
    pending = promise.reduction
    outcome = None
    possessions = possessions_in(subscription.id)
    try:
        outcome = _outcome(promise, reduce(promise, _changes(targets), day=visit.day), possessions)
    except Refused as unchanged:
        refused = refused or (unchanged if "next" in request.POST else None)
    wrong = refused is not None or any(target.error for target in targets)
    context = {
        "visit": visit,
        "subscription": subscription,
        "promise": promise,
        "word": state_word(promise, visit.day),
        "currency": subscription.product_version.currency,
        "targets": targets,
        "entitled": entitlements_on(promise, visit.day),
        "monthly_minor": monthly_minor(items_in_force(promise, visit.day)),
        "outcome": outcome,
        "pending": None if pending is None else _outcome(promise, pending, possessions),
        "pending_changes": _pending_changes(targets, pending),
        "ends_last_on": None if promise.ends_on is None else promise.ends_on - ONE_DAY,
        "refused": refused,
    }
    return render(request, "portal/reduce/reduce.html", context, status=REFUSED if wrong else 200)


def _targets(subscription: Subscription, promise: Promise, day: date) -> list[Target]:
    """What is held today, each with the target that a pending reduction has for it, or as it is."""
    held = held_on(promise, day)
    pending: Mapping[str, int] = promise.reduction.targets if promise.reduction is not None else {}
    levels = {item.licence for item in items_in_force(promise, day) if item.is_service_level}
    licences = {item.licence.key: item.licence for item in subscription.items.all()}
    return [
        Target(
            licence=licence,
            held=held[licence.key],
            value=min(pending.get(licence.key, held[licence.key]), held[licence.key]),
            unit_price_minor=licence.unit_price_minor,
            is_service_level=licence.key in levels,
            error=None,
        )
        for licence in sorted(licences.values(), key=lambda one: one.position)
        if licence.key in held
    ]


def _typed(request: HttpRequest, targets: list[Target]) -> list[Target]:
    stepped, _colon, by = request.POST.get("step", "").rpartition(":")
    return [
        _read(target, request.POST.get(target.licence.key), int(by) if stepped == target.licence.key else 0)
        for target in targets
    ]


def _read(target: Target, typed: str | None, by: int) -> Target:
    """A target as it was typed, counted on by the − or + that was pressed, with what is wrong about it."""
    text = str(target.held) if typed is None else typed
    if by in (-1, 1):
        text = str(stepped_quantity(text, by, booked=0, maximum=target.held))
    try:
        value: int | str = target_quantity(text, held=target.held)
        error = None
    except Refused as refused:
        value, error = text, refused
    return Target(
        licence=target.licence,
        held=target.held,
        value=value,
        unit_price_minor=target.unit_price_minor,
        is_service_level=target.is_service_level,
        error=error,
    )


def _changes(targets: list[Target]) -> dict[str, int]:
    """The targets that differ from what is held; of the others nothing is said."""
    return {
        target.licence.key: target.value
        for target in targets
        if isinstance(target.value, int) and target.value != target.held
    }


def _outcome(promise: Promise, decided: Reduction, possessions: Possessions | None) -> Outcome:
    staying = msgspec.structs.replace(promise, reduction=decided, cancellation=None)
    after = items_in_force(with_reduction_done(staying), decided.bites_on)
    entitled = granted_by(after)
    endpoints = [] if possessions is None else possessions.endpoints
    numbers = [] if possessions is None else possessions.numbers
    return Outcome(
        last_on=decided.bites_on - ONE_DAY,
        bites_on=decided.bites_on,
        entitled=entitled,
        monthly_minor=monthly_minor(after),
        endpoints_over=[listed.endpoint.name for listed in endpoints[entitled.endpoints :]],
        numbers_over=[listed.number.e164 for listed in numbers[entitled.phone_numbers :]],
    )


def _pending_changes(targets: list[Target], pending: Reduction | None) -> list[tuple[Target, int]]:
    if pending is None:
        return []
    return [
        (target, pending.targets[target.licence.key])
        for target in targets
        if target.licence.key in pending.targets
    ]


@require_POST
def withdraw_reduction(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will withdraw the pending reduction (rule 6.2)."""
    visit, subscription = subscription_for(request, subscription_id, Capability.ORDER)
    try:
        journey.withdraw_reduction(
            account_id=visit.account.id,
            subscription_id=subscription.id,
            user=visit.user,
            day=visit.day,
            at=visit.at,
        )
    except Refused as refused:
        messages.error(request, refusal(refused))
    else:
        messages.success(request, _("The reduction is withdrawn. You keep what you have."))
    return redirect("portal:reduce", subscription.id)


@require_safe
def reduction_reminder(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will hand out a calendar entry for the first day on which a reduction is possible."""
    visit, subscription = subscription_for(request, subscription_id, Capability.ORDER)
    first_on = possible_from(promise_of(subscription))
    if first_on is None or first_on <= visit.day:
        return redirect("portal:reduce", subscription.id)
    summary = _("{name}: a reduction is possible from today on").format(name=subscription.name)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Switchroom//Switchroom//EN",
        "BEGIN:VEVENT",
        f"UID:{subscription.id}@reduction.switchroom",
        f"DTSTAMP:{visit.at:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{first_on:%Y%m%d}",
        f"SUMMARY:{_calendar_text(summary)}",
        f"URL:{request.build_absolute_uri(request.path.removesuffix('reminder.ics'))}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    answer = HttpResponse(
        "".join(f"{line}\r\n" for line in lines), content_type="text/calendar; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="reduction-{first_on}.ics"'
    return answer


def _calendar_text(text: str) -> str:
    """Text as an iCalendar file keeps it (RFC 5545, 3.3.11)."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r", " ").replace("\n", " ")
