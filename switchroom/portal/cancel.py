"""Leaving: until when everything works, what it still costs, what is deleted; and thinking better of it.

One page before the click and after it (rule 7). What it says of money comes from the functions that bill.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from switchroom.accounts.policy import Capability
from switchroom.journeys import cancel as journey
from switchroom.journeys.confirmation import cancellation_confirmation
from switchroom.phonesystems.queries import deletion_record_of
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import Visit, all_for, subscription_for, visit_to
from switchroom.portal.leaving import leaving_of, possessions_in
from switchroom.portal.summaries import state_chip, state_word
from switchroom.rules.lifecycle import State, deleted_on, state_on
from switchroom.rules.periods import ONE_DAY
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.models import Cancellation, Subscription
from switchroom.subscriptions.promises import promise_of

REFUSED = 422
AT_ONCE = "at_once"
OVER = (State.ENDED, State.DELETED)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will show what cancelling means and do it, or show what was cancelled (rules 7.1 to
    7.6).
    """
    visit, subscription, others = all_for(request, subscription_id, Capability.ORDER)
    refused: Refused | None = None
    if request.method == "POST":
        try:
            journey.cancel(
                account_id=visit.account.id,
                subscription_id=subscription.id,
                user=visit.user,
                day=visit.day,
                at=visit.at,
                at_once=request.POST.get("when") == AT_ONCE,
            )
        except Refused as raised:
            refused = raised
        else:
            return redirect("portal:cancel", subscription.id)
    promise = promise_of(subscription)
    is_over = state_on(promise, visit.day) in OVER
    if promise.cancellation is not None or is_over:
        return _cancelled_page(request, visit, subscription, others, refused=refused)
    return _cancel_page(request, visit, subscription, others)


def _cancel_page(
    request: HttpRequest, visit: Visit, subscription: Subscription, others: list[Subscription]
) -> HttpResponse:
    promise = promise_of(subscription)
    state = state_on(promise, visit.day)
    elsewhere = [promise_of(other) for other in others]
    context = {
        "visit": visit,
        "subscription": subscription,
        "state": state.value,
        "chip": state_chip(promise, state),
        "word": state_word(promise, visit.day),
        "currency": subscription.product_version.currency,
        "leaving": leaving_of(promise, elsewhere, account_id=visit.account.id, day=visit.day),
        "chooses": state is State.TRIAL,
        "is_paid": promise.bought_on is not None,
        "quarantine_days": subscription.product_version.number_quarantine_days,
        "retention_days": subscription.product_version.retention_days,
        "at_once_deleted_on": visit.day + timedelta(days=subscription.product_version.retention_days),
        "possessions": possessions_in(subscription.id),
    }
    return render(request, "portal/cancel/cancel.html", context)


def _cancelled_page(
    request: HttpRequest,
    visit: Visit,
    subscription: Subscription,
    others: list[Subscription],
    *,
    refused: Refused | None,
) -> HttpResponse:
    promise = promise_of(subscription)
    state = state_on(promise, visit.day)
    cancellation = next(iter(subscription.cancellations.all()), None)
    follow_up = next((one for one in others if one.follows_id == subscription.id), None)
    is_over = state in OVER
    context = {
        "visit": visit,
        "subscription": subscription,
        "state": state.value,
        "chip": state_chip(promise, state),
        "word": state_word(promise, visit.day),
        "refused": refused,
        "cancellation": cancellation,
        "last_on": None if cancellation is None else cancellation.ends_on - ONE_DAY,
        "at_once": cancellation is not None and cancellation.ends_on == cancellation.entered_on,
        "deleted_on": deleted_on(promise),
        "is_over": is_over,
        "is_paid": promise.bought_on is not None,
        "follow_up": follow_up,
        "follow_up_from_on": None if follow_up is None else follow_up.trial.from_on,
        "can_withdraw": cancellation is not None and not is_over and follow_up is None,
        "deletion_record": deletion_record_of(subscription.id) if is_over else None,
        "quarantine_days": subscription.product_version.number_quarantine_days,
        "possessions": None if is_over else possessions_in(subscription.id),
    }
    return render(request, "portal/cancel/cancelled.html", context, status=REFUSED if refused else 200)


@require_POST
def withdraw_cancellation(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will withdraw a cancellation that has not taken effect (rule 7.4)."""
    visit, subscription = subscription_for(request, subscription_id, Capability.ORDER)
    try:
        journey.withdraw_cancellation(
            account_id=visit.account.id,
            subscription_id=subscription.id,
            user=visit.user,
            day=visit.day,
            at=visit.at,
        )
    except Refused as refused:
        messages.error(request, refusal(refused))
        return redirect("portal:cancel", subscription.id)
    messages.success(request, _("The cancellation is withdrawn. Everything goes on as before."))
    return redirect("portal:subscription", subscription.id)


@require_safe
def cancellation_confirmation_file(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will hand out the confirmation of the newest cancellation, a text to keep (rule 7.4)."""
    cancellations = Cancellation.objects.filter(subscription_id=subscription_id)
    newest = cancellations.select_related("subscription", "entered_by").order_by("entered_at").last()
    if newest is None:
        raise Http404
    visit_to(request, newest.subscription.account_id, Capability.SEE_SUBSCRIPTIONS)
    answer = HttpResponse(cancellation_confirmation(newest), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="cancellation-{newest.entered_on}.txt"'
    return answer
