"""The way into the store wizard: it goes on with the draft that was left, or begins one (rules 3.2, 4.1)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from switchroom.accounts.policy import Capability
from switchroom.journeys.upgrade import open_upgrade
from switchroom.orders.models import OrderKind
from switchroom.orders.wizard import next_step, open_draft
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import subscription_for
from switchroom.portal.order_page import step_url
from switchroom.portal.summaries import summary_for
from switchroom.rules.refusals import Refused
from switchroom.rules.upgrades import check_open
from switchroom.subscriptions.promises import promise_of


@require_http_methods(["GET", "HEAD", "POST"])
def upgrade(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will go on with the order of more licences, or ask whether to begin one."""
    visit, subscription = subscription_for(request, subscription_id, Capability.ORDER)
    try:
        if request.method == "POST":
            draft = open_upgrade(
                account_id=visit.account.id,
                subscription_id=subscription.id,
                user=visit.user,
                day=visit.day,
                at=visit.at,
            )
            return redirect(step_url(draft, next_step(order=draft, subscription=subscription)))
        check_open(promise_of(subscription), day=visit.day)
    except Refused as refused:
        messages.error(request, refusal(refused))
        return redirect("portal:subscription", subscription.id)
    left = open_draft(subscription.id, OrderKind.UPGRADE)
    if left is not None:
        return redirect(step_url(left, next_step(order=left, subscription=subscription)))
    context = {"visit": visit, "subscription": subscription, "summary": summary_for(visit, subscription)}
    return render(request, "portal/orders/begin.html", context)
