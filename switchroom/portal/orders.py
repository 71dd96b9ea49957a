"""The store wizard: going through its steps, buying, and giving up (rule 4).

A draft is kept with every step. The address of a step that cannot be reached yet leads to the first one that
is missing; the steps of an order that was bought lead to its confirmation, so that the browser's back button
confuses nobody.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from switchroom.accounts.policy import Capability
from switchroom.journeys.quote import basis_of
from switchroom.journeys.upgrade import StepMissing, purchase, show_quote
from switchroom.orders import wizard
from switchroom.orders.models import Order, OrderState, Quote
from switchroom.orders.purchase import QuoteChanged
from switchroom.orders.wizard import Step
from switchroom.plumbing.wording import refusal
from switchroom.portal.access import Visit
from switchroom.portal.order_figures import figures_from
from switchroom.portal.order_page import Walk, go, order_for, step_url
from switchroom.portal.order_steps import STEPS, overview_page
from switchroom.rules.promise import Grants
from switchroom.rules.refusals import Refused


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order_step(request: HttpRequest, order_id: UUID, step: str) -> HttpResponse:
    """This function will show a step of the wizard, or take over what was entered in it."""
    visit, order = order_for(request, order_id, Capability.ORDER)
    if step not in list(Step):
        raise Http404
    if order.state != OrderState.DRAFT:
        return _no_longer_open(request, order)
    walk = Walk(request=request, visit=visit, basis=basis_of(order=order, day=visit.day), step=Step(step))
    steps = walk.steps
    if walk.step not in steps or steps.index(walk.step) > steps.index(walk.next_step):
        return go(request, step_url(order, walk.next_step))
    try:
        return STEPS[walk.step](walk)
    except Refused as refused:
        messages.error(request, refusal(refused))
        return go(request, "portal:subscription", order.subscription_id)


def _no_longer_open(request: HttpRequest, order: Order) -> HttpResponse:
    if order.state == OrderState.PURCHASED:
        return go(request, "portal:order_confirmation", order.id)
    messages.info(request, _("This order was discarded. Nothing was booked by it."))
    return go(request, "portal:subscription", order.subscription_id)


@require_POST
def purchase_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """This function will buy exactly what the overview showed, once, however often it is asked (rule 4.5)."""
    visit, order = order_for(request, order_id, Capability.ORDER)
    if order.state != OrderState.DRAFT:
        return _no_longer_open(request, order)
    shown = _quote_named(order, request.POST.get("quote", ""))
    if shown is None:
        return _look_again(request, visit, order, QuoteChanged(), before=None)
    try:
        purchase(
            account_id=order.account_id,
            order_id=order.id,
            quote_id=shown.id,
            user=visit.user,
            day=visit.day,
            at=visit.at,
        )
    except StepMissing as missing:
        messages.warning(request, refusal(missing))
        return redirect(step_url(order, missing.step))
    except QuoteChanged as changed:
        return _look_again(request, visit, order, changed, before=shown)
    except Refused as refused:
        messages.error(request, refusal(refused))
        return redirect("portal:subscription", order.subscription_id)
    return redirect("portal:order_confirmation", order.id)


def _quote_named(order: Order, quote_id: str) -> Quote | None:
    try:
        return order.quotes.filter(id=UUID(quote_id)).first()
    except ValueError:
        return None


def _look_again(
    request: HttpRequest, visit: Visit, order: Order, changed: QuoteChanged, *, before: Quote | None
) -> HttpResponse:
    """The overview once more, with the sentence and the figures that are no longer the same."""
    order.refresh_from_db()
    if order.state != OrderState.DRAFT:
        return _no_longer_open(request, order)
    try:
        shown, quote = show_quote(account_id=order.account_id, order_id=order.id, day=visit.day, at=visit.at)
    except Refused:
        messages.warning(request, refusal(changed))
        return redirect(step_url(order, Step.QUANTITIES))
    basis = basis_of(order=order, day=visit.day)
    walk = Walk(request=request, visit=visit, basis=basis, step=Step.OVERVIEW)
    figures = figures_from(basis, quote, day=visit.day, used=Grants())
    return overview_page(walk, shown, figures, changed=changed, before=before)


@require_POST
def discard_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """This function will give up a draft; one that was bought meanwhile leads to its confirmation."""
    _visit, order = order_for(request, order_id, Capability.ORDER)
    if not wizard.discard(order=order):
        order.refresh_from_db()
        return _no_longer_open(request, order)
    messages.success(request, _("The order was discarded. Nothing was booked."))
    return redirect("portal:subscription", order.subscription_id)
