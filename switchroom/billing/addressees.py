"""To whom a document is addressed: the account's name and billing address as they are at issue, for good."""

from __future__ import annotations

import msgspec

from switchroom.plumbing.bulk import read_in_turn

NAME_FIELDS = ("number", "name")
ADDRESS_FIELDS = ("company", "street", "postal_code", "city", "country", "vat_id", "invoice_email")

NAMES = f"SELECT id, {', '.join(NAME_FIELDS)} FROM accounts_account WHERE id BETWEEN %s AND %s"  # noqa: S608
ADDRESSES = f"""
    SELECT account_id, {", ".join(ADDRESS_FIELDS)} FROM accounts_billingaddress
    WHERE account_id BETWEEN %s AND %s
"""  # noqa: S608
"""Read on its own: of a span among a million PostgreSQL expects a single row, and would join each name with
every address of it.
"""


def addressees_in(span: tuple[str, str]) -> dict[str, str]:
    """This function will give account id → addressee as JSON text, for all accounts of a span of ids.

    What is not known, as the address of an account that never ordered, is left out.
    """
    encode = msgspec.json.encode
    names, addresses = read_in_turn([(NAMES, span), (ADDRESSES, span)])
    address_of = {row[0]: dict(zip(ADDRESS_FIELDS, row[1:], strict=True)) for row in addresses}
    return {
        row[0]: encode(dict(zip(NAME_FIELDS, row[1:], strict=True)) | address_of.get(row[0], {})).decode()
        for row in names
    }
