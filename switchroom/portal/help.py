"""Help: the services, how billing works with one worked example, the way out, and the words, in plain
language.

The example is reckoned by the rules themselves, so it can never say anything else than an invoice would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from switchroom.catalog.queries import version_on_sale
from switchroom.journeys.start_trial import SHIPPED_PRODUCT
from switchroom.plumbing import clock
from switchroom.portal.access import instant
from switchroom.rules.owing import charge_for, elapsed_minor
from switchroom.rules.periods import Month
from switchroom.rules.promise import Item, ReductionInTerm

BOOKED = 10
ADDED = 4
UNIT_PRICE_MINOR = 1500
ORDERED_DAY = 16
SHORT_MONTH_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Example:
    """10 licences become 14 in the middle of a month of 30 days; amounts are net minor units."""

    booked: int
    added: int
    total: int
    unit_price_minor: int
    ordered_on: date
    gone: int
    days: int
    charged_minor: int
    credit_minor: int
    next_on: date
    next_minor: int
    next_net_minor: int


@require_safe
@login_not_required
def help_page(request: HttpRequest) -> HttpResponse:
    """This function will explain everything that a customer needs to know, on one page."""
    day = clock.local_day(instant(request))
    version = version_on_sale(product_key=SHIPPED_PRODUCT, day=day)
    context = {
        "example": example_near(day),
        "version": version,
        "can_schedule": version.reduction_in_term == ReductionInTerm.SCHEDULED,
        "installation": settings.INSTALLATION,
        "emergency_numbers": _(" and ").join(settings.INSTALLATION.emergency_numbers),
        "words": glossary(),
    }
    return render(request, "portal/help/help.html", context)


def example_near(day: date) -> Example:
    """This function will reckon the worked example of rule 5.2 in the latest month of 30 days."""
    month = Month.of(day)
    while month.days != SHORT_MONTH_DAYS:
        month = month.plus(-1)
    ordered_on = month.first_on.replace(day=ORDERED_DAY)
    before = Item(1, "ONE", BOOKED, UNIT_PRICE_MINOR, month.first_on, 1)
    added = Item(2, "ONE", ADDED, UNIT_PRICE_MINOR, ordered_on, 2)
    following = month.plus(1)
    next_minor = sum(charge_for(item, following).net_minor for item in (before, added))
    return Example(
        booked=BOOKED,
        added=ADDED,
        total=BOOKED + ADDED,
        unit_price_minor=UNIT_PRICE_MINOR,
        ordered_on=ordered_on,
        gone=ORDERED_DAY - 1,
        days=month.days,
        charged_minor=charge_for(added, month).net_minor,
        credit_minor=elapsed_minor(added),
        next_on=following.first_on,
        next_minor=next_minor,
        next_net_minor=next_minor - elapsed_minor(added),
    )


def glossary() -> list[tuple[str, str]]:
    """This function will give the words of the portal with what they mean."""
    return [
        (_("Account"), _("Your company as our customer. It has a number, a billing address and members.")),
        (_("Member"), _("A person who acts for the account. A role says what the member may do.")),
        (
            _("Phone system"),
            _("Your telephone exchange in our network, with endpoints, numbers and an address of its own."),
        ),
        (
            _("Subscription"),
            _("The contract for one phone system. An account may have several, each with a term of its own."),
        ),
        (
            _("Licence"),
            _("What you book. It has a price a month and grants trunk lines, endpoints and numbers."),
        ),
        (_("Entitlement"), _("How much of each service all your licences grant together.")),
        (_("Service level"), _("How soon we react when something is broken. Basic is included.")),
        (_("Order"), _("What the store ends in. It is billed at once and in force within a second.")),
        (_("Charge"), _("A line on an invoice: a quantity of licences for a calendar month, in advance.")),
        (
            _("Credit"),
            _("What you get for days that were not yours. It lowers your next monthly invoice by itself."),
        ),
        (
            _("Correction"),
            _("A document that takes lines of an earlier invoice back. Invoices themselves never change."),
        ),
        (_("Term"), _("The minimum time of the contract. After it, you may leave at the end of any month.")),
        (
            _("Follow-up subscription"),
            _("A smaller contract that begins when a cancelled one has ended, with its name and numbers."),
        ),
    ]
