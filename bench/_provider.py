"""A provider with as many accounts as one likes, the same for the same seed, written by COPY.

Each account has one to three subscriptions of one to four licences, bought on 1 November 2025 and billed for
November; 30 % grew on the 16th and have an open credit, 2 % have a reduction that bites on 1 December, 1 %
have cancelled for 31 October 2026. December 2025 is the first month that is left to bill. Everything that the
nightly audit looks at is there: orders, quotes, phone systems and what the edge knows of them.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction

from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.catalog.models import Licence, ProductVersion
from switchroom.plumbing.bulk import insert_rows, key_of, new_key, uuid_text
from switchroom.rules.money import part_of

BOUGHT_ON = date(2025, 11, 1)
GREW_ON = date(2025, 11, 16)
RUN_ON = date(2025, 12, 1)
ENDS_ON = date(2026, 11, 1)
AT = datetime(2025, 11, 1, 9, tzinfo=UTC)
BATCH = 5_000
"""Accounts written at a time."""

COLUMNS = {
    "accounts_account": "id number name created_on payment_method",
    "accounts_billingaddress": "account_id company street postal_code city country vat_id invoice_email",
    "subscriptions_subscription": "id account_id product_version_id name created_on bought_on next_due_on",
    "subscriptions_trial": "subscription_id from_on until_on trunk_lines endpoints phone_numbers",
    "orders_order": (
        "id account_id subscription_id kind state started_at wanted service_level steps_done purchased_on "
        "purchased_at accepted_quote_id bought_subscription_id"
    ),
    "orders_quote": "id order_id fingerprint day shown_at valid_until promised",
    "subscriptions_item": (
        "id subscription_id licence_id order_id quantity unit_price_minor from_on sequence first_month"
    ),
    "subscriptions_cancellation": "id subscription_id entered_on entered_at ends_on",
    "subscriptions_reduction": "id subscription_id entered_on bites_on targets",
    "phonesystems_phonesystem": (
        "id account_id subscription_id name sip_label realm created_on changed_at is_on trunk_lines "
        "endpoint_limit number_limit revision edge_revision"
    ),
    "phonesystems_recordedtenant": "sip_label phone_system_id revision known pushed_at",
    "billing_invoiceline": (
        "id invoice_id position kind subscription_id item_id month_on quantity unit_price_minor net_minor "
        "rate_bp"
    ),
    "billing_invoicetax": "invoice_id rate_bp net_minor tax_minor",
    "billing_invoice": (
        "id account_id kind series_id number reference issued_on issued_at due_on month_on order_id currency "
        "net_minor tax_minor gross_minor addressee"
    ),
    "billing_credit": (
        "id account_id line_id granted_on days of_days granted_minor rate_bp currency sequence"
    ),
}

Rows = dict[str, list[tuple[Any, ...]]]


def seed(accounts: int, *, items_of_one: int = 0, number: int = 1) -> None:
    """This function will write a provider with ``accounts`` into an empty prepared database.

    ``items_of_one`` makes the first account's first subscription one of so many items. ``number`` seeds the
    chance.
    """
    with connection.constraint_checks_disabled(), transaction.atomic():
        _unchecked()
        maker = _Maker(random.Random(number))  # noqa: S311  # figures, no secrets
        for first in range(0, accounts, BATCH):
            rows: Rows = defaultdict(list)
            for place in range(first, min(first + BATCH, accounts)):
                maker.account(rows, place, items=items_of_one if place == 0 else 0)
            for table, columns in COLUMNS.items():
                insert_rows(table, columns.split(), rows[table])
        insert_rows("billing_invoiceseries", ["year", "prefix", "last_number"], [(2025, "R", maker.invoices)])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _unchecked() -> None:
    """Keys and laws are not checked while the provider is written; they hold, and the audit says so. SQLite
    leaves keys alone by itself, when it is told so before the transaction.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")


def _versions() -> tuple[ProductVersion, ProductVersion]:
    """Terms of a month, so that reductions may bite, and of twelve months."""
    short = re.sub(r"^term_months = \d+", "term_months = 1", shipped_catalogue(), flags=re.MULTILINE)
    short = re.sub(r"^reduction_in_term = .*$", 'reduction_in_term = "scheduled"', short, flags=re.MULTILINE)
    return load_catalogue(short, BOUGHT_ON).version, load_catalogue(shipped_catalogue(), BOUGHT_ON).version


class _Maker:
    """Makes the rows of one account after the other."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.invoices = 0
        short, long = _versions()
        self.short, self.long = key_of(short.id), key_of(long.id)
        self.licences = {
            key_of(version.id): [
                licence
                for licence in Licence.objects.filter(version=version).order_by("position")
                if licence.unit_price_minor
            ]
            for version in (short, long)
        }

    def account(self, rows: Rows, place: int, *, items: int) -> None:
        account, company = new_key(), f"Muster {place:07d} GmbH"
        addressee = {
            "number": f"C-{place + 10_001}",
            "name": company,
            "company": company,
            "street": "Lindenallee 1",
            "postal_code": "10115",
            "city": "Berlin",
            "country": "DE",
            "vat_id": "",
            "invoice_email": f"rechnung-{place}@example.com",
        }
        rows["accounts_account"].append((account, addressee["number"], company, BOUGHT_ON, "invoice"))
        rows["accounts_billingaddress"].append((account, *list(addressee.values())[2:]))
        written = msgspec.json.encode(addressee).decode()
        grows = self.chance.random() < 0.30
        reduces = self.chance.random() < 0.02
        leaves = self.chance.random() < 0.01
        for nth in range(1 if items else self.chance.randint(1, 3)):
            first = nth == 0
            self.subscription(
                rows,
                account,
                f"ps-{place}-{nth}",
                written,
                grows=grows and first,
                reduces=reduces and first,
                leaves=leaves and first,
                items=items,
            )

    def subscription(
        self,
        rows: Rows,
        account: str,
        label: str,
        addressee: str,
        *,
        grows: bool,
        reduces: bool,
        leaves: bool,
        items: int,
    ) -> None:
        id_, version = new_key(), self.long if leaves else self.short
        choice = self.licences[version]
        chosen = (
            [self.chance.choice(choice) for _ in range(items)]
            if items
            else self.chance.sample(choice, self.chance.randint(1, min(4, len(choice))))
        )
        booked = [(licence, self._quantity(licence)) for licence in chosen]
        countable = [licence for licence in chosen if licence.kind == "licence"]
        rows["subscriptions_subscription"].append(
            (id_, account, version, label, BOUGHT_ON, BOUGHT_ON, RUN_ON)
        )
        rows["subscriptions_trial"].append((id_, BOUGHT_ON, BOUGHT_ON + timedelta(days=30), 5, 10, 2))
        self.order(rows, account, id_, addressee, booked, BOUGHT_ON, sequence=1)
        if grows and countable:
            more = [(countable[0], self._quantity(countable[0]))]
            self.order(rows, account, id_, addressee, more, GREW_ON, sequence=len(booked) + 1)
            booked += more
        if reduces and countable and not leaves:
            targets = {countable[0].key: 1}
            rows["subscriptions_reduction"].append((new_key(), id_, BOUGHT_ON, RUN_ON, targets))
        if leaves:
            rows["subscriptions_cancellation"].append((new_key(), id_, BOUGHT_ON, AT, ENDS_ON))
        self.phone_system(rows, account, id_, label, booked)

    def _quantity(self, licence: Licence) -> int:
        return 1 if licence.kind == "service_level" else self.chance.randint(2, 9)

    def order(
        self,
        rows: Rows,
        account: str,
        subscription: str,
        addressee: str,
        booked: list[tuple[Licence, int]],
        day: date,
        *,
        sequence: int,
    ) -> None:
        order, quote, invoice = new_key(), new_key(), new_key()
        net = sum(licence.unit_price_minor * quantity for licence, quantity in booked)
        gross = net + part_of(net, 19, 100)
        promised = {
            "items": [_promised(licence, quantity, day) for licence, quantity in booked],
            "due_now": {"net_minor": net, "gross_minor": gross},
        }
        kind: tuple[Any, ...] = (order, account, subscription, "upgrade", "purchased", AT, {}, "", [])
        rows["orders_order"].append((*kind, day, AT, quote, subscription))
        rows["orders_quote"].append((quote, order, f"{order:.32}", day, AT, AT, promised))
        self.invoices += 1
        head = (invoice, account, "order", 2025, self.invoices, f"R-2025-{self.invoices:06d}", day, AT, day)
        sums = (net, gross - net, gross)
        rows["billing_invoice"].append((*head, BOUGHT_ON, order, "EUR", *sums, addressee))
        rows["billing_invoicetax"].append((invoice, 1900, *sums[:2]))
        for position, (licence, quantity) in enumerate(booked, start=1):
            item, line, price = new_key(), new_key(), licence.unit_price_minor
            place = sequence + position - 1
            of = (item, subscription, key_of(licence.id), order)
            rows["subscriptions_item"].append((*of, quantity, price, day, place, "credited"))
            charge = (line, invoice, position, "charge", subscription, item, BOUGHT_ON)
            rows["billing_invoiceline"].append((*charge, quantity, price, price * quantity, 1900))
            if day.day > 1:
                granted = part_of(price * quantity, day.day - 1, 30)
                credit = (new_key(), account, line, day, day.day - 1, 30)
                rows["billing_credit"].append((*credit, granted, 1900, "EUR", position))

    def phone_system(
        self, rows: Rows, account: str, subscription: str, label: str, booked: list[tuple[Licence, int]]
    ) -> None:
        id_ = new_key()
        trunk_lines, endpoints, numbers = (
            sum(getattr(licence, service) * quantity for licence, quantity in booked)
            for service in ("trunk_lines", "endpoints", "phone_numbers")
        )
        rows["phonesystems_phonesystem"].append(
            (
                id_,
                account,
                subscription,
                label,
                label,
                label,
                BOUGHT_ON,
                AT,
                True,
                trunk_lines,
                endpoints,
                numbers,
                1,
                1,
            )
        )
        known = {
            "label": label,
            "phone_system_id": uuid_text(id_),
            "revision": 1,
            "realm": label,
            "is_on": True,
            "trunk_lines": trunk_lines,
            "endpoints": [],
            "numbers": [],
        }
        rows["phonesystems_recordedtenant"].append((label, id_, 1, known, AT))


def _promised(licence: Licence, quantity: int, day: date) -> dict[str, Any]:
    return {
        "licence": licence.key,
        "quantity": quantity,
        "unit_price_minor": licence.unit_price_minor,
        "from_on": day.isoformat(),
        "first_month": "credited",
    }
