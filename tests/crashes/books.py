"""All that a town's database and letters say, in words that do not depend on when and how often a run died.

Each row is one text. Ids that the run made anew are named after what their row says, document numbers after
the document, instants after their being there at all. What may differ is left out by name below; every other
table and column counts, also those still to come.
"""

from __future__ import annotations

import email
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from email.policy import default as modern
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import Field, Model

from switchroom.billing.models import BillingChunk, BillingRun, Invoice, InvoiceSeries
from switchroom.config import cli
from switchroom.journeys.audit import run_audit
from switchroom.plumbing import outbox
from switchroom.plumbing.models import AuditEvent, TownClock

Books = dict[str, list[str]]

HOW_A_RUN_WENT = (TownClock, BillingRun, BillingChunk)  # and not what came of it
NOT_COMPARED: dict[str, tuple[str, ...]] = {
    "OutboxEntry": ("attempt", "failures", "last_error"),  # a worker that died is counted
    "DeletionRecord": ("signature",),  # over the instant
    "Invoice": ("number", "reference"),  # compared as a whole series: up to order
}
ANEW = re.compile(
    r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<reference>\b[A-Z]+-\d{4}-\d{6}\b)"
    r"|(?P<message><[0-9a-f]{32}@)|(?P<instant>\b\d\d:\d\d(?::\d\d)?\b)"
)
NAMES = "names.json"


def write_names() -> None:
    """This function will write down what the rows of the town as it was built are called."""
    names = {str(row.pk): f"{row._meta.model_name} {place}: {row}" for place, row in enumerate(_all_rows())}
    references = {one.reference: f"document {one.reference}" for one in Invoice.objects.all()}
    _names_file().write_text(json.dumps(names | references))


def main(argv: list[str]) -> int:
    """This function will let a day come to its end and what is on its way happen, then write the books and
    what the audit finds.

    ``argv`` names the file and the day.
    """
    file, day = argv
    if code := cli.main(["day", "--on", day]):
        return code
    outbox.drain()
    books = Reader(json.loads(_names_file().read_text())).books()
    books["findings"] = [str(finding) for finding in run_audit(day=date.fromisoformat(day))]
    Path(file).write_text(json.dumps(books))
    return 0


def differences(expected: Books, found: Books) -> list[str]:
    """This function will say what is missing and what is too much."""
    said = []
    for table in sorted({*expected, *found}):
        should, does = Counter(expected.get(table, [])), Counter(found.get(table, []))
        said += [f"{table}: missing: {row}" for row in (should - does).elements()]
        said += [f"{table}: too much: {row}" for row in (does - should).elements()]
    return said


class Reader:
    """Reads a database in which some rows are known by name."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        self._rows = list(_all_rows())
        self._by_id = {str(row.pk): row for row in self._rows if isinstance(row.pk, UUID)}
        self._by_reference = {row.reference: row for row in self._rows if isinstance(row, Invoice)}
        self._places = _places([row for row in self._rows if isinstance(row, AuditEvent)])

    def books(self) -> Books:
        """This function will return every table's rows, the series of document numbers and the letters."""
        books: Books = {}
        for row in self._rows:
            books.setdefault(str(row._meta.label), []).append(self.words(row))
        books["numbers"] = [_numbers(series) for series in InvoiceSeries.objects.order_by("year")]
        letters = sorted(Path(settings.MAIL_FOLDER).glob("*.eml"))
        books["letters"] = [self._letter(file) for file in letters]
        return books

    def words(self, row: Model) -> str:
        """This function will return all that a row says that does not differ from run to run."""
        left_out = NOT_COMPARED.get(row._meta.object_name or "", ())
        said = {
            field.attname: self._said(getattr(row, field.attname))
            for field in row._meta.concrete_fields
            if field.name not in left_out and not _is_made_anew(field)
        }
        if isinstance(row, AuditEvent):
            said["place"] = self._places[row.pk]
        return json.dumps(said, sort_keys=True, ensure_ascii=False)

    def _said(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return "an instant"
        if isinstance(value, UUID):
            return self._name(str(value))
        if isinstance(value, str):
            return ANEW.sub(self._without_what_is_new, value)
        if isinstance(value, dict):
            return {str(key): self._said(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._said(one) for one in value]
        return value.isoformat() if isinstance(value, date) else value

    def _without_what_is_new(self, found: re.Match[str]) -> str:
        if found["id"] or found["reference"]:
            return self._name(found[0])
        return "<…@" if found["message"] else "…:…"

    def _name(self, word: str) -> str:
        """What an id or a document's number is called; one that nothing bears stays as it is."""
        if word not in self._names:
            row = self._by_id.get(word) or self._by_reference.get(word)
            if row is None:
                return word
            self._names[word] = f"the same {row._meta.model_name}"  # for a row that speaks of itself
            fingerprint = hashlib.sha256(self.words(row).encode()).hexdigest()[:12]
            self._names[word] = f"new {row._meta.model_name} {fingerprint}"
        return self._names[word]

    def _letter(self, file: Path) -> str:
        letter = email.message_from_bytes(file.read_bytes(), policy=modern)
        text = letter.get_body(("plain",))
        said = [letter["To"], letter["Subject"], text.get_content() if text else ""]
        return "\n".join(self._said(str(one)) for one in said)


def _all_rows() -> list[Model]:
    ours = (one for one in apps.get_models() if one.__module__.startswith("switchroom."))
    models = [one for one in ours if one not in HOW_A_RUN_WENT]
    return [row for model in models for row in model._default_manager.order_by("pk")]


def _is_made_anew(field: Field[Any, Any]) -> bool:
    return field.primary_key and field.get_internal_type() in ("UUIDField", "BigAutoField")


def _places(events: list[AuditEvent]) -> dict[UUID, int]:
    """The place of each event in its account's story."""
    told: Counter[UUID] = Counter()
    places = {}
    for event in events:
        told[event.account_id] += 1
        places[event.id] = told[event.account_id]
    return places


def _numbers(series: InvoiceSeries) -> str:
    numbers = list(Invoice.objects.filter(series=series).order_by("number").values_list("number", flat=True))
    without_gap = numbers == list(range(1, len(numbers) + 1))
    return f"{series.year}: {f'1 to {len(numbers)}' if without_gap else numbers}, last {series.last_number}"


def _names_file() -> Path:
    return Path(settings.DATA_DIR) / NAMES
