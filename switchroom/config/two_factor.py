"""Second factors at rest.

The library that checks one-time codes keeps their secrets as they are; here they are encrypted with a key
derived from the installation's own, so that a copied database alone opens no account.
"""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


class EncryptedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Keeps secrets of second factors encrypted; old keys (``SECRET_KEY_FALLBACKS``) still open them."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode("ascii")).decode()


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(
        hashlib.blake2b(key.encode(), digest_size=32, person=b"second-factor").digest()
    )
