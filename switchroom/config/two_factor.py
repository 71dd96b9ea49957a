"""Second factors at rest.

The library that checks one-time codes keeps their secrets as they are; here they are encrypted with a key
derived from the installation's own, so that a copied database alone opens no account.
"""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter

from switchroom.plumbing.boxes import box

PURPOSE = b"second-factor"


class EncryptedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Keeps secrets of second factors encrypted; old keys (``SECRET_KEY_FALLBACKS``) still open them."""

    def encrypt(self, text: str) -> str:
        return box(PURPOSE).encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return box(PURPOSE).decrypt(encrypted_text.encode("ascii")).decode()
