"""The billing address: kept tidily, refused field by field."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from switchroom.accounts.billing_address import (
    FIELDS,
    BillingAddressRefused,
    checked,
    set_billing_address,
)
from switchroom.accounts.countries import countries
from switchroom.accounts.models import BillingAddress, Member, Role
from switchroom.accounts.policy import NotAllowed
from switchroom.accounts.queries import billing_address_of
from switchroom.plumbing.audit_trail import story_of_account
from tests.accounts.conftest import DAY, Joins

ADDRESS = {
    "company": "Alpha GmbH",
    "street": "Lindenstraße 12",
    "postal_code": "50674",
    "city": "Köln",
    "country": "DE",
    "vat_id": "DE136695976",
    "invoice_email": "invoices@alpha.example",
}


def reasons(**changed: str) -> dict[str, str]:
    """Why an address is refused: field → sentence; empty when it is not."""
    try:
        checked({**ADDRESS, **changed})
    except BillingAddressRefused as refused:
        return {field: str(error) for field, error in refused.errors.items()}
    return {}


def test_it_keeps_an_address_tidily(alice: Member) -> None:
    typed = {**ADDRESS, "company": "  Alpha   GmbH ", "country": "de", "vat_id": "de 136.695-976"}
    address = set_billing_address(member=alice, typed=typed, day=DAY)
    kept = {field: getattr(address, field) for field in FIELDS}
    assert kept == ADDRESS
    assert billing_address_of(alice.account_id) == address
    event = story_of_account(account_id=alice.account_id).last()
    assert event is not None
    assert (event.kind, event.facts) == ("billing_address_set", ADDRESS)


def test_a_later_address_replaces_the_former(alice: Member) -> None:
    set_billing_address(member=alice, typed=ADDRESS, day=DAY)
    set_billing_address(member=alice, typed={**ADDRESS, "street": "Ring 1"}, day=DAY)
    assert BillingAddress.objects.get().street == "Ring 1"


def test_confirming_the_same_address_leaves_no_trace(alice: Member) -> None:
    set_billing_address(member=alice, typed=ADDRESS, day=DAY)
    before = story_of_account(account_id=alice.account_id).count()
    set_billing_address(member=alice, typed=ADDRESS, day=DAY)
    assert story_of_account(account_id=alice.account_id).count() == before


def test_there_is_none_before_the_first(alice: Member) -> None:
    assert billing_address_of(alice.account_id) is None


def test_billing_may_change_it_and_technical_may_not(joins: Joins) -> None:
    set_billing_address(member=joins("Bill", Role.BILLING), typed=ADDRESS, day=DAY)
    for name, role in (("Theo", Role.TECHNICAL), ("Vera", Role.VIEWER)):
        with pytest.raises(NotAllowed):
            set_billing_address(member=joins(name, role), typed=ADDRESS, day=DAY)


def test_everything_wrong_is_said_at_once(alice: Member) -> None:
    with pytest.raises(BillingAddressRefused) as refused:
        set_billing_address(member=alice, typed={}, day=DAY)
    assert list(refused.value.errors) == [field for field in FIELDS if field != "vat_id"]
    assert {str(error) for error in refused.value.errors.values()} == {
        "Please fill in this field.",
    }
    assert billing_address_of(alice.account_id) is None


@pytest.mark.parametrize(
    ("country", "good", "bad", "reason"),
    [
        ("DE", "01067", "1067", "A postal code in Germany has 5 digits."),
        ("DE", "50674", "5067A", "A postal code in Germany has 5 digits."),
        ("AT", "1010", "10100", "A postal code in Austria has 4 digits."),
        ("CH", "8001", "D-80", "A postal code in Switzerland has 4 digits."),
    ],
)
def test_postal_codes_have_the_form_of_the_country(country: str, good: str, bad: str, reason: str) -> None:
    assert reasons(country=country, postal_code=good, vat_id="") == {}
    assert reasons(country=country, postal_code=bad, vat_id="") == {"postal_code": reason}


def test_postal_codes_elsewhere_are_free() -> None:
    assert reasons(country="GB", postal_code="SW1A 1AA", vat_id="") == {}


@pytest.mark.parametrize(
    ("country", "vat_id"),
    [
        ("DE", ""),
        ("DE", "DE136695976"),
        ("AT", "ATU13585627"),
        ("FR", "FR40303265045"),
        ("GR", "EL094259216"),
        ("CH", "CHE107787577IVA"),
        ("DE", "ATU13585627"),
    ],
)
def test_it_accepts_a_vat_id(country: str, vat_id: str) -> None:
    assert reasons(country=country, vat_id=vat_id, postal_code="50674" if country == "DE" else "1010") == {}


@pytest.mark.parametrize(
    ("country", "vat_id", "reason"),
    [
        ("DE", "DE136695977", "This VAT id cannot be right: please compare it digit by digit."),
        ("DE", "136695976", "A VAT id in the EU begins with the country code, for example DE123456788."),
        ("AT", "U13585627", "A VAT id in the EU begins with the country code, for example DE123456788."),
        ("CH", "?!", "A VAT id has 4 to 20 letters and digits."),
    ],
)
def test_it_refuses_a_vat_id(country: str, vat_id: str, reason: str) -> None:
    assert reasons(country=country, vat_id=vat_id, postal_code="50674" if country == "DE" else "1010") == {
        "vat_id": reason
    }


@pytest.mark.parametrize("country", ["XX", "EU", "ZZ", "Germany", "D"])
def test_it_refuses_what_is_no_country(country: str) -> None:
    assert "country" in reasons(country=country, vat_id="")


def test_it_refuses_what_is_no_address_for_invoices() -> None:
    assert list(reasons(invoice_email="alpha.example")) == ["invoice_email"]


def test_it_refuses_what_is_too_long_or_cannot_be_printed() -> None:
    assert reasons(company="x" * 201) == {"company": "Please use at most 200 letters."}
    assert list(reasons(city="K\x00ln")) == ["city"]


def test_the_database_refuses_a_country_that_is_no_code(alice: Member) -> None:
    set_billing_address(member=alice, typed=ADDRESS, day=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        BillingAddress.objects.update(country="d1")


def test_countries_are_named_and_sorted_in_the_readers_language() -> None:
    german, english = countries("de"), countries("en")
    assert (german["DE"], english["DE"]) == ("Deutschland", "Germany")
    names = list(german.values())
    assert names.index("Österreich") < names.index("Polen")
    assert set(german) == set(english)
