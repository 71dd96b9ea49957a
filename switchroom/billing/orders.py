"""An order is billed at once and alone, for the month of its purchase (rule 5.2).

Like all billing it is a difference, owed less billed (rule 5.6): a second call finds nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db.models import Max

from switchroom.billing import rates
from switchroom.billing.addressees import addressees_in
from switchroom.billing.issuing import Document, Issued, issue, write_lines
from switchroom.billing.ledger import billed_months_of
from switchroom.billing.models import Credit, InvoiceKind
from switchroom.plumbing.bulk import key_of
from switchroom.plumbing.ids import row_id
from switchroom.rules.documents import credits_granted, order_document
from switchroom.rules.owing import still_to_bill
from switchroom.rules.periods import Month
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of


def bill_order(*, subscription: Subscription, order_id: UUID, day: date, at: datetime) -> Issued | None:
    """This function will bill the items of one order for the month of its purchase (rule 5.2).

    None when they owe nothing yet, as those of a follow-up that begins later. Credits are granted, none is
    used. The account must be locked.
    """
    month = Month.of(day)
    promise = promise_of(subscription)
    ordered = {item.id for item in subscription.items.all() if item.order_id == order_id}
    items = [item for item in promise.items if item.id in ordered]
    billed = {(item.id, month) for item in items for month in billed_months_of(row_id(item.id))}
    charges = still_to_bill(items, ends_on=promise.ends_on, through=month, billed=billed)
    if not charges:
        return None
    charged = {charge.item_id for charge in charges}
    account = key_of(subscription.account_id)
    document = Document(
        account_id=subscription.account_id,
        kind=InvoiceKind.ORDER,
        month=month,
        currency=subscription.product_version.currency,
        addressee=addressees_in((account, account))[account],
        draft=order_document(charges, rates.rate_of),
        subscription_of_item=dict.fromkeys(ordered, subscription.id),
        order_id=order_id,
        granted=credits_granted(item for item in items if item.id in charged),
        next_credit_sequence=_next_credit_sequence(subscription.account_id),
    )
    (issued,) = issue(write_lines([document]), day=day, at=at)
    return issued


def _next_credit_sequence(account_id: UUID) -> int:
    latest = Credit.objects.filter(account=account_id).aggregate(latest=Max("sequence"))["latest"]
    return (latest or 0) + 1
