"""The store wizard from its first step to the purchase (rules 4.1 to 4.7).

The draft and its figures write nothing that binds. The purchase is one transaction: it bills exactly the
quote that
was shown, books the items, gives the phone system what was bought and sends the receipt, or does nothing at
all.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from switchroom.accounts.models import Account, BillingAddress, User
from switchroom.billing.issuing import Issued
from switchroom.billing.models import Invoice
from switchroom.billing.orders import bill_order
from switchroom.catalog.models import LicenceKind
from switchroom.catalog.queries import grants_of, licences_of, version_on_sale
from switchroom.journeys import letters
from switchroom.journeys.bill import invoice_events
from switchroom.journeys.day import look_again, settled
from switchroom.journeys.follow_up import book_follow_up
from switchroom.journeys.provision import provision
from switchroom.journeys.quote import quote_of
from switchroom.orders import purchase as orders
from switchroom.orders import wizard
from switchroom.orders.models import Order, OrderKind, OrderState, Quote
from switchroom.phonesystems import entitling
from switchroom.phonesystems.queries import phone_system_of
from switchroom.plumbing import clock
from switchroom.plumbing.audit_trail import record, record_all
from switchroom.plumbing.ids import row_id
from switchroom.rules import quotes
from switchroom.rules.promise import Grants, held_on
from switchroom.rules.refusals import Refused, gettext_noop
from switchroom.rules.upgrades import check_open, quantity_covering
from switchroom.subscriptions.booking import book_upgrade
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promise_of, subscription_in


class Purchase(msgspec.Struct, frozen=True):
    """A purchase that went through: the order, its invoice (none for a follow-up) and the subscription it
    booked.
    """

    order: Order
    invoice: Invoice | None
    subscription: Subscription


class StepMissing(Refused):
    """The purchase was pressed before all steps were confirmed."""

    def __init__(self, step: wizard.Step) -> None:
        super().__init__("4.1", gettext_noop("Please complete the earlier steps first; nothing was booked."))
        self.step = step


def open_upgrade(*, account_id: UUID, subscription_id: UUID, user: User, day: date, at: datetime) -> Order:
    """This function will go on with the draft of an upgrade or begin one; raises ``Refused`` 4.3.

    A first purchase starts at quantities that cover what is in use (rule 3.2), a later one at what is booked.
    """
    with settled(account_id, day=day, at=at):
        subscription = subscription_in(account_id, subscription_id)
        promise = promise_of(subscription)
        check_open(promise, day=day)
        wanted = held_on(promise, day) or _covering(subscription, day=day)
        return wizard.draft_of(
            subscription=subscription,
            kind=OrderKind.UPGRADE,
            wanted=wanted,
            service_level="",
            user=user,
            at=at,
        )


def show_quote(*, account_id: UUID, order_id: UUID, day: date, at: datetime) -> tuple[Quote, quotes.Quote]:
    """This function will compute an order's quote and keep it as shown on the overview; raises
    ``Refused``.

    The account is settled first, so that the purchase finds the same facts.
    """
    with settled(account_id, day=day, at=at):
        order = wizard.order_of(account_id, order_id)
        quote = quote_of(order=order, day=day)
        return keep_shown(order=order, quote=quote, day=day, at=at), quote


def keep_shown(*, order: Order, quote: quotes.Quote, day: date, at: datetime) -> Quote:
    """This function will keep a quote that was worked out for a day as shown, valid until local midnight."""
    valid_until = clock.day_starts_at(day + timedelta(days=1))
    return orders.show(order=order, quote=quote, day=day, at=at, valid_until=valid_until)


def purchase(
    *, account_id: UUID, order_id: UUID, quote_id: UUID, user: User, day: date, at: datetime
) -> Purchase:
    """This function will buy exactly the quote that was shown, once, however often it is called (rule 4.5).

    Raises ``QuoteChanged`` when what was shown no longer holds, ``StepMissing`` when a step was left out, and
    ``Refused`` 4.3 when the subscription is over; in each case nothing is booked.
    """
    with settled(account_id, day=day, at=at) as account:
        order = wizard.order_of(account_id, order_id)
        if order.state == OrderState.PURCHASED:
            return purchase_of(order)
        subscription = subscription_in(account_id, order.subscription_id)
        if order.state != OrderState.DRAFT:
            check_open(promise_of(subscription), day=day)
            raise orders.QuoteChanged
        _check_steps(order, subscription, account)
        shown = order.quotes.get(id=quote_id)
        quote = quote_of(order=order, day=day)
        orders.check_unchanged(shown=shown, quote=quote, at=at)
        bought = _book(order, subscription, quote, user=user, day=day)
        issued = bill_order(subscription=bought, order_id=order.id, day=day, at=at)
        orders.accept(order=order, shown=shown, bought=bought, user=user, day=day, at=at)
        _tell(order, bought, quote, issued, user=user, day=day)
        provision(subscription=bought, day=day, at=at)
        look_again(bought, day=day)
    return Purchase(order, _invoice_of(order), bought)


def purchase_of(order: Order) -> Purchase:
    """This function will give a purchase that was made before, for its confirmation page."""
    if order.bought_subscription is None:
        raise ValueError("this order was not purchased")
    return Purchase(order, _invoice_of(order), order.bought_subscription)


def _invoice_of(order: Order) -> Invoice | None:
    return Invoice.objects.filter(order_id=order.id).first()


def _book(
    order: Order, subscription: Subscription, quote: quotes.Quote, *, user: User, day: date
) -> Subscription:
    version = wizard.version_for(order=order, subscription=subscription, day=day)
    if order.kind == OrderKind.FOLLOW_UP:
        booked_id = book_follow_up(
            order=order, follows=subscription, version=version, quote=quote, user=user, day=day
        )
    else:
        booked_id = subscription.id
        book_upgrade(
            subscription=subscription,
            version=version,
            decided=quote.decided,
            order_id=order.id,
            day=day,
            user=user,
        )
    return subscription_in(order.account_id, booked_id)


def _tell(
    order: Order,
    bought: Subscription,
    quote: quotes.Quote,
    issued: Issued | None,
    *,
    user: User,
    day: date,
) -> None:
    record(
        kind="ordered",
        day=day,
        account_id=order.account_id,
        subscription_id=bought.id,
        actor=user.email,
        facts={
            "order_id": order.id,
            "order_kind": order.kind,
            "added": [[item.licence, item.quantity] for item in quote.decided.items],
            "first_purchase": quote.decided.is_first_purchase,
            "withdrew_cancellation": quote.decided.withdraws_cancellation,
            "net_minor": quote.due_now.net_minor if issued is not None else 0,
            "credit_minor": quote.credit_minor,
            "monthly_minor": quote.monthly_minor,
            "term_until": quote.term_until,
            "starts_on": quote.day,
        },
    )
    if issued is not None:
        record_all(invoice_events([(issued.id, issued.document)], day=day))
        letters.invoice_issued(Invoice.objects.get(id=row_id(issued.id)))
    letters.order_received(order, bought, quote, user=user)


def _check_steps(order: Order, subscription: Subscription, account: Account) -> None:
    step = wizard.next_step(order=order, subscription=subscription)
    if step is not wizard.Step.OVERVIEW:
        raise StepMissing(step)
    if not BillingAddress.objects.filter(account=account).exists():
        raise StepMissing(wizard.Step.BILLING_ADDRESS)


def _covering(subscription: Subscription, *, day: date) -> dict[str, int]:
    """The product's first licence in a quantity that covers what is in use."""
    version = version_on_sale(product_key=subscription.product_version.product.key, day=day)
    first = next(licence for licence in licences_of(version) if licence.kind == LicenceKind.LICENCE)
    phone_system = phone_system_of(subscription.id)
    used = entitling.usage(phone_system) if phone_system is not None else Grants()
    return {first.key: min(quantity_covering(grants_of(first), used), first.maximum)}
