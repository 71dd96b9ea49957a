"""The page of every part, with real-looking content: to check the look in both schemes, and for tests.

It exists only where nobody is a customer: while developing and in the demo. Its figures are the worked
example of rule 5.2: 10 licences become 14 on 16 June 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from switchroom.portal.frame import AccountChoice, Frame, Place, Town
from switchroom.portal.framing import short
from switchroom.rules.money import Money
from switchroom.rules.periods import Month
from switchroom.rules.refusals import Refused

TODAY = date(2026, 6, 16)
WIZARD = "wizard"


@dataclass(frozen=True)
class Step:
    """A step of the wizard as the component wants it."""

    label: str
    state: str
    url: str = ""


@dataclass(frozen=True)
class Use:
    """A service and how much of it is in use, as the component wants it."""

    key: str
    used: int | None
    entitled: int


class AddressForm(forms.Form):
    """A form with a field that is right, one that is wrong and one that may stay empty."""

    company = forms.CharField(label=_("Company"), help_text=_("As it stands on your invoices."))
    postcode = forms.CharField(label=_("Postcode"))
    vat_id = forms.CharField(label=_("VAT id"), required=False)
    accepted = forms.BooleanField(label=_("Send invoices by e-mail"), required=False)


def _frame() -> Frame:
    places = [
        ("subscriptions", _("Subscriptions"), "layers"),
        ("phone-systems", _("Phone systems"), "phone"),
        ("credits", _("Credits"), "coins"),
        ("invoices", _("Invoices"), "receipt-text"),
        ("members", _("Members"), "users"),
        ("account", _("Account"), "building-2"),
    ]
    return Frame(
        person="Erik Sommer",
        email="erik@sommer.example",
        accounts=[
            AccountChoice(id=UUID(int=1), name="Sommer & Söhne GmbH", current=True),
            AccountChoice(id=UUID(int=2), name="Bäckerei Morgenrot", current=False),
        ],
        choose_url="#",
        places=[
            Place(key=key, label=str(label), url=f"#{key}", icon=icon, short=short(key))
            for key, label, icon in places
        ],
        person_places=[
            Place(key="security", label=str(_("Sign-in and security")), url="#", icon="shield-check")
        ],
        help_url="#",
        town=Town(day=TODAY, move_url="#"),
    )


def _steps(current: int) -> list[Step]:
    labels = [
        _("Quantities"),
        _("Service level"),
        _("Billing address"),
        _("Payment method"),
        _("Order overview"),
    ]
    done = [Step(str(label), "done", "#") for label in labels[:current]]
    todo = [Step(str(label), "todo") for label in labels[current + 1 :]]
    return [*done, Step(str(labels[current]), "current"), *todo]


def _content() -> dict[str, object]:
    form = AddressForm({"company": "Sommer & Söhne GmbH", "postcode": ""})
    form.full_clean()
    first = Month(2026, 7)
    bills = [18_000, 21_000, 21_000, 21_000, 24_500, 24_500, 24_500, 24_500, 24_500, 24_500, 24_500, 24_500]
    return {
        "frame": _frame(),
        "day": TODAY,
        "steps": _steps(0),
        "later_steps": _steps(2),
        "form": form,
        "months": [(first.plus(place), amount) for place, amount in enumerate(bills)],
        "uses": [Use("trunk_lines", None, 28), Use("endpoints", 42, 42), Use("phone_numbers", 16, 14)],
        "term_from": date(2026, 2, 10),
        "term_until": date(2027, 3, 1),
        "refused": Refused(
            "6.1",
            "During the term a reduction is not possible. Until {day} you pay {amount} a month.",
            day=date(2027, 3, 1),
            amount=Money(21_000, "EUR"),
        ),
    }


@require_safe
@login_not_required
def show(request: HttpRequest) -> HttpResponse:
    """This function will show every part of the look, or with ``?page=wizard`` a step of the store wizard."""
    template = "wizard" if request.GET.get("page") == WIZARD else "parts"
    return render(request, f"portal/design/{template}.html", _content())
