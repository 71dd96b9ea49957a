"""What this installation signs, so that others can check that it did: Ed25519, with a key that is derived
from the installation's secret key.

Keys and signatures are text in base64. Whoever has the public key can check a signature without us.
"""

from __future__ import annotations

import base64
import binascii
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"switchroom signatures"
KEY_BYTES = 32


def public_key() -> str:
    """This function will return the key with which others check what is signed now."""
    return _public(_private(settings.SECRET_KEY))


def own_public_keys() -> list[str]:
    """This function will return the public keys of this installation, the present one first, then those of
    secret keys that it had before.
    """
    return [_public(_private(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def sign(content: bytes) -> str:
    """This function will return the signature of some bytes."""
    return _text(_private(settings.SECRET_KEY).sign(content))


def is_signed(content: bytes, *, signature: str, by: str) -> bool:
    """This function will say whether a signature of these bytes was made with the key of the public key
    ``by``; whatever is no signature or no key at all was not.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(by, validate=True))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@cache
def _private(secret_key: str) -> Ed25519PrivateKey:
    derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=PURPOSE).derive(secret_key.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def _public(key: Ed25519PrivateKey) -> str:
    return _text(key.public_key().public_bytes_raw())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
