"""What every page of the store wizard begins and ends with: the order, steps above, the summary beside."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from switchroom.accounts.policy import Capability
from switchroom.journeys.quote import Basis
from switchroom.journeys.upgrade import show_quote
from switchroom.orders import wizard
from switchroom.orders.models import Order
from switchroom.orders.wizard import NothingAdded, Step
from switchroom.portal.access import Visit, visit_to
from switchroom.portal.order_figures import Figures


@dataclass(frozen=True, kw_only=True)
class StepPlace:
    """A step in the list above the wizard; ``url`` is empty for those one cannot go to yet."""

    label: str
    state: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One request to a step: who asks, the draft, and what its figures are worked out from."""

    request: HttpRequest
    visit: Visit
    basis: Basis
    step: Step

    @property
    def order(self) -> Order:
        """The draft."""
        return self.basis.order

    @property
    def steps(self) -> list[Step]:
        """The steps of this order."""
        return wizard.steps_of(order=self.order, subscription=self.basis.subscription)

    @property
    def next_step(self) -> Step:
        """The first step that is not yet confirmed."""
        return wizard.next_step(order=self.order, subscription=self.basis.subscription)


def order_for(request: HttpRequest, order_id: UUID, capability: Capability) -> tuple[Visit, Order]:
    """This function will open a page about one order by the member's rights; a foreign one answers 404."""
    orders = Order.objects.select_related(
        "subscription__product_version__product",
        "bought_subscription__product_version__product",
        "accepted_quote",
    )
    order = orders.filter(id=order_id).first()
    if order is None:
        raise Http404
    return visit_to(request, order.account_id, capability), order


def is_live(request: HttpRequest) -> bool:
    """This function will say whether a script asks for a part of the page, instead of the browser for the
    whole.
    """
    return bool(request.headers.get("HX-Request"))


def step_url(order: Order, step: Step) -> str:
    """This function will give the address of a step."""
    return resolve_url("portal:order_step", order.id, step.value)


def go(request: HttpRequest, to: str, *which: object) -> HttpResponse:
    """This function will send the browser to another page, also where a script asked."""
    if is_live(request):
        return HttpResponseClientRedirect(resolve_url(to, *which))
    return redirect(to, *which)


def onwards(walk: Walk) -> HttpResponse:
    """This function will confirm a step and go to the first one missing: the overview when none is.

    Before the overview the account is settled and its quote kept, so that the purchase finds the same facts.
    """
    wizard.confirm(order=walk.order, step=walk.step)
    if walk.next_step is Step.OVERVIEW:
        with suppress(NothingAdded):
            show_quote(
                account_id=walk.visit.account.id,
                order_id=walk.order.id,
                day=walk.visit.day,
                at=walk.visit.at,
            )
    return go(walk.request, step_url(walk.order, walk.next_step))


def page(walk: Walk, figures: Figures, *, status: int = 200, **words: object) -> HttpResponse:
    """This function will show the page of a step, with the summary beside it."""
    steps = walk.steps
    reachable, here = steps.index(walk.next_step), steps.index(walk.step)
    context = {
        "visit": walk.visit,
        "order": walk.order,
        "subscription": walk.basis.subscription,
        "promise": walk.basis.promise,
        "figures": figures,
        "back": step_url(walk.order, steps[here - 1]) if here else "",
        "steps": [
            StepPlace(
                label=_label(step),
                state="current" if place == here else "done" if step in walk.order.steps_done else "todo",
                url=step_url(walk.order, step) if place <= reachable else "",
            )
            for place, step in enumerate(steps)
        ],
        **words,
    }
    template = f"portal/orders/{walk.step.value.replace('-', '_')}.html"
    return render(walk.request, template, context, status=status)


def _label(step: Step) -> str:
    labels = {
        Step.QUANTITIES: _("Quantities"),
        Step.SERVICE_LEVEL: _("Service level"),
        Step.BILLING_ADDRESS: _("Billing address"),
        Step.PAYMENT_METHOD: _("Payment method"),
        Step.OVERVIEW: _("Order overview"),
    }
    return labels[step]
