"""Where an account's invoices go. What is wrong is said field by field, so that a form can show it there."""

from __future__ import annotations

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from stdnum.eu import vat
from stdnum.exceptions import ValidationError as WrongNumber

from switchroom.accounts.countries import is_country
from switchroom.accounts.models import BillingAddress, Member
from switchroom.accounts.policy import Capability, require
from switchroom.accounts.queries import lock_account_of
from switchroom.plumbing import audit_trail
from switchroom.rules.refusals import Refused, gettext_noop

FIELDS = ("company", "street", "postal_code", "city", "country", "vat_id", "invoice_email")
OPTIONAL = frozenset({"vat_id"})

_LONGEST = {field.name: field.max_length or 0 for field in BillingAddress._meta.fields}
_POSTAL_CODES = {
    "DE": (re.compile(r"[0-9]{5}\Z"), gettext_noop("A postal code in Germany has 5 digits.")),
    "AT": (re.compile(r"[1-9][0-9]{3}\Z"), gettext_noop("A postal code in Austria has 4 digits.")),
    "CH": (re.compile(r"[1-9][0-9]{3}\Z"), gettext_noop("A postal code in Switzerland has 4 digits.")),
}
_FOREIGN_VAT_ID = re.compile(r"[A-Z0-9]{4,20}\Z")
_GREEK = {"EL": "GR"}  # Greece's VAT ids begin with its own language's code


class BillingAddressRefused(Exception):
    """An address cannot be used; ``errors`` says for each wrong field why (field → Refused)."""

    def __init__(self, errors: dict[str, Refused]) -> None:
        super().__init__("; ".join(f"{field}: {error}" for field, error in errors.items()))
        self.errors = errors


@transaction.atomic
def set_billing_address(*, member: Member, typed: dict[str, str], day: date) -> BillingAddress:
    """This function will keep an account's billing address, given as FIELDS → text as typed.

    Raises NotAllowed, and BillingAddressRefused with all that is wrong.
    """
    acting = lock_account_of(member)
    require(acting, Capability.MANAGE_BILLING)
    fields = checked(typed)
    former = BillingAddress.objects.filter(account_id=acting.account_id).first()
    if former is not None and all(getattr(former, field) == fields[field] for field in FIELDS):
        return former
    address, _created = BillingAddress.objects.update_or_create(account_id=acting.account_id, defaults=fields)
    audit_trail.record(
        kind="billing_address_set",
        day=day,
        account_id=acting.account_id,
        actor=acting.user.email,
        facts=fields,
    )
    return address


def checked(typed: dict[str, str]) -> dict[str, str]:
    """This function will return an address as it is kept: trimmed, codes in capitals, the VAT id compact.

    Raises BillingAddressRefused with all that is wrong.
    """
    fields = {field: " ".join(typed.get(field, "").split()) for field in FIELDS}
    fields["country"] = fields["country"].upper()
    fields["vat_id"] = re.sub(r"[ ./-]", "", fields["vat_id"]).upper()
    errors = {field: error for field in FIELDS if (error := _error(field, fields)) is not None}
    if errors:
        raise BillingAddressRefused(errors)
    return fields


def _error(field: str, fields: dict[str, str]) -> Refused | None:
    value = fields[field]
    if not value:
        return None if field in OPTIONAL else Refused("5.11", gettext_noop("Please fill in this field."))
    if len(value) > _LONGEST[field]:
        return Refused("5.11", gettext_noop("Please use at most {longest} letters."), longest=_LONGEST[field])
    if not value.isprintable():
        return Refused("5.11", gettext_noop("Please use letters, digits and punctuation only."))
    check = _CHECKS.get(field)
    sentence = check(value, fields["country"]) if check else None
    return None if sentence is None else Refused("5.11", sentence)


def _postal_code(value: str, country: str) -> str | None:
    if country not in _POSTAL_CODES:
        return None
    pattern, sentence = _POSTAL_CODES[country]
    return None if pattern.match(value) else sentence


def _country(value: str, _of: str) -> str | None:
    return None if is_country(value) else gettext_noop("Please choose a country from the list.")


def _vat_id(value: str, country: str) -> str | None:
    """EU numbers carry check digits; of others only their letters are known."""
    prefix = _GREEK.get(value[:2], value[:2])
    in_union = prefix.lower() in vat.MEMBER_STATES
    if not in_union and country.lower() in vat.MEMBER_STATES:
        return gettext_noop("A VAT id in the EU begins with the country code, for example DE123456788.")
    if not in_union:
        plausible = _FOREIGN_VAT_ID.match(value)
        return None if plausible else gettext_noop("A VAT id has 4 to 20 letters and digits.")
    try:
        vat.validate(value)
    except WrongNumber:
        return gettext_noop("This VAT id cannot be right: please compare it digit by digit.")
    return None


def _invoice_email(value: str, _of: str) -> str | None:
    try:
        validate_email(value)
    except ValidationError:
        return gettext_noop("Please enter an e-mail address, for example invoices@example.com.")
    return None


_CHECKS = {
    "postal_code": _postal_code,
    "country": _country,
    "vat_id": _vat_id,
    "invoice_email": _invoice_email,
}
