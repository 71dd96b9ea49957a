"""After the purchase: what is in force, the invoice, what comes next; and the contract summary (rule 4.6).

All of it is read from the quote that was bought, so it stays the same on every reload.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from switchroom.accounts.policy import Capability
from switchroom.catalog.queries import licences_of
from switchroom.journeys.upgrade import purchase_of
from switchroom.orders.models import OrderKind, OrderState
from switchroom.orders.wizard import version_for
from switchroom.phonesystems.operations import in_force
from switchroom.phonesystems.queries import phone_system_of
from switchroom.portal.address_fields import address_of
from switchroom.portal.order_page import order_for
from switchroom.portal.shown_quotes import read_shown
from switchroom.subscriptions.models import Subscription


@require_safe
def order_confirmation(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """This function will confirm a purchase; a draft leads back into its wizard."""
    visit, order = order_for(request, order_id, Capability.ORDER)
    if order.state != OrderState.PURCHASED or order.accepted_quote is None:
        return redirect("portal:upgrade", order.subscription_id)
    bought = purchase_of(order)
    licences = licences_of(bought.subscription.product_version)
    context = {
        "visit": visit,
        "order": order,
        "subscription": bought.subscription,
        "invoice": bought.invoice,
        "shown": read_shown(order.accepted_quote, licences),
        "is_follow_up": order.kind == OrderKind.FOLLOW_UP,
        **_force(bought.subscription),
    }
    return render(request, "portal/orders/confirmation.html", context)


@require_safe
def order_in_force(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """This function will say whether the phone system works by what was bought: the part that is asked again
    and again until it does (rule 4.7).
    """
    _visit, order = order_for(request, order_id, Capability.ORDER)
    if order.bought_subscription is None:
        return redirect("portal:upgrade", order.subscription_id)
    context = {"order": order, **_force(order.bought_subscription)}
    return render(request, "portal/orders/confirmation.html#in_force", context)


def _force(bought: Subscription) -> dict[str, object]:
    """The phone system, and whether its edge works by what was bought; none before a follow-up begins."""
    phone_system = phone_system_of(bought.id)
    return {
        "phone_system": phone_system,
        "in_force": phone_system is not None and in_force(phone_system),
    }


@require_safe
def contract_summary(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """This function will show an order's contract summary, before and after the purchase, to print."""
    visit, order = order_for(request, order_id, Capability.ORDER)
    shown = order.accepted_quote or order.quotes.order_by("shown_at").last()
    if shown is None:
        return redirect("portal:upgrade", order.subscription_id)
    version = (
        order.bought_subscription.product_version
        if order.bought_subscription is not None
        else version_for(order=order, subscription=order.subscription, day=shown.day)
    )
    licences = licences_of(version)
    read = read_shown(shown, licences)
    booked = {line.key for line in read.lines}
    context = {
        "visit": visit,
        "order": order,
        "subscription": order.bought_subscription or order.subscription,
        "version": version,
        "shown": read,
        "shown_at": shown.shown_at,
        "licences": [licence for licence in licences if licence.key in booked],
        "level": next((one for one in licences if one.key == order.service_level), None),
        "address": address_of(visit.account),
        "installation": settings.INSTALLATION,
        "is_follow_up": order.kind == OrderKind.FOLLOW_UP,
    }
    return render(request, "portal/orders/summary.html", context)
