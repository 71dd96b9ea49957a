"""The nightly audit: everything that must be true of all accounts together, one law each (rule 10).

It only reads. The arithmetic is that of ``rules``, the same functions that bill (rule 5.8); a finding says
which law is broken, by what, and how. It belongs behind the day's run, which must have done its work.

Accounts are looked at in spans, and what a law looks at is read once for all laws that look at it: memory
stays the same however many there are, and spans can be shared among processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, Generic, TypeVar

import msgspec

from switchroom.journeys.audits import credits, documents, orders, owed, phone_systems, promises, runs
from switchroom.journeys.audits.breaches import Breach
from switchroom.journeys.audits.readings.accounts import all_spans
from switchroom.journeys.audits.readings.credits import Credits
from switchroom.journeys.audits.readings.documents import Documents
from switchroom.journeys.audits.readings.lives import Lives
from switchroom.journeys.audits.readings.provided import PhoneSystems
from switchroom.journeys.audits.readings.purchases import Purchases
from switchroom.plumbing.bulk import at_one_instant, look_up_by_keys
from switchroom.subscriptions.spans import Span

Seen = TypeVar("Seen")


class Finding(msgspec.Struct, frozen=True):
    """A law that is broken: ``law`` is its name, ``subject`` what breaks it, ``sentence`` how."""

    law: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.law}: {self.subject}: {self.sentence}"


class Law(msgspec.Struct, Generic[Seen], frozen=True):
    """One thing that must always be true: its name, the rule it comes from, and what finds breaches in what
    it looks at.
    """

    name: str
    rule: str
    breaches: Callable[[Seen], Iterator[Breach]]


# Over everything at once; these look at the day alone and ask the database themselves.
OVERALL: list[Law[date]] = [
    Law("invoice numbers have no gap", "5.7", documents.numbers_have_no_gap),
    Law("charges have the rate of their month", "5.3", documents.charges_have_the_rate_of_their_month),
    Law("lines name what is there", "5.4", documents.lines_name_what_is_there),
    Law("no number is there twice", "8.3", phone_systems.no_number_twice),
    Law("what is ported is in the stock", "8.3", phone_systems.ported_is_in_stock),
    Law("nobody is parked", "5.6", runs.nobody_is_parked),
    Law("billing runs are finished", "5.6", runs.runs_are_finished),
]
OF_LIVES: list[Law[Lives]] = [
    Law("facts do not contradict one another", "5.6", promises.facts_do_not_contradict),
    Law("what is owed is billed", "5.6", owed.owed_is_billed),
    Law("what is billed is owed", "5.6", owed.billed_is_owed),
    Law("charges are right", "5.2", owed.charges_are_right),
    Law("credits are granted as they should", "5.2", owed.credits_are_granted),
    Law("money is conserved", "5.9", owed.money_is_conserved),
    Law("no item overlaps itself", "6.2", promises.no_item_overlaps_itself),
    Law("reductions leave their target", "6.2", promises.reductions_leave_the_target),
    Law("ends are on the right day", "7.2", promises.ends_are_on_the_right_day),
    Law("every subscription is due some day", "2.3", promises.days_to_come_are_noted),
]
OF_PHONE_SYSTEMS: list[Law[PhoneSystems]] = [
    Law("what is promised is there", "3.3", phone_systems.promised_is_there),
    Law("nothing is there unpromised", "7.5", phone_systems.nothing_is_unpromised),
    Law("what is booked is provisioned", "4.7", phone_systems.booked_is_provisioned),
    Law("the edge follows", "4.7", phone_systems.edge_follows),
    Law("deletions are recorded", "7.5", phone_systems.deletions_are_recorded),
    Law("deleted means gone everywhere", "7.5", phone_systems.deleted_is_gone),
]
OF_CREDITS: list[Law[Credits]] = [
    Law("credits are not overdrawn", "5.3", credits.credits_are_not_overdrawn),
    Law("credits stay credits", "5.4", credits.credits_stay_credits),
    Law("credits have the rate of their charge", "5.3", credits.credits_have_their_rate),
    Law("credits are used oldest first", "5.3", credits.credits_are_used_oldest_first),
]
OF_DOCUMENTS: list[Law[Documents]] = [
    Law("invoices are the sum of their lines", "5.7", documents.invoices_are_the_sum_of_their_lines),
    Law("tax is rounded once for each rate", "5.3", documents.tax_is_rounded_once),
    Law("net and tax make gross", "5.7", documents.net_and_tax_make_gross),
]
OF_PURCHASES: list[Law[Purchases]] = [
    Law("what is ordered is booked", "4.5", orders.ordered_is_booked),
    Law("what is booked is ordered", "4.6", orders.booked_is_ordered),
    Law("orders are billed as shown", "4.5", orders.orders_are_billed_as_shown),
]
LAWS: list[Law[Any]] = [*OVERALL, *OF_LIVES, *OF_PHONE_SYSTEMS, *OF_CREDITS, *OF_DOCUMENTS, *OF_PURCHASES]


def run_audit(*, day: date) -> list[Finding]:
    """This function will look for whatever breaks a law, over all accounts, once ``day``'s work is done.

    An empty list is the proof that all is well. Nothing is changed.
    """
    findings = findings_overall(day=day)
    for span in all_spans():
        findings += findings_in(span, day=day)
    return findings


def findings_overall(*, day: date) -> list[Finding]:
    """This function will look for whatever breaks a law that is about everything at once."""
    with at_one_instant():
        return list(_broken(OVERALL, day))


def findings_in(span: Span, *, day: date) -> list[Finding]:
    """This function will look for whatever breaks a law in a span of accounts, as it is at one instant."""
    edges = (span.first, span.last)
    with at_one_instant():
        look_up_by_keys()
        lives = Lives(edges, day)
        return [
            *_broken(OF_LIVES, lives),
            *_broken(OF_PHONE_SYSTEMS, PhoneSystems(edges, lives)),
            *_broken(OF_CREDITS, Credits(edges)),
            *_broken(OF_DOCUMENTS, Documents(edges)),
            *_broken(OF_PURCHASES, Purchases(edges)),
        ]


def _broken(laws: Iterable[Law[Seen]], seen: Seen) -> Iterator[Finding]:
    for law in laws:
        for breach in law.breaches(seen):
            yield Finding(law.name, breach.subject, breach.sentence)
