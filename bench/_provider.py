"""A provider with as many accounts as one likes, the same for the same seed, written by COPY.

Each account has one to three subscriptions of one to four licences, bought on 1 November 2025 and billed for
November; 30 % grew on the 16th and have an open credit, 2 % have a reduction that bites on 1 December, 1 %
have cancelled for 31 October 2026. December 2025 is the first month that is left to bill. Everything that the
nightly audit looks at is there: orders, quotes, phone systems and what the edge knows of them.

Several processes may write a part each: all of them draw the whole provider, and write what is theirs.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction

from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.catalog.models import Licence, ProductVersion
from switchroom.plumbing.bulk import insert_rows, key_maker, key_of, uuid_text
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
        "id account_id subscription_id name sip_label realm created_on changed_at is_on barring barred_on "
        "home_edge standby_edge trunk_lines endpoint_limit number_limit revision edge_revision"
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


class Priced(msgspec.Struct, frozen=True):
    """A licence that costs something; ``id`` is its id as the database keeps it."""

    id: str
    key: str
    is_countable: bool
    price_minor: int
    grants: tuple[int, int, int]


class Drawn(msgspec.Struct, frozen=True):
    """What chance made of a subscription: what was bought first, then what was added, and what comes."""

    booked: list[tuple[Priced, int]]
    more: list[tuple[Priced, int]]
    reduced: str
    """Key of the licence that is reduced to one, or empty."""
    leaves: bool


def put_on_sale() -> None:
    """This function will put both products on sale: terms of a month, so that reductions may bite, and of
    twelve months.
    """
    short = re.sub(r"^term_months = \d+", "term_months = 1", shipped_catalogue(), flags=re.MULTILINE)
    short = re.sub(r"^reduction_in_term = .*$", 'reduction_in_term = "scheduled"', short, flags=re.MULTILINE)
    load_catalogue(short, BOUGHT_ON)
    load_catalogue(shipped_catalogue(), BOUGHT_ON)


def seed(accounts: int, *, items_of_one: int = 0, number: int = 1, part: int = 0, parts: int = 1) -> None:
    """This function will write a provider with ``accounts`` into a prepared database in which both products
    are on sale; or one of ``parts``, the first of which is 0.

    ``items_of_one`` makes the first account's first subscription one of so many items. ``number`` seeds the
    chance. Statistics are left to whoever knows that the last part is written.
    """
    with connection.constraint_checks_disabled(), transaction.atomic():
        _unchecked()
        short, long = ProductVersion.objects.order_by("term_months")
        lives = _lives(random.Random(number), _priced(short), _priced(long), items=items_of_one)  # noqa: S311  # figures, no secrets
        maker = _Maker(short, long)
        for first in range(0, accounts, BATCH):
            rows: Rows = defaultdict(list)
            for place in range(first, min(first + BATCH, accounts)):
                if first // BATCH % parts == part:
                    maker.account(rows, place, next(lives))
                else:
                    maker.skip(next(lives))
            for table, columns in COLUMNS.items():
                insert_rows(table, columns.split(), rows[table])
        if part == 0:
            series = [(2025, "R", maker.invoices)]
            insert_rows("billing_invoiceseries", ["year", "prefix", "last_number"], series)


def _unchecked() -> None:
    """Keys and laws are not checked while the provider is written; they hold, and the audit says so. SQLite
    leaves keys alone by itself, when it is told so before the transaction.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")


def _priced(version: ProductVersion) -> list[Priced]:
    return [
        Priced(
            key_of(one.id),
            one.key,
            one.kind == "licence",
            one.unit_price_minor,
            (one.trunk_lines, one.endpoints, one.phone_numbers),
        )
        for one in Licence.objects.filter(version=version).order_by("position")
        if one.unit_price_minor
    ]


def _lives(
    chance: random.Random, short: list[Priced], long: list[Priced], *, items: int
) -> Iterator[list[Drawn]]:
    """The subscriptions of one account after the other; ``items`` makes the first one a single one of so
    many.
    """
    while True:
        grows = chance.random() < 0.30
        reduces = chance.random() < 0.02
        leaves = chance.random() < 0.01
        subscriptions = 1 if items else chance.randint(1, 3)
        drawn = [_drawn(chance, long if leaves else short, items, grows, reduces, leaves)]
        drawn += [_drawn(chance, short, 0, False, False, False) for _ in range(1, subscriptions)]
        yield drawn
        items = 0


def _drawn(
    chance: random.Random, choice: list[Priced], items: int, grows: bool, reduces: bool, leaves: bool
) -> Drawn:
    if items:
        chosen = [chance.choice(choice) for _ in range(items)]
    else:
        chosen = chance.sample(choice, chance.randint(1, min(4, len(choice))))
    booked = [(licence, _quantity(chance, licence)) for licence in chosen]
    countable = next((licence for licence in chosen if licence.is_countable), None)
    more = [(countable, _quantity(chance, countable))] if countable and grows else []
    return Drawn(booked, more, countable.key if countable and reduces and not leaves else "", leaves)


def _quantity(chance: random.Random, licence: Priced) -> int:
    return chance.randint(2, 9) if licence.is_countable else 1


class _Maker:
    """Makes the rows of one account after the other."""

    def __init__(self, short: ProductVersion, long: ProductVersion) -> None:
        self.short, self.long = key_of(short.id), key_of(long.id)
        self.new_key = key_maker()
        self.invoices = 0

    def skip(self, subscriptions: list[Drawn]) -> None:
        """Leaves an account to another process."""
        self.invoices += sum(2 if drawn.more else 1 for drawn in subscriptions)

    def account(self, rows: Rows, place: int, subscriptions: list[Drawn]) -> None:
        account, company = self.new_key(), f"Muster {place:07d} GmbH"
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
        for nth, drawn in enumerate(subscriptions):
            self.subscription(rows, account, f"ps-{place}-{nth}", _json(addressee), drawn)

    def subscription(self, rows: Rows, account: str, label: str, addressee: str, drawn: Drawn) -> None:
        id_, version = self.new_key(), self.long if drawn.leaves else self.short
        rows["subscriptions_subscription"].append(
            (id_, account, version, label, BOUGHT_ON, BOUGHT_ON, RUN_ON)
        )
        rows["subscriptions_trial"].append((id_, BOUGHT_ON, BOUGHT_ON + timedelta(days=30), 5, 10, 2))
        self.order(rows, account, id_, addressee, drawn.booked, BOUGHT_ON, sequence=1)
        if drawn.more:
            self.order(rows, account, id_, addressee, drawn.more, GREW_ON, sequence=len(drawn.booked) + 1)
        if drawn.reduced:
            reduction = (self.new_key(), id_, BOUGHT_ON, RUN_ON, {drawn.reduced: 1})
            rows["subscriptions_reduction"].append(reduction)
        if drawn.leaves:
            rows["subscriptions_cancellation"].append((self.new_key(), id_, BOUGHT_ON, AT, ENDS_ON))
        self.phone_system(rows, account, id_, label, drawn.booked + drawn.more)

    def order(
        self,
        rows: Rows,
        account: str,
        subscription: str,
        addressee: str,
        booked: list[tuple[Priced, int]],
        day: date,
        *,
        sequence: int,
    ) -> None:
        order, quote, invoice = self.new_key(), self.new_key(), self.new_key()
        net = sum(licence.price_minor * quantity for licence, quantity in booked)
        gross = net + part_of(net, 19, 100)
        promised = {
            "items": [_promised(licence, quantity, day) for licence, quantity in booked],
            "due_now": {"net_minor": net, "gross_minor": gross},
        }
        kind: tuple[Any, ...] = (order, account, subscription, "upgrade", "purchased", AT, {}, "", [])
        rows["orders_order"].append((*kind, day, AT, quote, subscription))
        rows["orders_quote"].append((quote, order, f"{order:.32}", day, AT, AT, _json(promised)))
        self.invoices += 1
        head = (invoice, account, "order", 2025, self.invoices, f"R-2025-{self.invoices:06d}", day, AT, day)
        sums = (net, gross - net, gross)
        rows["billing_invoice"].append((*head, BOUGHT_ON, order, "EUR", *sums, addressee))
        rows["billing_invoicetax"].append((invoice, 1900, *sums[:2]))
        for position, (licence, quantity) in enumerate(booked, start=1):
            item, line, price = self.new_key(), self.new_key(), licence.price_minor
            place = sequence + position - 1
            of = (item, subscription, licence.id, order)
            rows["subscriptions_item"].append((*of, quantity, price, day, place, "credited"))
            charge = (line, invoice, position, "charge", subscription, item, BOUGHT_ON)
            rows["billing_invoiceline"].append((*charge, quantity, price, price * quantity, 1900))
            if day.day > 1:
                granted = part_of(price * quantity, day.day - 1, 30)
                credit = (self.new_key(), account, line, day, day.day - 1, 30)
                rows["billing_credit"].append((*credit, granted, 1900, "EUR", position))

    def phone_system(
        self, rows: Rows, account: str, subscription: str, label: str, booked: list[tuple[Priced, int]]
    ) -> None:
        id_ = self.new_key()
        trunk_lines, endpoints, numbers = (
            sum(licence.grants[service] * quantity for licence, quantity in booked) for service in range(3)
        )
        names = (id_, account, subscription, label, label, label, BOUGHT_ON, AT, True, "", None, "", "")
        rows["phonesystems_phonesystem"].append((*names, trunk_lines, endpoints, numbers, 1, 1))
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
        rows["phonesystems_recordedtenant"].append((label, id_, 1, _json(known), AT))


def _promised(licence: Priced, quantity: int, day: date) -> dict[str, Any]:
    return {
        "licence": licence.key,
        "quantity": quantity,
        "unit_price_minor": licence.price_minor,
        "from_on": day.isoformat(),
        "first_month": "credited",
    }


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
