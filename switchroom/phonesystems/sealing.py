"""Backups are encrypted wherever they are (age): here to the data key of their phone system, in a member's
hands to a passphrase of the member's choice.
"""

from __future__ import annotations

from threading import Lock
from uuid import UUID

from pyrage import DecryptError, decrypt, encrypt, passphrase

from switchroom.phonesystems import keys
from switchroom.phonesystems.backup_file import damaged
from switchroom.rules.refusals import Refused, gettext_noop

SHORTEST_PASSPHRASE = 12
LONGEST_PASSPHRASE = 200

_ONE_AT_A_TIME = Lock()
"""A passphrase is made costly to guess: checking one takes a second and half a gigabyte of memory."""


def sealed(content: bytes, *, phone_system_id: UUID) -> bytes:
    """This function will encrypt a backup for the storage; the caller holds the phone system. Raises
    KeyGone.
    """
    return encrypt(content, [keys.recipient_for(phone_system_id)])


def unsealed(file: bytes, *, phone_system_id: UUID) -> bytes:
    """This function will decrypt a backup from the storage.

    Raises ``Refused`` (rule 8.5) when it is damaged, or when its key is no longer there.
    """
    try:
        return decrypt(file, [keys.identity_of(phone_system_id)])
    except keys.KeyGone:
        raise Refused(
            "8.5", gettext_noop("This backup cannot be opened: its key is no longer there.")
        ) from None
    except DecryptError:
        raise damaged() from None


def check_passphrase(words: str) -> None:
    """This function will raise ``Refused`` (rule 8.5) for a passphrase that is easy to guess, or none."""
    if not SHORTEST_PASSPHRASE <= len(words.strip()) <= LONGEST_PASSPHRASE:
        raise Refused(
            "8.5",
            gettext_noop("Please choose a passphrase of at least {shortest} characters."),
            shortest=SHORTEST_PASSPHRASE,
        )


def sealed_by(words: str, content: bytes) -> bytes:
    """This function will encrypt a backup to a passphrase that was checked."""
    with _ONE_AT_A_TIME:
        return passphrase.encrypt(content, words)


def unsealed_by(words: str, file: bytes) -> bytes:
    """This function will decrypt what a member took home.

    Raises ``Refused`` (rule 8.5) when this passphrase does not open it.
    """
    try:
        with _ONE_AT_A_TIME:
            return passphrase.decrypt(file, words)
    except DecryptError:
        raise Refused(
            "8.5",
            gettext_noop(
                "This passphrase does not open the file, or the file is not a backup or is no longer whole."
            ),
        ) from None
