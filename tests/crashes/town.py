"""The town on the eve of a heavy day: New Year's, the 1st of a month and the first document of a year.

Customers of eight kinds ask for something on it: bills with credits of December, reductions that
bite, subscriptions that end, follow-ups that begin, trials that run out, phone systems to be deleted,
reminders. One of each kind lives by the real journeys, the others
are copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time

from django.core.management import call_command

from switchroom.journeys.audit import run_audit
from switchroom.phonesystems.numbers import add_stock
from switchroom.plumbing import clock
from tests.cast import Customer, Town
from tests.catalogues import catalogue
from tests.crashes import books
from tests.crashes.copies import copy_customers

DAY = date(2027, 1, 1)
EVE = date(2026, 12, 31)
EACH = 3  # how many customers of each kind there are
BILLED = 4 * EACH  # and how many owe something for the new month
NIGHT = time(0, 6)

Verb = Callable[[Customer], object]


def _buys_twice(customer: Customer) -> None:
    customer.grows_to(one=2, extra_endpoint=3)
    customer.starts_trial(f"{customer.name} shop").grows_to(one=1)


KINDS: Mapping[str, Mapping[str, Verb]] = {
    "Steady": {
        "2026-12-01": lambda one: one.grows_to(one=3, extra_trunk_line=1, business=True),
        "2026-12-17": lambda one: one.adds(one=2, extra_endpoint=4),
    },
    "Double": {
        "2026-12-01": _buys_twice,
        "2026-12-17": lambda one: one.adds(one=1),
        "2026-12-20": lambda one: one.adds(one=3),
    },
    "Shrinking": {
        "2026-12-01": lambda one: one.grows_to(one=8),
        "2026-12-17": lambda one: one.adds(one=2).reduces_to(one=5),
    },
    "Leaving": {
        "2026-12-01": lambda one: one.grows_to(one=4).sets_up(endpoints=3, numbers=1),
        "2026-12-17": lambda one: one.adds(one=1).cancels(),
    },
    "Following": {
        "2026-12-01": lambda one: one.grows_to(one=6).sets_up(endpoints=2, numbers=1),
        "2026-12-17": lambda one: one.cancels(),
        "2026-12-20": lambda one: one.follows_up_with(one=2),
    },
    "Trying": {"2026-12-01": lambda one: one.starts_trial().sets_up(endpoints=1)},
    "Lapsed": {"2026-11-17": lambda one: one.starts_trial()},
    "Reminded": {"2026-12-08": lambda one: one.starts_trial()},
}
"""What each kind of customer wishes, and on which day."""


def main(_argv: list[str]) -> int:
    """This function will build the town in an empty database, up to the eve of the day.

    The clock then stands at the day's first minutes.
    """
    call_command("migrate", interactive=False, verbosity=0)
    town = Town().on("2026-11-17").sells(catalogue(term_months=1, reduction_in_term="scheduled"))
    add_stock(numbers=[f"+4989901{last:04d}" for last in range(2 * EACH)], area="München")
    customers = {kind: town.customer(f"{kind}1") for kind in KINDS}
    for day in sorted({day for wishes in KINDS.values() for day in wishes}):
        town.on(day)
        for kind, wishes in KINDS.items():
            if wish := wishes.get(day):
                wish(customers[kind])
                assert customers[kind].unread_refusal is None, customers[kind].refused
    town.on(EVE)
    copy_customers(times=EACH)
    faults = run_audit(day=EVE)
    assert not faults, faults
    books.write_names()
    clock.move_to(DAY, at=NIGHT)
    return 0
