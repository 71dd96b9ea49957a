"""The nightly audit: everything that must be true of all accounts together, one law each (rule 10).

It only reads. The arithmetic is that of ``rules``, the same functions that bill (rule 5.8); a finding says
which law is broken, by what, and how. It belongs behind the day's run, which must have done its work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import msgspec

from switchroom.journeys.audits import credits, documents, orders, owed, phone_systems, promises
from switchroom.journeys.audits.facts import Breach


class Finding(msgspec.Struct, frozen=True):
    """A law that is broken: ``law`` is its name, ``subject`` what breaks it, ``sentence`` how."""

    law: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.law}: {self.subject}: {self.sentence}"


class Law(msgspec.Struct, frozen=True):
    """One thing that must always be true: its name, the rule it comes from, and what finds breaches."""

    name: str
    rule: str
    breaches: Callable[[date], Iterator[Breach]]

    def findings(self, day: date) -> Iterator[Finding]:
        """This function will yield what breaks the law, as the facts stand on a day whose work is done."""
        for breach in self.breaches(day):
            yield Finding(self.name, breach.subject, breach.sentence)


LAWS: list[Law] = [
    Law("what is owed is billed", "5.6", owed.owed_is_billed),
    Law("what is billed is owed", "5.6", owed.billed_is_owed),
    Law("charges are right", "5.2", owed.charges_are_right),
    Law("credits are granted as they should", "5.2", owed.credits_are_granted),
    Law("money is conserved", "5.9", owed.money_is_conserved),
    Law("credits are not overdrawn", "5.3", credits.credits_are_not_overdrawn),
    Law("credits stay credits", "5.4", credits.credits_stay_credits),
    Law("credits have the rate of their charge", "5.3", credits.credits_have_their_rate),
    Law("credits are used oldest first", "5.3", credits.credits_are_used_oldest_first),
    Law("invoice numbers have no gap", "5.7", documents.numbers_have_no_gap),
    Law("invoices are the sum of their lines", "5.7", documents.invoices_are_the_sum_of_their_lines),
    Law("tax is rounded once for each rate", "5.3", documents.tax_is_rounded_once),
    Law("net and tax make gross", "5.7", documents.net_and_tax_make_gross),
    Law("charges have the rate of their month", "5.3", documents.charges_have_the_rate_of_their_month),
    Law("what is ordered is booked", "4.5", orders.ordered_is_booked),
    Law("what is booked is ordered", "4.6", orders.booked_is_ordered),
    Law("orders are billed as shown", "4.5", orders.orders_are_billed_as_shown),
    Law("no item overlaps itself", "6.2", promises.no_item_overlaps_itself),
    Law("reductions leave their target", "6.2", promises.reductions_leave_the_target),
    Law("ends are on the right day", "7.2", promises.ends_are_on_the_right_day),
    Law("every subscription is due some day", "2.3", promises.days_to_come_are_noted),
    Law("what is promised is there", "3.3", phone_systems.promised_is_there),
    Law("nothing is there unpromised", "7.5", phone_systems.nothing_is_unpromised),
    Law("what is booked is provisioned", "4.7", phone_systems.booked_is_provisioned),
    Law("the edge follows", "4.7", phone_systems.edge_follows),
    Law("no number is there twice", "8.3", phone_systems.no_number_twice),
    Law("deletions are recorded", "7.5", phone_systems.deletions_are_recorded),
    Law("deleted means gone everywhere", "7.5", phone_systems.deleted_is_gone),
]


def run_audit(*, day: date) -> list[Finding]:
    """This function will look for whatever breaks a law, over all accounts, once ``day``'s work is done.

    An empty list is the proof that all is well. Nothing is changed.
    """
    return [finding for law in LAWS for finding in law.findings(day)]
