"""Where the encrypted files of backups lie: a folder for each phone system in the storage of backups."""

from __future__ import annotations

from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages


def keep(phone_system_id: UUID, backup_id: UUID, file: bytes) -> str:
    """This function will store a file and return its name in the storage."""
    return _storage().save(f"{phone_system_id}/{backup_id}.age", ContentFile(file))


def fetch(name: str) -> bytes:
    """This function will return a stored file. Raises FileNotFoundError."""
    with _storage().open(name) as file:
        content: bytes = file.read()
    return content


def drop(name: str) -> None:
    """This function will delete a stored file; one that is not there any more does no harm."""
    _storage().delete(name)


def names_of(phone_system_id: UUID) -> list[str]:
    """This function will list what is stored of a phone system."""
    try:
        _, files = _storage().listdir(str(phone_system_id))
    except FileNotFoundError:
        return []
    return [f"{phone_system_id}/{file}" for file in files]


def forget(phone_system_id: UUID) -> None:
    """This function will delete everything that is stored of a phone system, its folder included."""
    for name in names_of(phone_system_id):
        drop(name)
    _storage().delete(str(phone_system_id))


def _storage() -> Storage:
    return storages["backups"]
