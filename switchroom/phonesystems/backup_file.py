"""What is in a backup: a ZIP of a signed manifest and the parts that it names, readable for people.

This file is never kept or handed out as it is, but encrypted (``sealing.py``). The manifest says how large
each part is, its SHA-256 and how much it holds, and is signed by the installation that made it; so a file
that was cut off, altered, made elsewhere or by a later version is refused with the reason. What comes out is
checked as if it had been typed into a form all the same: a key may be known to more people than it should.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec

from switchroom.phonesystems.endpoints import LONGEST_NAME, check_extension
from switchroom.phonesystems.lines import one_line
from switchroom.phonesystems.ring_groups import check_members
from switchroom.plumbing import signatures
from switchroom.rules.refusals import Refused, gettext_noop

FORMAT = "switchroom phone system"
VERSION = 3
LARGEST_BYTES = 200_000_000
"""Of a file, and of all its parts unpacked."""
LARGEST_MANIFEST = 1_000_000
MANIFEST = "manifest.json"
PHONE_SYSTEM, ENDPOINTS, PHONE_NUMBERS = "phone-system.json", "endpoints.json", "phone-numbers.json"
RING_GROUPS = "ring-groups.json"
PARTS = (PHONE_SYSTEM, ENDPOINTS, PHONE_NUMBERS, RING_GROUPS)
PARTS_OF_VERSION = {2: PARTS[:-1], VERSION: PARTS}
"""Those that can be read: the former version knew no ring groups."""
WRITTEN_ON = (1980, 1, 1, 0, 0, 0)  # a ZIP's first day: equal contents make equal files

Count = Annotated[int, msgspec.Meta(ge=0)]
Line = Annotated[str, msgspec.Meta(max_length=200)]
Part = TypeVar("Part")


class SavedEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint as a backup keeps it. ``ha1`` is the hash of its secret, good for the realm alone."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    extension: str
    sip_user: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,31}\Z")]
    ha1: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class SavedRing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who rings in a ring group, by extension, and for how many seconds in its turn."""

    extension: str
    seconds: int


class SavedGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ring group as a backup keeps it, its members in their turns."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    extension: str
    manner: Literal["all", "in_order"]
    members: tuple[SavedRing, ...] = ()


class SavedNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phone number as a backup keeps it, for reading: numbers are assets that no backup brings back."""

    e164: Line
    area: Line
    is_live: bool
    emergency_street: Line
    emergency_postal_code: Line
    emergency_city: Line
    rings: Line = ""
    """The extension that it rings, nothing for all phones."""


class SavedPhoneSystem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which phone system a backup is of."""

    name: Line
    sip_label: Line
    realm: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{1,64}\Z")]


class Configuration(msgspec.Struct, frozen=True):
    """All that is set up in a phone system, endpoints and numbers in the member's own order."""

    account_id: UUID
    made_at: datetime
    """Instant (UTC) of the backup."""
    phone_system: SavedPhoneSystem
    endpoints: tuple[SavedEndpoint, ...] = ()
    phone_numbers: tuple[SavedNumber, ...] = ()
    ring_groups: tuple[SavedGroup, ...] = ()


class SavedPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a manifest says of a part: bytes, SHA-256 (hex), and how many things are in it."""

    size: Count
    sha256: str
    holds: Count


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup is. ``account_id`` is whose it is, ``made_by`` the public key of who signed it."""

    format: str
    version: int
    made_at: Annotated[datetime, msgspec.Meta(tz=True)]
    account_id: UUID
    parts: dict[str, SavedPart]
    made_by: str
    signature: str = ""


def write_backup(configuration: Configuration) -> bytes:
    """This function will return the file of a configuration, signed by this installation."""
    contents: dict[str, tuple[Any, int]] = {
        PHONE_SYSTEM: (configuration.phone_system, 1),
        ENDPOINTS: (configuration.endpoints, len(configuration.endpoints)),
        PHONE_NUMBERS: (configuration.phone_numbers, len(configuration.phone_numbers)),
        RING_GROUPS: (configuration.ring_groups, len(configuration.ring_groups)),
    }
    parts = {name: _readable(content) for name, (content, _) in contents.items()}
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        made_at=configuration.made_at,
        account_id=configuration.account_id,
        parts={
            name: SavedPart(len(part), hashlib.sha256(part).hexdigest(), contents[name][1])
            for name, part in parts.items()
        },
        made_by=signatures.public_key(),
    )
    signed = msgspec.structs.replace(manifest, signature=signatures.sign(_signed_text(manifest)))
    return pack({MANIFEST: _readable(signed), **parts})


def pack(members: dict[str, bytes]) -> bytes:
    """This function will return a ZIP of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, WRITTEN_ON), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def read_backup(file: bytes, *, account_id: UUID) -> Configuration:
    """This function will return the contents of a backup that this account may use.

    Raises ``Refused`` (rule 8.5) with the reason for whatever is not a whole, unaltered, usable backup of it.
    """
    if len(file) > LARGEST_BYTES:
        raise Refused("8.5", gettext_noop("This file is too large to be a backup."))
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            manifest = _manifest_of(archive)
            if manifest.account_id != account_id:
                raise Refused("8.5", gettext_noop("This backup is of another customer's phone system."))
            names = PARTS_OF_VERSION[manifest.version]
            parts = {name: _part(archive, name, manifest) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise unreadable() from None
    configuration = Configuration(
        account_id,
        manifest.made_at,
        _decoded(parts[PHONE_SYSTEM], SavedPhoneSystem),
        _decoded(parts[ENDPOINTS], tuple[SavedEndpoint, ...]),
        _decoded(parts[PHONE_NUMBERS], tuple[SavedNumber, ...]),
        _decoded(parts[RING_GROUPS], tuple[SavedGroup, ...]) if RING_GROUPS in parts else (),
    )
    counted = (configuration.endpoints, configuration.phone_numbers, configuration.ring_groups)
    held = dict(zip(PARTS, (1, *map(len, counted)), strict=True))
    if any(held[name] != manifest.parts[name].holds for name in names):
        raise Refused("8.5", gettext_noop("This backup is incomplete: its manifest names other counts."))
    _check_endpoints(configuration.endpoints)
    _check_groups(configuration)
    return configuration


def unreadable() -> Refused:
    """This function will return the refusal of what is no backup at all."""
    return Refused("8.5", gettext_noop("This file cannot be read: it is empty, cut off or not a backup."))


def _manifest_of(archive: zipfile.ZipFile) -> Manifest:
    if MANIFEST not in archive.namelist():
        raise Refused("8.5", gettext_noop("This file is not the backup of a phone system."))
    text = _taken(archive, MANIFEST, at_most=LARGEST_MANIFEST)
    try:
        said = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise unreadable() from None
    if said.get("format") != FORMAT:
        raise Refused("8.5", gettext_noop("This file is not the backup of a phone system."))
    if said.get("version") not in PARTS_OF_VERSION:
        raise Refused(
            "8.5", gettext_noop("This backup was made by another version, which cannot be read here.")
        )
    manifest = _decoded(text, Manifest)
    if manifest.made_by not in signatures.own_public_keys():
        raise Refused("8.5", gettext_noop("This backup was made by another provider's installation."))
    if not signatures.is_signed(_signed_text(manifest), signature=manifest.signature, by=manifest.made_by):
        raise damaged()
    names = PARTS_OF_VERSION[manifest.version]
    if set(manifest.parts) != set(names) or sorted(archive.namelist()) != sorted((MANIFEST, *names)):
        raise Refused("8.5", gettext_noop("This backup is incomplete: its parts are not those it names."))
    if sum(part.size for part in manifest.parts.values()) > LARGEST_BYTES:
        raise Refused("8.5", gettext_noop("This file is too large to be a backup."))
    return manifest


def damaged() -> Refused:
    """This function will return the refusal of what was a backup once."""
    return Refused(
        "8.5", gettext_noop("This backup is damaged: its contents are not those it was made with.")
    )


def _part(archive: zipfile.ZipFile, name: str, manifest: Manifest) -> bytes:
    saved = manifest.parts[name]
    content = _taken(archive, name, at_most=saved.size)
    if len(content) != saved.size or hashlib.sha256(content).hexdigest() != saved.sha256:
        raise damaged()
    return content


def _taken(archive: zipfile.ZipFile, name: str, *, at_most: int) -> bytes:
    """Unpacks one byte more than there may be and no more: a few bytes can hold gigabytes of the same."""
    with archive.open(name) as member:
        content = member.read(at_most + 1)
    if len(content) > at_most:
        raise damaged()
    return content


def _signed_text(manifest: Manifest) -> bytes:
    unsigned = msgspec.structs.replace(manifest, signature="")
    return msgspec.json.encode(unsigned, order="deterministic")


def _readable(content: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _decoded(text: bytes, type_: type[Part]) -> Part:
    try:
        return msgspec.json.decode(text, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unusable(str(error)) from None


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


def _check_groups(configuration: Configuration) -> None:
    taken = {endpoint.extension for endpoint in configuration.endpoints}
    ringing = set(taken)
    for group in configuration.ring_groups:
        try:
            one_line(group.name, longest=LONGEST_NAME)
            check_extension(group.extension)
            check_members([member.seconds for member in group.members], group.manner)
        except Refused as refusal:
            raise _unusable(f"{group.extension}: {refusal}") from None
        members = [member.extension for member in group.members]
        if group.extension in taken or len(set(members)) != len(members):
            raise _unusable(f"{group.extension}: twice")
        if not ringing.issuperset(members):
            raise _unusable(f"{group.extension}: it rings what is not there")
        taken.add(group.extension)


def _unusable(reason: str) -> Refused:
    return Refused("8.5", gettext_noop("This backup cannot be used: {reason}"), reason=reason)
