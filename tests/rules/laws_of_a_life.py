"""What must be true of every life, each law a function that takes a life and what came of it.

The laws read the JSON that went in and the JSON that came out, and do their own arithmetic with ``decimal``
and the calendar: they share no code with the rules.
"""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from switchroom.replay.format import Product
from tests.lives import Document

SERVICES = ("trunk_lines", "endpoints", "phone_numbers")


class Lived:
    """A life with what came of it, and the few readings that several laws need."""

    def __init__(self, life: Document, result: Document, product: Product) -> None:
        self.life = life
        self.result = result
        self.product = product
        self.documents: list[Document] = result["documents"]
        refused = {one["event"] for one in result["refused"]}
        until = life["until"]
        self.granted = [
            event
            for number, event in enumerate(life["events"])
            if number not in refused and event["on"] <= until
        ]
        self.upgrades = [event for event in self.granted if "upgrade" in event]
        self.bought_on = date.fromisoformat(self.upgrades[0]["on"]) if self.upgrades else None

    def lines(self, kind: str) -> Iterator[tuple[Document, Document]]:
        """This function will list (document, line) of one kind, in order."""
        for document in self.documents:
            yield from ((document, line) for line in document["lines"] if line["kind"] == kind)

    def orders(self) -> Iterator[tuple[Document, Document]]:
        """This function will pair every granted upgrade with its document."""
        documents = iter(self.order_documents())
        return ((event, next(documents)) for event in self.upgrades)

    def order_documents(self) -> list[Document]:
        """This function will list the orders' documents: as many as upgrades on each day, the last of that
        day.
        """
        found = []
        for day in sorted({event["on"] for event in self.upgrades}):
            count = sum(event["on"] == day for event in self.upgrades)
            found += [document for document in self.documents if document["on"] == day][-count:]
        return found

    def bills(self) -> list[Document]:
        """This function will list the monthly documents."""
        orders = {document["number"] for document in self.order_documents()}
        return [document for document in self.documents if document["number"] not in orders]

    def end_as_of(self, day: date) -> date:
        """This function will give the day on which leaving or holding less, wished on a day, takes effect."""
        assert self.bought_on is not None
        term = term_end(self.bought_on, self.product.policy.term_months)
        return term if day < term else first_of_next(day)

    def entitled_on(self, day: str) -> Document:
        """This function will give the entitlements at the end of a day."""
        rows: list[Document] = [row for row in self.result["entitlements"] if row["from"] <= day]
        return rows[-1]

    def state_on(self, day: str) -> str:
        """This function will give the state at the end of a day, empty before the first."""
        rows = [row["state"] for row in self.result["states"] if row["from"] <= day]
        return str(rows[-1]) if rows else ""


def elapsed(amount: int, on: str) -> int:
    """This function will give the part of an amount for the days of the month before ``on``, half up."""
    day = date.fromisoformat(on)
    days = calendar.monthrange(day.year, day.month)[1]
    return int((Decimal(amount) * (day.day - 1) / days).quantize(Decimal(1), ROUND_HALF_UP))


def first_of_next(day: date) -> date:
    """This function will give the 1st of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def term_end(bought_on: date, months: int) -> date:
    """This function will count a term on the fingers: month by month from the 1st, then the rest of the
    month.
    """
    day = bought_on.replace(day=1)
    for _ in range(months):
        day = first_of_next(day)
    return day if bought_on.day == 1 else first_of_next(day)


def what_is_charged_less_credits_is_what_items_cost(lived: Lived) -> None:
    """Rule 5.9: the law of conservation."""
    costs = 0
    for event in lived.upgrades:
        for licence, quantity in event["upgrade"].items():
            monthly = quantity * lived.product.licences[licence].unit_price_minor
            costs += monthly - elapsed(monthly, event["on"])
    for bill in lived.bills():
        costs += sum(
            line["quantity"] * line["unit_price"] for line in bill["lines"] if line["kind"] == "charge"
        )
    charged = sum(line["net"] for _, line in lived.lines("charge"))
    assert charged - sum(credit["granted"] for credit in lived.result["credits"]) == costs


def every_order_is_charged_whole_with_a_credit_or_directly(lived: Lived) -> None:
    """Rules 5.2 and 5.5, line by line."""
    credits = {(one["from_document"], one["licence"]): one["granted"] for one in lived.result["credits"]}
    for event, document in lived.orders():
        assert [line["licence"] for line in document["lines"]] == list(event["upgrade"])
        for line in document["lines"]:
            monthly = line["quantity"] * line["unit_price"]
            assert line["quantity"] == event["upgrade"][line["licence"]]
            gone = elapsed(monthly, event["on"])
            if "days" in line:
                assert line["net"] == monthly - gone
                assert line["days"] + date.fromisoformat(event["on"]).day - 1 == line["of"]
                assert (document["number"], line["licence"]) not in credits
            else:
                assert line["net"] == monthly
                assert credits.get((document["number"], line["licence"]), 0) == gone


def only_what_ends_with_its_month_is_charged_directly(lived: Lived) -> None:
    """Rule 5.5: exactly when the end, as known on that day, comes with the month."""
    for event, document in lived.orders():
        day = date.fromisoformat(event["on"])
        is_direct = any("days" in line for line in document["lines"])
        assert is_direct == (ends_as_known_after(lived, event) == first_of_next(day))


def ends_as_known_after(lived: Lived, event: Document) -> date | None:
    """This function will give the end that a cancellation in force set, as of a granted upgrade."""
    ends: date | None = None
    bought_on = lived.bought_on
    assert bought_on is not None
    for one in lived.granted:
        day = date.fromisoformat(one["on"])
        if "cancel" in one and day >= bought_on and not _is_before(lived, one, lived.upgrades[0]):
            ends = lived.end_as_of(day)
        if "withdraw_cancellation" in one:
            ends = None
        if one is event:
            return ends
    return ends


def _is_before(lived: Lived, one: Document, other: Document) -> bool:
    places = [id(event) for event in lived.granted]
    return places.index(id(one)) < places.index(id(other))


def documents_are_numbered_and_taxed_once(lived: Lived) -> None:
    """Rule 5.7, and tax rounded once a document."""
    rate = Decimal(lived.life["vat_rate"])
    assert [document["number"] for document in lived.documents] == list(range(1, len(lived.documents) + 1))
    assert [document["on"] for document in lived.documents] == sorted(
        document["on"] for document in lived.documents
    )
    for document in lived.documents:
        assert document["net"] == sum(line["net"] for line in document["lines"])
        tax = (Decimal(document["net"]) * rate / 100).quantize(Decimal(1), ROUND_HALF_UP)
        assert document["vat"] == int(tax)
        assert document["gross"] == document["net"] + document["vat"]
        assert document["net"] >= 0


def every_month_in_force_is_billed_once_on_its_first(lived: Lived) -> None:
    """Rules 5.1 and 5.6: each 1st on which the paid subscription is still there, and no other day."""
    expected = []
    if lived.bought_on is not None:
        day = first_of_next(lived.bought_on)
        off = lived.result["phone_system"]["switched_off_on"] or "9999"
        while day.isoformat() <= lived.life["until"] and day.isoformat() < off:
            expected.append(day.isoformat())
            day = first_of_next(day)
    assert [bill["on"] for bill in lived.bills()] == expected


def a_bill_charges_exactly_the_licences_in_force(lived: Lived) -> None:
    """Rules 1 and 10: billed = provisioned, on every 1st, before that day's own upgrades."""
    for bill in lived.bills():
        added = [event["upgrade"] for event in lived.upgrades if event["on"] == bill["on"]]
        for service in SERVICES:
            charged = sum(
                line["quantity"] * getattr(lived.product.licences[line["licence"]].grants, service)
                for line in bill["lines"]
                if line["kind"] == "charge"
            )
            bought = sum(
                quantity * getattr(lived.product.licences[licence].grants, service)
                for upgrade in added
                for licence, quantity in upgrade.items()
            )
            assert lived.entitled_on(bill["on"])[service] == charged + bought


def a_reduction_leaves_its_targets_and_nothing_else_changes(lived: Lived) -> None:
    """Rule 6.2: what each bill charges, by a count of its own of what was added and what a reduction left."""
    held: dict[str, int] = {}
    targets: dict[str, int] = {}
    bites_on: date | None = None
    events = list(lived.granted)
    for bill in lived.bills():
        while events and events[0]["on"] < bill["on"]:
            event = events.pop(0)
            for licence, quantity in event.get("upgrade", {}).items():
                held[licence] = held.get(licence, 0) + quantity
            if "reduce" in event:
                targets, bites_on = event["reduce"], lived.end_as_of(date.fromisoformat(event["on"]))
            if "withdraw_reduction" in event:
                bites_on = None
        if bites_on is not None and str(bites_on) <= bill["on"]:
            held.update(targets)
            bites_on = None
        charged: dict[str, int] = {}
        for line in bill["lines"]:
            if line["kind"] == "charge":
                charged[line["licence"]] = charged.get(line["licence"], 0) + line["quantity"]
        assert charged == {licence: quantity for licence, quantity in held.items() if quantity}


def entitlements_grow_by_upgrades_at_once_and_shrink_on_firsts(lived: Lived) -> None:
    """Rules 3.2, 4.7 and 6.2: nothing pending ever counts."""
    rows = lived.result["entitlements"]
    for before, after in itertools.pairwise(rows):
        day = after["from"]
        was, now = lived.state_on(str(date.fromisoformat(day) - timedelta(days=1))), lived.state_on(day)
        if was in ("active", "cancelled") and now in ("active", "cancelled") and not day.endswith("-01"):
            for service in SERVICES:
                bought = sum(
                    quantity * getattr(lived.product.licences[licence].grants, service)
                    for event in lived.upgrades
                    if event["on"] == day
                    for licence, quantity in event["upgrade"].items()
                )
                assert after[service] - before[service] == bought
    for row in rows:
        usable = lived.state_on(row["from"]) in ("trial", "active", "cancelled")
        assert usable or not any(row[service] for service in SERVICES)


def credits_are_used_up_to_what_they_are_and_never_more(lived: Lived) -> None:
    """Rules 5.3 and 5.4: never negative, each use names its origin, the sums agree."""
    used: dict[tuple[int, str], int] = {}
    for _, line in lived.lines("credit"):
        assert line["net"] < 0
        key = (line["from_document"], line["licence"])
        used[key] = used.get(key, 0) - line["net"]
    for credit in lived.result["credits"]:
        assert credit["granted"] > 0
        assert 0 <= credit["used"] <= credit["granted"]
        assert credit["left"] == credit["granted"] - credit["used"]
        assert used.pop((credit["from_document"], credit["licence"]), 0) == credit["used"]
    assert not used


def credits_are_used_oldest_first_and_as_soon_as_possible(lived: Lived) -> None:
    """Rule 5.3: by bills alone, from those granted before the month, until the net or the credits are out."""
    left = [
        (one["granted_on"], one["from_document"], one["licence"], one["granted"])
        for one in lived.result["credits"]
    ]
    for document in lived.documents:
        if document not in lived.bills():
            assert all(line["kind"] == "charge" for line in document["lines"])
            continue
        net = sum(line["net"] for line in document["lines"] if line["kind"] == "charge")
        expected = []
        for place, (granted_on, origin, licence, amount) in enumerate(left):
            use = min(amount, net) if granted_on < document["on"] else 0
            if use:
                expected.append((origin, licence, -use))
                left[place] = (granted_on, origin, licence, amount - use)
                net -= use
        assert [
            (line["from_document"], line["licence"], line["net"])
            for line in document["lines"]
            if line["kind"] == "credit"
        ] == expected


def an_upgrade_never_moves_the_end(lived: Lived) -> None:
    """Rules 4.4 and 7.2: a paid life ends where the first purchase and the cancellation say, nothing else."""
    off = lived.result["phone_system"]["switched_off_on"]
    if lived.bought_on is not None and off is not None:
        assert off == str(ends_as_known_after(lived, lived.granted[-1]))


def states_follow_one_another_as_they_may(lived: Lived) -> None:
    """Rules 3.3, 7.3 to 7.5."""
    allowed = {
        "trial": {"expired", "active", "cancelled", "ended", "deleted"},
        "expired": {"active", "cancelled", "ended", "deleted"},
        "active": {"cancelled"},
        "cancelled": {"active", "ended", "deleted"},
        "ended": {"deleted"},
        "deleted": set(),
    }
    states = [row["state"] for row in lived.result["states"]]
    for before, after in itertools.pairwise(states):
        assert after in allowed[before]


def deletion_waits_for_retention_or_grace(lived: Lived) -> None:
    """Rules 3.3 and 7.5: never before the phone system is off, never later than the longer of the two."""
    off, gone = lived.result["phone_system"]["switched_off_on"], lived.result["phone_system"]["deleted_on"]
    assert off is None or lived.state_on(off) in ("expired", "ended", "deleted")
    if gone is None:
        return
    assert off is not None
    waited = (date.fromisoformat(gone) - date.fromisoformat(off)).days
    policy = lived.product.policy
    if lived.bought_on is not None:
        assert waited == policy.retention_days
    else:
        assert 0 <= waited <= max(policy.retention_days, policy.trial_grace_days)


LAWS: list[Callable[[Lived], None]] = [
    what_is_charged_less_credits_is_what_items_cost,
    every_order_is_charged_whole_with_a_credit_or_directly,
    only_what_ends_with_its_month_is_charged_directly,
    documents_are_numbered_and_taxed_once,
    every_month_in_force_is_billed_once_on_its_first,
    a_bill_charges_exactly_the_licences_in_force,
    a_reduction_leaves_its_targets_and_nothing_else_changes,
    entitlements_grow_by_upgrades_at_once_and_shrink_on_firsts,
    credits_are_used_up_to_what_they_are_and_never_more,
    credits_are_used_oldest_first_and_as_soon_as_possible,
    an_upgrade_never_moves_the_end,
    states_follow_one_another_as_they_may,
    deletion_waits_for_retention_or_grace,
]
