"""Cancel and take out a smaller subscription that follows: the way into its order (rule 7.6)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from switchroom.accounts.policy import Capability
from switchroom.journeys.follow_up import FollowUpExists, open_follow_up
from switchroom.journeys.quote import begins_on, has_follow_up
from switchroom.orders.models import OrderKind
from switchroom.orders.wizard import next_step, open_draft
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import subscription_for
from switchroom.portal.order_page import step_url
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.promises import promise_of


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will go on with the order of a follow-up, or explain it and ask whether to begin."""
    visit, subscription = subscription_for(request, subscription_id, Capability.ORDER)
    try:
        if request.method == "POST":
            draft = open_follow_up(
                account_id=visit.account.id,
                subscription_id=subscription.id,
                user=visit.user,
                day=visit.day,
                at=visit.at,
            )
            return redirect(step_url(draft, next_step(order=draft, subscription=subscription)))
        starts_on = begins_on(promise_of(subscription), day=visit.day)
        if has_follow_up(subscription):
            raise FollowUpExists
    except Refused as refused:
        messages.error(request, refusal(refused))
        return redirect("portal:cancel", subscription.id)
    left = open_draft(subscription.id, OrderKind.FOLLOW_UP)
    if left is not None:
        return redirect(step_url(left, next_step(order=left, subscription=subscription)))
    context = {"visit": visit, "subscription": subscription, "starts_on": starts_on}
    return render(request, "portal/orders/begin_follow_up.html", context)
