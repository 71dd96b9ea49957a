"""Billing is a difference: what is owed less what was billed (rule 5.6).

An order is billed at once and alone; a month is billed on its 1st for the whole account, and that is where
credits
are used. Both may run again: the difference is then nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from switchroom.accounts.models import Account
from switchroom.billing import ledger, rates
from switchroom.billing.issuing import Issue, issue
from switchroom.billing.models import Invoice, InvoiceKind
from switchroom.rules.documents import credits_granted, monthly_document, order_document
from switchroom.rules.owing import Charge, still_to_bill
from switchroom.rules.periods import Month
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def bill_order(
    *, account: Account, subscription: Subscription, order_id: UUID, day: date, at: datetime
) -> Invoice | None:
    """This function will bill the items of one order for the month of its purchase (rule 5.2).

    None when they owe nothing yet, as those of a follow-up that begins later. Credits are granted, none is
    used.
    """
    month = Month.of(day)
    promise = promise_of(subscription)
    ordered = {item.id for item in subscription.items.all() if item.order_id == order_id}
    items = [item for item in promise.items if item.id in ordered]
    billed = ledger.billed_months(account.id)
    charges = still_to_bill(items, ends_on=promise.ends_on, through=month, billed=billed)
    if not charges:
        return None
    return issue(
        Issue(
            account=account,
            kind=InvoiceKind.ORDER,
            month=month,
            currency=subscription.product_version.currency,
            day=day,
            at=at,
            order_id=order_id,
        ),
        order_document(charges, rates.rate_of),
        granted=credits_granted(item for item in items if item.id in {charge.item_id for charge in charges}),
        subscription_of_item=dict.fromkeys(ordered, subscription.id),
    )


def bill_month(
    *, account: Account, subscriptions: Sequence[Subscription], month: Month, day: date, at: datetime
) -> Invoice | None:
    """This function will bill a month over all of an account's subscriptions, using credits (rules 5.1, 5.3).

    None when nothing is owed or all is billed already. ``day`` is the day of the real issue, also of a late
    run.
    """
    charges = _still_owed(account, subscriptions, month)
    draft = monthly_document(charges, ledger.credits_left(account.id), month, rates.rate_of)
    if draft is None:
        return None
    return issue(
        Issue(
            account=account,
            kind=InvoiceKind.MONTHLY,
            month=month,
            currency=subscriptions[0].product_version.currency,
            day=day,
            at=at,
        ),
        draft,
        granted=(),
        subscription_of_item=_subscription_of_item(subscriptions),
    )


def _still_owed(account: Account, subscriptions: Iterable[Subscription], month: Month) -> list[Charge]:
    billed = ledger.billed_months(account.id)
    charges: list[Charge] = []
    for subscription in subscriptions:
        promise = promise_of(subscription)
        charges += still_to_bill(promise.items, ends_on=promise.ends_on, through=month, billed=billed)
    return charges


def _subscription_of_item(subscriptions: Iterable[Subscription]) -> dict[UUID | int, UUID]:
    return {item.id: subscription.id for subscription in subscriptions for item in subscription.items.all()}
