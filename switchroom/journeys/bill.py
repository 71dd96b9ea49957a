"""The 1st of the month: one invoice over all of an account's subscriptions (rules 5.1 and 5.3).

Whether it is one account or two thousand, the same few steps are taken: read the facts, carry out the
reductions that bite, decide each account's documents by the rules, write all of them at once. An account
whose facts contradict one another is left as it is and named with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from switchroom.billing import rates
from switchroom.billing.addressees import addressees_in
from switchroom.billing.issuing import Document, Issued, issue
from switchroom.billing.ledger import Ledger, read_ledger
from switchroom.billing.monthly import documents_due
from switchroom.billing.parking import unpark
from switchroom.journeys import letters
from switchroom.plumbing.audit_trail import Event, record_all
from switchroom.plumbing.bulk import key_of, uuid_text
from switchroom.plumbing.outbox import defer_many
from switchroom.rules.documents import RateOf
from switchroom.rules.owing import TooManyMonths
from switchroom.rules.periods import Month
from switchroom.rules.promise import held_on
from switchroom.subscriptions.biting import Bitten, bitten_by, carry_out
from switchroom.subscriptions.due import note_billed
from switchroom.subscriptions.facts import Contradiction, SubscriptionFacts, read_facts

FOLLOW_REDUCTION = "journeys.follow_reduction"


class Decided(msgspec.Struct):
    """What is to be written for many accounts, and the accounts that are left alone with the reason."""

    subscriptions: list[SubscriptionFacts] = []
    bitten: list[Bitten] = []
    documents: list[Document] = []
    parked: dict[str, str] = {}


def decide(span: tuple[str, str], accounts: Collection[str], *, month: Month) -> Decided:
    """This function will decide what accounts, all within a span of ids, are to be billed through a month.

    Nothing is written. The accounts must be locked when what is decided is to be carried out.
    """
    reading = read_facts(span)
    books = read_ledger(span)
    addressees = addressees_in(span)
    rate_of = rates.rates_by_month()
    decided = Decided(parked={one: why for one, why in reading.contradictions.items() if one in accounts})
    for account in accounts:
        subscriptions = reading.facts.get(account)
        if subscriptions is None:
            continue
        try:
            _decide_account(decided, account, subscriptions, month, books, addressees[account], rate_of)
        except (Contradiction, TooManyMonths, LookupError, ValueError) as why:
            decided.parked[account] = str(why)
    return decided


def carry_out_decided(decided: Decided, *, month: Month, day: date, at: datetime) -> list[Issued]:
    """This function will write what was decided: reductions, invoices, events, letters, next due days.

    ``day`` and ``at`` are the local day and the instant (UTC) of the real run.
    """
    due_on = month.first_on
    carry_out(decided.bitten)
    note_billed(decided.subscriptions, through=due_on)
    issued = issue(decided.documents, day=day, at=at)
    record_all([*_reduction_events(decided.bitten), *invoice_events(issued, day=day)])
    defer_many(FOLLOW_REDUCTION, map(_following, decided.bitten))
    letters.announce(issued)
    return issued


def bill_account(*, account_id: UUID, month: Month, day: date, at: datetime) -> None:
    """This function will bill a locked account through a month; one that was parked no longer is.

    Raises Contradiction when the account's facts do not allow it.
    """
    account = key_of(account_id)
    decided = decide((account, account), [account], month=month)
    if account in decided.parked:
        raise Contradiction(decided.parked[account])
    carry_out_decided(decided, month=month, day=day, at=at)
    unpark([account])


def invoice_events(issued: Iterable[Issued], *, day: date) -> Iterator[Event]:
    """This function will tell each subscription's story that an invoice with lines of it was issued."""
    for one in issued:
        document = one.document
        granted = _granted_by_subscription(document)
        for subscription, net_minor in _net_by_subscription(document).items():
            yield Event(
                kind="invoice_issued",
                happened_on=day,
                account_id=document.account_id,
                subscription_id=subscription,
                facts={
                    "invoice_id": uuid_text(one.id),
                    "reference": one.reference,
                    "invoice_kind": document.kind.value,
                    "month_on": document.month.first_on,
                    "net_minor": net_minor,
                    "credit_granted_minor": granted.get(subscription, 0),
                    "currency": document.currency,
                },
            )


def _decide_account(
    decided: Decided,
    account: str,
    subscriptions: Sequence[SubscriptionFacts],
    month: Month,
    books: Ledger,
    addressee: str,
    rate_of: RateOf,
) -> None:
    bitten = [b for one in subscriptions if (b := bitten_by(one, on=month.first_on)) is not None]
    if bitten:
        after = {b.facts.id: b.after for b in bitten}
        subscriptions = [after.get(one.id, one) for one in subscriptions]
    documents = documents_due(
        account, subscriptions, through=month, books=books, addressee=addressee, rate_of=rate_of
    )
    decided.subscriptions += subscriptions
    decided.bitten += bitten
    decided.documents += documents


def _following(bitten: Bitten) -> tuple[str, dict[str, str]]:
    """Key and payload of the effect by which the phone system follows."""
    key = f"{FOLLOW_REDUCTION}:{uuid_text(bitten.facts.reduction_id)}"
    return key, {"subscription_id": uuid_text(bitten.facts.id), "day": bitten.on.isoformat()}


def _reduction_events(all_bitten: Iterable[Bitten]) -> Iterator[Event]:
    for bitten in all_bitten:
        yield Event(
            kind="reduction_done",
            happened_on=bitten.on,
            account_id=bitten.facts.account_id,
            subscription_id=bitten.facts.id,
            facts={
                "before": held_on(bitten.facts.promise, bitten.on),
                "after": held_on(bitten.after.promise, bitten.on),
            },
        )


def _net_by_subscription(document: Document) -> dict[Any, int]:
    nets: dict[Any, int] = {}
    for charge in document.draft.charges:
        subscription = document.subscription_of_item[charge.item_id]
        nets[subscription] = nets.get(subscription, 0) + charge.net_minor
    for use in document.draft.uses:
        subscription = document.origin_of_credit[use.credit_id].subscription_id
        nets[subscription] = nets.get(subscription, 0) - use.net_minor
    return nets


def _granted_by_subscription(document: Document) -> dict[Any, int]:
    granted: dict[Any, int] = {}
    for grant in document.granted:
        subscription = document.subscription_of_item[grant.item_id]
        granted[subscription] = granted.get(subscription, 0) + grant.net_minor
    return granted
