"""The store wizard's draft: quantities, service level and the steps that were confirmed (rules 4.1 and 4.2).

A draft is kept with every step, so that a member can leave and go on from any device. Nothing is booked by
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from switchroom.accounts.models import User
from switchroom.catalog.models import LicenceKind, ProductVersion
from switchroom.catalog.queries import addition_of, licences_of, service_levels_of, version_on_sale
from switchroom.orders.models import Order, OrderKind, OrderState
from switchroom.plumbing.ids import new_id
from switchroom.rules.promise import Promise, held_on
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.rules.upgrades import Addition, wanted_quantity
from switchroom.subscriptions.models import Subscription


class Step(StrEnum):
    """The wizard's pages, in their order."""

    QUANTITIES = "quantities"
    """How many of each licence."""
    SERVICE_LEVEL = "service-level"
    """How soon the provider reacts; asked with the first purchase alone."""
    BILLING_ADDRESS = "billing-address"
    """Where invoices go."""
    PAYMENT_METHOD = "payment-method"
    """How they are paid."""
    OVERVIEW = "overview"
    """Everything once more, and the purchase button."""


class NothingAdded(Refused):
    """An order that adds no licence is none."""

    def __init__(self) -> None:
        super().__init__("4.2", gettext_noop("Nothing is added yet. Please choose at least one licence."))


def steps_of(*, order: Order, subscription: Subscription) -> list[Step]:
    """This function will list the steps of an order; without the service level when licences are added
    later.
    """
    first = subscription.bought_on is None or order.kind == OrderKind.FOLLOW_UP
    return [step for step in Step if first or step is not Step.SERVICE_LEVEL]


def next_step(*, order: Order, subscription: Subscription) -> Step:
    """This function will give the first step that is not yet confirmed; the overview when all are."""
    for step in steps_of(order=order, subscription=subscription):
        if step.value not in order.steps_done:
            return step
    return Step.OVERVIEW


def version_for(*, order: Order, subscription: Subscription, day: date) -> ProductVersion:
    """This function will give the product version whose prices an order pays (rule 4.3).

    A first purchase and a follow-up pay today's prices, later additions those of the version first bought.
    """
    if subscription.bought_on is not None and order.kind == OrderKind.UPGRADE:
        return subscription.product_version
    return version_on_sale(product_key=subscription.product_version.product.key, day=day)


def booked_before(*, order: Order, promise: Promise, day: date) -> dict[str, int]:
    """This function will say what is booked already and cannot be undercut; nothing for a follow-up."""
    return {} if order.kind == OrderKind.FOLLOW_UP else held_on(promise, day)


def draft_of(
    *,
    subscription: Subscription,
    kind: OrderKind,
    wanted: Mapping[str, int],
    service_level: str,
    user: User,
    at: datetime,
) -> Order:
    """This function will give the open draft of a subscription, or begin one with these quantities."""
    draft, _ = Order.objects.get_or_create(
        subscription=subscription,
        kind=kind,
        state=OrderState.DRAFT,
        defaults={
            "account_id": subscription.account_id,
            "started_by": user,
            "started_at": at,
            "wanted": dict(wanted),
            "service_level": service_level,
        },
    )
    return draft


def choose_quantities(
    *, order: Order, typed: Mapping[str, str], version: ProductVersion, booked: Mapping[str, int]
) -> dict[str, Refused]:
    """This function will take over quantities as they were typed (licence key → text).

    Every field that is right is kept; for every other one the answer holds the refusal, and what the draft
    had
    stays. Unknown keys are ignored.
    """
    wanted = dict(order.wanted)
    refusals: dict[str, Refused] = {}
    for licence in licences_of(version):
        if licence.kind != LicenceKind.LICENCE or licence.key not in typed:
            continue
        try:
            wanted[licence.key] = wanted_quantity(
                typed[licence.key], booked=booked.get(licence.key, 0), maximum=licence.maximum
            )
        except Refused as refusal:
            refusals[licence.key] = refusal
    order.wanted = wanted
    order.save(update_fields=["wanted"])
    return refusals


def choose_service_level(*, order: Order, key: str, version: ProductVersion) -> None:
    """This function will choose a service level; raises ``Refused`` 4.1 for one that the product does not
    have.
    """
    if key not in {licence.key for licence in service_levels_of(version)}:
        raise Refused("4.1", gettext_noop("Please choose one of the service levels."))
    order.service_level = key
    order.save(update_fields=["service_level"])


def confirm(*, order: Order, step: Step) -> None:
    """This function will note that a step was confirmed."""
    if step.value not in order.steps_done:
        order.steps_done = [*order.steps_done, step.value]
        order.save(update_fields=["steps_done"])


def additions(
    *, order: Order, subscription: Subscription, version: ProductVersion, booked: Mapping[str, int]
) -> list[Addition]:
    """This function will say what the order adds: what is wanted less what is booked, and the service level.

    The service level that costs nothing comes with the product and is never booked. Raises ``NothingAdded``.
    """
    chosen: list[Addition] = []
    for licence in licences_of(version):
        if licence.kind == LicenceKind.LICENCE:
            quantity = max(0, int(order.wanted.get(licence.key, 0)) - booked.get(licence.key, 0))
        else:
            asked = Step.SERVICE_LEVEL in steps_of(order=order, subscription=subscription)
            quantity = int(asked and licence.key == order.service_level and licence.unit_price_minor > 0)
        if quantity:
            chosen.append(addition_of(licence, item_id=new_id(), quantity=quantity))
    if all(addition.is_service_level for addition in chosen):
        raise NothingAdded
    return chosen


def order_of(account_id: UUID, order_id: UUID) -> Order:
    """This function will read an order of an account; raises ``Order.DoesNotExist`` for a foreign one."""
    orders = Order.objects.select_related("subscription__product_version__product", "accepted_quote")
    return orders.get(account_id=account_id, id=order_id)


def open_draft(subscription_id: UUID, kind: OrderKind) -> Order | None:
    """This function will give the draft that a member left, if there is one."""
    return Order.objects.filter(subscription_id=subscription_id, kind=kind, state=OrderState.DRAFT).first()


def discard(*, order: Order) -> bool:
    """This function will give up a draft; False when it is none any more, because it was bought meanwhile."""
    drafts = Order.objects.filter(id=order.id, state=OrderState.DRAFT)
    return drafts.update(state=OrderState.DISCARDED) == 1


def discard_drafts(*, subscription_id: UUID) -> None:
    """This function will give up all drafts of a subscription, because it has ended."""
    drafts = Order.objects.filter(subscription_id=subscription_id, state=OrderState.DRAFT)
    drafts.update(state=OrderState.DISCARDED)
