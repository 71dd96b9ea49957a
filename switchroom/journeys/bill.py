"""The 1st of the month: one invoice over all of an account's subscriptions (rules 5.1 and 5.3).

Whether it is one account or two thousand, the same few steps are taken: read the facts, carry out the
reductions that bite, decide each account's documents by the rules, write all of them at once. An account
whose facts contradict one another is left as it is and named with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec

from switchroom.billing import rates
from switchroom.billing.addressees import addressees_in
from switchroom.billing.issuing import Document, Issued, Written, issue, write_lines
from switchroom.billing.ledger import BILLED, month_after, read_ledger
from switchroom.billing.monthly import documents_due
from switchroom.billing.parking import unpark
from switchroom.journeys import letters
from switchroom.plumbing.audit_trail import Event, Prepared, prepared, record_prepared
from switchroom.plumbing.bulk import key_of, uuid_text
from switchroom.plumbing.outbox import defer_many
from switchroom.rules.owing import TooManyMonths
from switchroom.rules.periods import Month
from switchroom.rules.promise import held_on
from switchroom.subscriptions import biting
from switchroom.subscriptions.biting import Bitten, bitten_by
from switchroom.subscriptions.due import next_due_after_bill, note_next_due
from switchroom.subscriptions.facts import Contradiction, SubscriptionFacts, read_facts

FOLLOW_REDUCTION = "journeys.follow_reduction"


class InvoiceIssued(msgspec.Struct, frozen=True):
    """What a subscription's story keeps of an invoice: amounts in minor units, of its own lines alone."""

    invoice_id: str
    invoice_kind: str
    month_on: date
    net_minor: int
    credit_granted_minor: int
    currency: str


class Decisions:
    """What accounts are to be billed through a month; nothing is written here.

    The accounts come in the order of their ids and lie within a span of them.

    Reductions that bite are decided at once, because they change the items that are billed. The documents of
    the other accounts are decided one after the other, as they are asked for. ``parked`` grows with the
    accounts that cannot be billed (id → reason), ``next_days`` with the next due days of the others. The
    accounts must be locked when what is decided is to be carried out.
    """

    def __init__(self, span: tuple[str, str], accounts: Sequence[str], *, month: Month) -> None:
        self.month = month
        self.bitten: list[Bitten] = []
        self.next_days: list[tuple[str, date | None]] = []
        reading = read_facts(span, asking=BILLED, understood=month_after)
        self.parked = {one: why for one, why in reading.contradictions.items() if one in accounts}
        self.facts = {one: reading.facts[one] for one in accounts if one in reading.facts}
        self._books = read_ledger(span, billed_until=reading.answers)
        self._addressees = addressees_in(span)
        self._rate_of = rates.rates_by_month()
        reduced = (one for one, all_of in self.facts.items() for facts in all_of if facts.reduction_id)
        self._early = {one: self._reduced(one) for one in dict.fromkeys(reduced)}

    def documents(self) -> Iterator[Document]:
        """This function will decide account by account."""
        for account, subscriptions in self.facts.items():
            if account in self._early:
                yield from self._early[account]
            else:
                yield from self._decided(account, subscriptions)

    def _reduced(self, account: str) -> list[Document]:
        subscriptions = self.facts[account]
        bitten = [b for one in subscriptions if (b := bitten_by(one, on=self.month.first_on)) is not None]
        after = {one.facts.id: one.after for one in bitten}
        documents = self._decided(account, [after.get(one.id, one) for one in subscriptions])
        if account not in self.parked:
            self.bitten += bitten
        return documents

    def _decided(self, account: str, subscriptions: Sequence[SubscriptionFacts]) -> list[Document]:
        try:
            documents = documents_due(
                account,
                subscriptions,
                through=self.month,
                books=self._books,
                addressee=self._addressees[account],
                rate_of=self._rate_of,
            )
        except (Contradiction, TooManyMonths, LookupError, ValueError) as why:
            self.parked[account] = str(why)
            return []
        for one in subscriptions:
            next_day = next_due_after_bill(one, through=self.month.first_on)
            if next_day is not None:
                self.next_days.append(next_day)
        return documents


def carry_out(decisions: Decisions, *, day: date, at: datetime) -> list[Issued]:
    """This function will write what is decided: reductions, invoices, next due days, events, letters.

    ``day`` and ``at`` are the local day and the instant (UTC) of the real run.
    """
    biting.carry_out(decisions.bitten)
    events: list[Prepared] = []

    def tell(written: Written) -> None:
        told = chain(_reduction_events(decisions.bitten), invoice_events(written.documents, day=day))
        events.extend(prepared(told, at=at))

    written = write_lines(decisions.documents(), meanwhile=tell)
    note_next_due(decisions.next_days)
    record_prepared(events)
    issued = issue(written, day=day, at=at)  # last, because others wait for the numbers
    defer_many(FOLLOW_REDUCTION, map(_following, decisions.bitten))
    letters.announce(issued)
    return issued


def bill_account(*, account_id: UUID, month: Month, day: date, at: datetime) -> None:
    """This function will bill a locked account through a month; one that was parked no longer is.

    Raises Contradiction when the account's facts do not allow it.
    """
    account = key_of(account_id)
    decisions = Decisions((account, account), [account], month=month)
    carry_out(decisions, day=day, at=at)
    if account in decisions.parked:
        raise Contradiction(decisions.parked[account])
    unpark([account])


def invoice_events(documents: Iterable[tuple[str, Document]], *, day: date) -> Iterator[Event]:
    """This function will tell each subscription's story that an invoice with lines of it was issued;
    documents come with their ids.
    """
    for id_, document in documents:
        granted = _granted_by_subscription(document) if document.granted else {}
        invoice_id, kind, month_on = uuid_text(id_), document.kind.value, document.month.first_on
        for subscription, net_minor in _net_by_subscription(document).items():
            yield Event(
                kind="invoice_issued",
                happened_on=day,
                account_id=document.account_id,
                subscription_id=subscription,
                facts=InvoiceIssued(
                    invoice_id=invoice_id,
                    invoice_kind=kind,
                    month_on=month_on,
                    net_minor=net_minor,
                    credit_granted_minor=granted.get(subscription, 0),
                    currency=document.currency,
                ),
            )


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
    subscription_of_item = document.subscription_of_item
    for charge in document.draft.charges:
        subscription = subscription_of_item[charge.item_id]
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
