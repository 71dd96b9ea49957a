"""To whom a document is addressed: the account's name and billing address as they are at issue, for good."""

from __future__ import annotations

import msgspec

from switchroom.plumbing.bulk import read_in_turn

NAMES = "SELECT id, number, name FROM accounts_account WHERE id BETWEEN %s AND %s"
ADDRESSES = """
    SELECT account_id, company, street, postal_code, city, country, vat_id, invoice_email
    FROM accounts_billingaddress WHERE account_id BETWEEN %s AND %s
"""
"""Read on its own: of a span among a million PostgreSQL expects a single row, and would join each name with
every address of it.
"""


class _Addressee(msgspec.Struct, frozen=True, omit_defaults=True):
    """To whom a document is addressed; what is not known is left out of its text."""

    number: str
    name: str
    company: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    vat_id: str | None = None
    invoice_email: str | None = None


def addressees_in(span: tuple[str, str]) -> dict[str, str]:
    """This function will give account id → addressee as JSON text, for all accounts of a span of ids; one
    that never ordered has no address.
    """
    encode = msgspec.json.encode
    names, addresses = read_in_turn([(NAMES, span), (ADDRESSES, span)])
    address_of = {row[0]: row[1:] for row in addresses}
    return {
        account: encode(_Addressee(number, name, *address_of.get(account, ()))).decode()
        for account, number, name in names
    }
