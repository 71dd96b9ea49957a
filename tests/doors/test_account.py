"""The account: its number, its billing address field by field, how it pays; by role."""

from __future__ import annotations

import re

import pytest

from switchroom.accounts.models import BillingAddress, Role
from switchroom.accounts.policy import CAPABILITIES, Capability
from tests.doors.company import Company, few_queries, said_after, signed_in, words

ACCOUNT = "/account/"
TYPED = {
    "company": "Alpha GmbH",
    "street": "Lindenallee 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "vat_id": "",
    "invoice_email": "bills@example.com",
}


@pytest.fixture
def alpha(town_clock: None) -> Company:
    return Company()


def test_it_shows_company_number_and_how_it_pays(alpha: Company) -> None:
    client = signed_in(alpha.alice)
    with few_queries():
        answer = client.get(ACCOUNT)
    said = words(answer)
    assert f"Your customer number is {alpha.account.number}." in said
    assert "Payment method Invoice We send each invoice by e-mail" in said
    assert "within 14 days" in said
    assert "No address yet." in said
    assert 'name="company" value="Alpha GmbH"' in answer.content.decode(), "what is known is offered"


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_owner_and_billing_keep_the_address(alpha: Company, name: str) -> None:
    client = signed_in(getattr(alpha, name))
    said = said_after(client, client.post(ACCOUNT, TYPED))
    assert "The billing address is saved." in said
    assert "We send each invoice to bills@example.com" in said
    kept = BillingAddress.objects.get()
    assert (kept.street, kept.invoice_email) == ("Lindenallee 1", "bills@example.com")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("street", "", "Please fill in this field."),
        ("postal_code", "1011", "A postal code in Germany has 5 digits."),
        ("country", "XX", "Please choose a country from the list."),
        ("vat_id", "DE123456789", "This VAT id cannot be right: please compare it digit by digit."),
        ("invoice_email", "bills", "Please enter an e-mail address, for example invoices@example.com."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_all_stays(
    alpha: Company, field: str, typed: str, sentence: str
) -> None:
    answer = signed_in(alpha.bob).post(ACCOUNT, TYPED | {field: typed})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-error"', html) == [field]
    assert sentence in words(answer)
    assert "One field needs another look." in words(answer)
    for name in ("company", "city", field):
        if name != "country":
            assert f'name="{name}" value="{(TYPED | {field: typed})[name]}"' in html
    assert not BillingAddress.objects.exists()


def test_several_mistakes_are_all_told(alpha: Company) -> None:
    answer = signed_in(alpha.bob).post(ACCOUNT, {"country": "DE"})
    assert "5 fields need another look." in words(answer)


@pytest.mark.parametrize("name", ["tom", "vera"])
def test_whoever_sees_no_bills_sees_no_account(alpha: Company, name: str) -> None:
    client = signed_in(getattr(alpha, name))
    assert client.get(ACCOUNT).status_code == 403
    assert client.post(ACCOUNT, TYPED).status_code == 403
    assert not BillingAddress.objects.exists()


def test_a_role_that_may_only_look_changes_nothing(alpha: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(alpha.alice).post(ACCOUNT, TYPED)
    looking = frozenset({Capability.SEE_SUBSCRIPTIONS, Capability.SEE_BILLING})
    monkeypatch.setitem(CAPABILITIES, Role.VIEWER, looking)
    client = signed_in(alpha.vera)
    answer = client.get(ACCOUNT)
    assert "Alpha GmbH Lindenallee 1 10115 Berlin Germany Invoices go to bills@example.com" in words(answer)
    assert "Your role may not change the billing address." in words(answer)
    assert "Save the address" not in words(answer)
    assert client.post(ACCOUNT, TYPED | {"street": "Elsewhere 2"}).status_code == 403
    assert BillingAddress.objects.get().street == "Lindenallee 1"
