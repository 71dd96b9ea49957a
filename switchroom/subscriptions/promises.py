"""From rows to the promise that the rules understand.

Every decision is made on a ``rules.promise.Promise``; here it is read from the database, for one
subscription or
for all of an account in a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from switchroom.catalog.models import LicenceKind
from switchroom.catalog.queries import grants_of, policy_of
from switchroom.rules.promise import Cancellation as CancellationFact
from switchroom.rules.promise import FirstMonth, Grants, Promise
from switchroom.rules.promise import Item as ItemFact
from switchroom.rules.promise import Reduction as ReductionFact
from switchroom.rules.promise import Trial as TrialFact
from switchroom.subscriptions.models import Cancellation, Item, Reduction, Subscription


def with_facts(subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """This function will have all facts of the subscriptions read along, in four queries however many there
    are.
    """
    return subscriptions.select_related("product_version__product", "trial").prefetch_related(
        Prefetch("items", Item.objects.select_related("licence").order_by("sequence")),
        Prefetch("cancellations", Cancellation.objects.filter(withdrawn_on__isnull=True)),
        Prefetch("reductions", Reduction.objects.filter(withdrawn_on__isnull=True, done_on__isnull=True)),
    )


def subscriptions_of(account_id: UUID) -> list[Subscription]:
    """This function will list an account's subscriptions with all their facts, oldest first."""
    return list(with_facts(Subscription.objects.filter(account_id=account_id).order_by("created_on", "id")))


def fresh(subscription_id: UUID) -> Subscription:
    """This function will read one subscription with all its facts; raises ``Subscription.DoesNotExist``."""
    return with_facts(Subscription.objects.all()).get(id=subscription_id)


def subscription_in(account_id: UUID, subscription_id: UUID) -> Subscription:
    """This function will read a subscription of an account; raises ``Subscription.DoesNotExist`` for a
    foreign one.
    """
    return with_facts(Subscription.objects.filter(account_id=account_id)).get(id=subscription_id)


def promise_of(subscription: Subscription) -> Promise:
    """This function will give a subscription as dated facts; it reads nothing when ``with_facts`` has been
    used.
    """
    trial = subscription.trial
    cancellation = next(iter(subscription.cancellations.all()), None)
    reduction = next(iter(subscription.reductions.all()), None)
    return Promise(
        policy=policy_of(subscription.product_version),
        trial=TrialFact(
            trial.from_on, trial.until_on, Grants(trial.trunk_lines, trial.endpoints, trial.phone_numbers)
        ),
        items=tuple(item_fact(item) for item in subscription.items.all()),
        bought_on=subscription.bought_on,
        cancellation=_cancellation_fact(cancellation),
        reduction=_reduction_fact(reduction),
    )


def promises_of(subscriptions: Iterable[Subscription]) -> list[Promise]:
    """This function will give many subscriptions as dated facts."""
    return [promise_of(subscription) for subscription in subscriptions]


def item_fact(item: Item) -> ItemFact:
    """This function will give one item as the rules see it."""
    licence = item.licence
    return ItemFact(
        id=item.id,
        licence=licence.key,
        quantity=item.quantity,
        unit_price_minor=item.unit_price_minor,
        from_on=item.from_on,
        sequence=item.sequence,
        grants=grants_of(licence),
        until_on=item.until_on,
        first_month=FirstMonth(item.first_month),
        is_service_level=licence.kind == LicenceKind.SERVICE_LEVEL,
    )


def _cancellation_fact(row: Cancellation | None) -> CancellationFact | None:
    return None if row is None else CancellationFact(row.entered_on, row.ends_on)


def _reduction_fact(row: Reduction | None) -> ReductionFact | None:
    return None if row is None else ReductionFact(row.entered_on, row.bites_on, row.targets)
