"""The deletion record as a file that anybody can check: what was deleted, how much, when, by which rule, that
nothing was found left, and our signature over all of it (rule 7.5).

It is JSON. What is signed is the JSON of ``record`` with sorted keys and no spaces, non-ASCII letters
escaped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from switchroom.phonesystems.models import DeletionRecord
from switchroom.plumbing import signatures

FORMAT = "switchroom deletion record"
LARGEST_BYTES = 100_000


class NoRecord(Exception):
    """A file is not a deletion record; the message says why."""


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a record says. Instants are UTC; ``verified_at`` is none until nothing was found left."""

    format: str
    id: UUID
    account_id: UUID
    subscription_id: UUID
    phone_system_id: UUID
    name: str
    sip_label: str
    revision: int
    rule: str
    deleted_on: date
    deleted_at: Annotated[datetime, msgspec.Meta(tz=True)]
    endpoints: int
    phone_numbers: int
    backups: int
    calls: int
    verified_at: Annotated[datetime, msgspec.Meta(tz=True)] | None


KEPT = [name for name in Said.__struct_fields__ if name != "format"]
"""What the database keeps of it, under the same names."""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record with its signature; both texts are empty as long as it is not verified."""

    record: Said
    public_key: str
    signature: str

    @property
    def holds(self) -> bool:
        """Whether the record says what was signed, by whoever has the key of ``public_key``."""
        return signatures.is_signed(canonical(self.record), signature=self.signature, by=self.public_key)


def said_by(record: DeletionRecord) -> Said:
    """This function will return what a record says."""
    return Said(FORMAT, **{name: _in_utc(getattr(record, name)) for name in KEPT})


def record_in(signed: Signed) -> DeletionRecord:
    """This function will return the record that a file says, not saved."""
    said = {name: getattr(signed.record, name) for name in KEPT}
    return DeletionRecord(**said, public_key=signed.public_key, signature=signed.signature)


def canonical(said: Said) -> bytes:
    """This function will return what is signed."""
    plain: dict[str, Any] = msgspec.to_builtins(said)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def sign(record: DeletionRecord, *, verified_at: datetime) -> None:
    """This function will sign a record of which nothing was found left at an instant; it is not saved."""
    record.verified_at = verified_at
    record.public_key = signatures.public_key()
    record.signature = signatures.sign(canonical(said_by(record)))


def verify(record: DeletionRecord) -> bool:
    """This function will say whether a record says what this installation signed when nothing was left."""
    signed = Signed(said_by(record), record.public_key, record.signature)
    return record.public_key in signatures.own_public_keys() and signed.holds


def file_of(record: DeletionRecord) -> bytes:
    """This function will return the file of a record."""
    signed = Signed(said_by(record), record.public_key, record.signature)
    return msgspec.json.format(msgspec.json.encode(signed), indent=2) + b"\n"


def read_file(content: bytes) -> Signed:
    """This function will return what a file of a record says. Raises NoRecord."""
    if len(content) > LARGEST_BYTES:
        raise NoRecord("The file is too large to be a deletion record.")
    try:
        signed = msgspec.json.decode(content, type=Signed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NoRecord(f"The file is not a deletion record: {error}.") from None
    if signed.record.format != FORMAT:
        raise NoRecord("The file is not a deletion record of this format.")
    return signed


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
