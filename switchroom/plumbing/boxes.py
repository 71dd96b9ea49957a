"""Boxes: short texts that only this installation can read, for a purpose and, if asked, for a while.

The key of each purpose follows from the installation's secret key; former ones still open what they closed.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def box(purpose: bytes) -> MultiFernet:
    """This function will return what encrypts and decrypts for a purpose, a word of at most 16 bytes.

    What it encrypts fits into an address. With ``ttl`` (seconds) it decrypts only what is young enough; it
    raises ``cryptography.fernet.InvalidToken``.
    """
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_fernet(key, purpose) for key in keys])


@cache
def _fernet(key: str, purpose: bytes) -> Fernet:
    derived = hashlib.blake2b(key.encode(), digest_size=32, person=purpose).digest()
    return Fernet(base64.urlsafe_b64encode(derived))
