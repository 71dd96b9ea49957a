"""The file of a backup: one JSON object with a manifest and a checksum, readable for people.

A file that was cut off, altered or made by something else is refused with the reason. The checksum
tells damage, not malice: whoever edits a file can compute a new one, so everything in it is checked as
if it had been typed into a form.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any

import msgspec

from switchroom.phonesystems.endpoints import LONGEST_NAME, check_extension
from switchroom.phonesystems.lines import one_line
from switchroom.rules.refusals import Refused, gettext_noop

FORMAT = "switchroom phone system"
VERSION = 1
LARGEST_BYTES = 4_000_000  # some ten thousand endpoints

Count = Annotated[int, msgspec.Meta(ge=0)]
Line = Annotated[str, msgspec.Meta(max_length=200)]


class SavedEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint as a backup keeps it. ``ha1`` is the hash of its secret, good for the realm alone."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    extension: str
    sip_user: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,31}\Z")]
    ha1: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class SavedNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phone number as a backup keeps it, for reading: numbers are assets that no backup brings back."""

    e164: Line
    area: Line
    is_live: bool
    emergency_street: Line
    emergency_postal_code: Line
    emergency_city: Line


class SavedPhoneSystem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which phone system a backup is of."""

    name: Line
    sip_label: Line
    realm: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{1,64}\Z")]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a backup holds."""

    endpoints: Count
    phone_numbers: Count


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of a backup, endpoints and numbers in the member's own order."""

    format: str
    version: int
    made_at: Annotated[datetime, msgspec.Meta(tz=True)]
    phone_system: SavedPhoneSystem
    endpoints: tuple[SavedEndpoint, ...]
    phone_numbers: tuple[SavedNumber, ...]
    manifest: Manifest


def write_backup(configuration: dict[str, Any]) -> tuple[bytes, str]:
    """This function will return the file of a configuration, and its checksum (SHA-256, hex)."""
    checksum = checksum_of(configuration)
    text = json.dumps({**configuration, "sha256": checksum}, ensure_ascii=False, indent=2)
    return f"{text}\n".encode(), checksum


def checksum_of(configuration: dict[str, Any]) -> str:
    """This function will return the SHA-256 (hex) of a configuration, however its file is laid out.

    It is computed over the JSON without ``sha256``, keys sorted, without spaces, non-ASCII letters escaped.
    """
    canonical = json.dumps(configuration, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def read_backup(file: bytes) -> Configuration:
    """This function will return the contents of a backup file.

    Raises ``Refused`` (rule 8.5) with the reason for whatever is not a whole, unaltered, usable backup.
    """
    if len(file) > LARGEST_BYTES:
        raise Refused("8.5", gettext_noop("This file is too large to be a backup."))
    configuration = _decoded(file)
    if configuration.get("format") != FORMAT:
        raise Refused("8.5", gettext_noop("This file is not the backup of a phone system."))
    if configuration.get("version") != VERSION:
        raise Refused(
            "8.5", gettext_noop("This backup was made by another version, which cannot be read here.")
        )
    checksum = configuration.pop("sha256", None)
    if checksum != checksum_of(configuration):
        raise Refused(
            "8.5", gettext_noop("This backup is damaged: its checksum does not match its contents.")
        )
    return _checked(configuration)


def _decoded(file: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(file, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Refused(
            "8.5", gettext_noop("This file cannot be read: it is empty, cut off or not a backup.")
        ) from None


def _checked(contents: dict[str, Any]) -> Configuration:
    try:
        configuration = msgspec.convert(contents, Configuration)
    except msgspec.ValidationError as error:
        raise _unusable(str(error)) from None
    manifest = Manifest(len(configuration.endpoints), len(configuration.phone_numbers))
    if configuration.manifest != manifest:
        raise Refused("8.5", gettext_noop("This backup is incomplete: its manifest names other counts."))
    _check_endpoints(configuration.endpoints)
    return configuration


def _check_endpoints(endpoints: tuple[SavedEndpoint, ...]) -> None:
    extensions: set[str] = set()
    sip_users: set[str] = set()
    for endpoint in endpoints:
        try:
            one_line(endpoint.name, longest=LONGEST_NAME)
            check_extension(endpoint.extension)
        except Refused as refusal:
            raise _unusable(f"{endpoint.extension}: {refusal}") from None
        if endpoint.extension in extensions or endpoint.sip_user in sip_users:
            raise _unusable(f"{endpoint.extension}: twice")
        extensions.add(endpoint.extension)
        sip_users.add(endpoint.sip_user)


def _unusable(reason: str) -> Refused:
    return Refused("8.5", gettext_noop("This backup cannot be used: {reason}"), reason=reason)
