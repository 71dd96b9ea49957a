"""The fields of a billing address as a form shows them, with what was typed and what is wrong at each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from switchroom.accounts.billing_address import FIELDS, OPTIONAL
from switchroom.accounts.countries import countries
from switchroom.accounts.models import Account, BillingAddress, User
from switchroom.plumbing.wording import refusal
from switchroom.rules.refusals import Refused

AUTOCOMPLETE = {
    "company": "organization",
    "street": "street-address",
    "postal_code": "postal-code",
    "city": "address-level2",
    "country": "country",
    "vat_id": "off",
    "invoice_email": "email",
}


@dataclass(frozen=True, kw_only=True)
class AddressField:
    """One field: ``choices`` (code → name) where it is chosen from a list; ``error`` as it is read."""

    name: str
    label: str
    hint: str
    value: str
    error: str
    autocomplete: str
    optional: bool
    kind: str = "text"
    choices: Mapping[str, str] = field(default_factory=dict)


def address_of(account: Account) -> BillingAddress | None:
    """This function will give an account's billing address, none before the first was given."""
    return getattr(account, "billing_address", None)


def as_typed(address: BillingAddress) -> dict[str, str]:
    """This function will give an address as its form holds it."""
    return {name: str(getattr(address, name)) for name in FIELDS}


def starting_address(account: Account, user: User) -> dict[str, str]:
    """This function will give what a form may begin with before an address is known."""
    known = {"company": account.name, "country": settings.INSTALLATION.country, "invoice_email": user.email}
    return {name: known.get(name, "") for name in FIELDS}


def address_fields(typed: Mapping[str, str], errors: Mapping[str, Refused]) -> list[AddressField]:
    """This function will give the fields in their order, with what was typed and what is wrong."""
    labels = {
        "company": _("Company"),
        "street": _("Street and number"),
        "postal_code": _("Postal code"),
        "city": _("City"),
        "country": _("Country"),
        "vat_id": _("VAT id"),
        "invoice_email": _("E-mail address for invoices"),
    }
    hints = {
        "company": _("As it is to stand on your invoices."),
        "vat_id": _("With the country code, for example DE123456788."),
        "invoice_email": _("Each invoice is sent here the moment it is issued."),
    }
    return [
        AddressField(
            name=name,
            label=labels[name],
            hint=hints.get(name, ""),
            value=typed.get(name, ""),
            error=refusal(errors[name]) if name in errors else "",
            autocomplete=AUTOCOMPLETE[name],
            optional=name in OPTIONAL,
            kind="email" if name == "invoice_email" else "text",
            choices=countries(get_language() or settings.LANGUAGE_CODE) if name == "country" else {},
        )
        for name in FIELDS
    ]
