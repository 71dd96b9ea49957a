"""To whom a document is addressed: the account's name and billing address as they are at issue, for good."""

from __future__ import annotations

import msgspec

from switchroom.plumbing.bulk import read_rows

FIELDS = ("number", "name", "company", "street", "postal_code", "city", "country", "vat_id", "invoice_email")

ADDRESSEES = """
    SELECT a.id, a.number, a.name, b.company, b.street, b.postal_code, b.city, b.country, b.vat_id,
           b.invoice_email
    FROM accounts_account a
    LEFT JOIN accounts_billingaddress b ON b.account_id = a.id AND b.account_id BETWEEN %s AND %s
    WHERE a.id BETWEEN %s AND %s
"""
"""The span is named for both tables: the database would else read one of them from its beginning."""


def addressees_in(span: tuple[str, str]) -> dict[str, str]:
    """This function will give account id → addressee as JSON text, for all accounts of a span of ids.

    What is not known, as the address of an account that never ordered, is left out.
    """
    encode = msgspec.json.encode
    return {
        row[0]: encode(
            {field: value for field, value in zip(FIELDS, row[1:], strict=True) if value is not None}
        ).decode()
        for row in read_rows(ADDRESSEES, [*span, *span])
    }
