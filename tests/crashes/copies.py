"""A few customers become many: all that belongs to them is copied row by row, under ids and names of its own.

Much faster than living the same life again, and as sound: the audit is asked afterwards. Names end in a
number (``Steady1``), which is what changes in names, addresses, labels and keys. What left long ago through
the outbox is not copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.db.models import F, Model

from switchroom.accounts.models import Account, AccountSeries
from switchroom.billing.models import Invoice, InvoiceSeries
from switchroom.phonesystems.models import EdgeRevision, PhoneNumber
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.laws import drop_laws, install_laws
from switchroom.plumbing.models import AuditEvent

OF_CUSTOMERS = ("accounts", "subscriptions", "orders", "billing", "phonesystems")
OF_THE_PROVIDER = (AccountSeries, EdgeRevision, InvoiceSeries, PhoneNumber)

CHANGING = re.compile(
    r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<account>\bC-\d{5})|(?P<year>\bR-\d{4}-)(?P<document>\d{6})"
    r"|(?P<name>\b[A-Za-z]+)1\b|(?P<phone>\+49\d{6,})"
)


@dataclass(frozen=True)
class Copy:
    """One copy of all first customers: the number behind their names, and what takes the place of what."""

    number: int
    ids: dict[UUID, UUID]
    phones: dict[str, str]
    accounts: int
    documents: int

    def of(self, row: Model) -> Model:
        """This function will return the row's copy, not saved yet."""
        fields = {
            field.attname: self.said(getattr(row, field.attname)) for field in row._meta.concrete_fields
        }
        if isinstance(row.pk, int):
            del fields[row._meta.pk.attname]
        if isinstance(row, Invoice):
            fields["number"] = row.number + (self.number - 1) * self.documents
        return type(row)(**fields)

    def said(self, value: Any) -> Any:
        """This function will return what the copy says where the first one says ``value``."""
        if isinstance(value, UUID):
            return self.ids.get(value, value)
        if isinstance(value, str):
            return CHANGING.sub(self._changed, value)
        if isinstance(value, dict):
            return {key: self.said(one) for key, one in value.items()}
        return [self.said(one) for one in value] if isinstance(value, list) else value

    def _changed(self, found: re.Match[str]) -> str:
        shift = self.number - 1
        if found["id"]:
            return str(self.ids.get(UUID(found["id"]), found["id"]))
        if found["account"]:
            return f"C-{int(found['account'][2:]) + shift * self.accounts}"
        if found["document"]:
            return f"{found['year']}{int(found['document']) + shift * self.documents:06d}"
        return f"{found['name']}{self.number}" if found["name"] else self.phones.get(found[0], found[0])


def copy_customers(*, times: int) -> None:
    """This function will make of each customer in the database, whose name ends in 1, this many in all."""
    firsts = list(_rows())
    stock = iter(PhoneNumber.objects.filter(phone_system=None).order_by("e164"))
    taken = list(PhoneNumber.objects.exclude(phone_system=None))
    accounts, documents = Account.objects.count(), Invoice.objects.count()
    with transaction.atomic():
        drop_laws(connection)  # what was issued and used is copied in any order
        for number in range(2, times + 1):
            ids = {
                row.pk: new_id()
                for row in sorted(firsts, key=lambda row: str(row.pk))
                if isinstance(row.pk, UUID)
            }
            replacing = {number.e164: next(stock) for number in taken}
            phones = {before: new.e164 for before, new in replacing.items()}
            copy = Copy(number, ids, phones, accounts, documents)
            for model in dict.fromkeys(type(row) for row in firsts):
                model._default_manager.bulk_create(copy.of(row) for row in firsts if type(row) is model)
            for first in taken:
                _assign(replacing[first.e164], like=first, copy=copy)
        AccountSeries.objects.update(last_number=F("last_number") + (times - 1) * accounts)
        InvoiceSeries.objects.update(last_number=times * documents)
        install_laws(connection)


def _rows() -> Iterator[Model]:
    for model in apps.get_models():
        if (model._meta.app_label in OF_CUSTOMERS and model not in OF_THE_PROVIDER) or model is AuditEvent:
            yield from model._default_manager.order_by("pk")


def _assign(number: PhoneNumber, *, like: PhoneNumber, copy: Copy) -> None:
    for field in like._meta.concrete_fields:
        if field.name not in ("id", "e164"):
            setattr(number, field.attname, copy.said(getattr(like, field.attname)))
    number.save()
