"""The key store: one data key for each phone system, wrapped by the master key, outside the database.

A backup can be made by whoever knows the public half of its data key and opened by nobody without the master
key. Dropping a data key makes every file that was encrypted to it unreadable for good, wherever a copy of the
file may be. What takes the key's place is a tombstone, the deletion record: a database that is restored from
an older copy learns from it what must not come back (``deletion.py``).

Each key is a small file in a folder that no copy of the installation holds. A file is complete or not there.
"""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

import msgspec
from django.conf import settings
from pyrage import DecryptError, decrypt, encrypt
from pyrage.x25519 import Identity, Recipient

from switchroom.plumbing.drafts import draft_of

KEY, TOMBSTONE = ".key", ".deleted"


class KeyGone(Exception):
    """The data key of a phone system is not there, or another master key wrapped it."""


class Wrapped(msgspec.Struct, frozen=True):
    """A data key as it is kept: its public half, and the other encrypted to the master key."""

    recipient: str
    wrapped: bytes


def recipient_for(phone_system_id: UUID) -> Recipient:
    """This function will return the public half of a phone system's data key, which is made when it has none.

    The caller holds the phone system, so that none is made for one that is deleted. Raises KeyGone when it
    was.
    """
    if is_buried(phone_system_id):
        raise KeyGone(str(phone_system_id))
    place = _place(phone_system_id, KEY)
    if not place.exists():
        identity = Identity.generate()
        wrapped = encrypt(str(identity).encode(), [_master().to_public()])
        _write(place, msgspec.json.encode(Wrapped(str(identity.to_public()), wrapped)))
    return Recipient.from_str(_read(place).recipient)


def identity_of(phone_system_id: UUID) -> Identity:
    """This function will return a phone system's data key, unwrapped. Raises KeyGone."""
    try:
        wrapped = _read(_place(phone_system_id, KEY)).wrapped
        return Identity.from_str(decrypt(wrapped, [_master()]).decode())
    except (FileNotFoundError, DecryptError) as error:
        raise KeyGone(str(phone_system_id)) from error


def has_key(phone_system_id: UUID) -> bool:
    """This function will say whether a phone system's data key is there."""
    return _place(phone_system_id, KEY).exists()


def bury(phone_system_id: UUID, record: bytes) -> None:
    """This function will put a tombstone where a data key was, and drop the key for good. It may be
    repeated.
    """
    _write(_place(phone_system_id, TOMBSTONE), record)
    _place(phone_system_id, KEY).unlink(missing_ok=True)
    _keep_names(settings.KEY_DIR)


def is_buried(phone_system_id: UUID) -> bool:
    """This function will say whether a phone system has a tombstone."""
    return _place(phone_system_id, TOMBSTONE).exists()


def buried() -> list[UUID]:
    """This function will list the phone systems that have a tombstone."""
    return sorted(UUID(file.stem) for file in Path(settings.KEY_DIR).glob(f"*{TOMBSTONE}"))


def tombstone_of(phone_system_id: UUID) -> bytes:
    """This function will return a tombstone: the file of the deletion record, maybe not signed yet."""
    return _place(phone_system_id, TOMBSTONE).read_bytes()


def _master() -> Identity:
    return Identity.from_str(settings.MASTER_KEY)


def _place(phone_system_id: UUID, suffix: str) -> Path:
    return Path(settings.KEY_DIR) / f"{phone_system_id}{suffix}"


def _read(place: Path) -> Wrapped:
    return msgspec.json.decode(place.read_bytes(), type=Wrapped)


def _write(place: Path, content: bytes) -> None:
    """Whoever dies here leaves the file that was there, or none; whoever does not has it on the disk."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with draft_of(place, content) as draft:
        draft.replace(place)
    _keep_names(place.parent)


def _keep_names(folder: Path) -> None:
    """A name that was given or taken away is so on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
