"""The documents of an account's months: what it owes less what it was billed (rules 5.1, 5.3, 5.6).

Everything here is decided on what was read before; nothing is written. A real run, a dry run and the bill of
one account are the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from switchroom.billing.issuing import Document
from switchroom.billing.ledger import Ledger
from switchroom.billing.models import InvoiceKind
from switchroom.rules.documents import RateOf, monthly_documents
from switchroom.rules.owing import Charge, charges_since, check_believable, still_to_bill
from switchroom.rules.periods import Month
from switchroom.subscriptions.facts import Contradiction, SubscriptionFacts


def documents_due(
    account_id: str,
    subscriptions: Sequence[SubscriptionFacts],
    *,
    through: Month,
    books: Ledger,
    addressee: str,
    rate_of: RateOf,
) -> list[Document]:
    """This function will draft what an account still is to be billed up to a month: one document a month.

    Raises Contradiction, and ``rules.owing.TooManyMonths``.
    """
    charges: list[Charge] = []
    currencies = set()
    for one in subscriptions:
        if of_this := _charges(one, through, books):
            charges += of_this
            currencies.add(one.currency)
    if not charges:
        return []
    if len(currencies) > 1:
        raise Contradiction(f"its subscriptions have {len(currencies)} currencies; an invoice has one")
    (currency,) = currencies
    subscription_of_item = {item.id: one.id for one in subscriptions for item in one.promise.items}
    drafts = monthly_documents(charges, books.credits.get(account_id, ()), rate_of)
    return [
        Document(
            account_id=account_id,
            kind=InvoiceKind.MONTHLY,
            month=month,
            currency=currency,
            addressee=addressee,
            draft=draft,
            subscription_of_item=subscription_of_item,
            origin_of_credit=books.origins,
        )
        for month, draft in drafts
    ]


def _charges(one: SubscriptionFacts, through: Month, books: Ledger) -> list[Charge]:
    promise = one.promise
    ends_on = promise.ends_on
    billed_until = books.billed_until
    charges: list[Charge] = []
    for item in promise.items:
        since = billed_until.get(item.id)
        if since is None and item.id in books.with_holes:
            every = {(item.id, month) for month in books.with_holes[item.id]}
            missing = still_to_bill([item], ends_on=ends_on, through=through, billed=every)
            check_believable(item, missing)
            charges += missing
        else:
            charges += charges_since(item, ends_on=ends_on, since=since, through=through)
    return charges
