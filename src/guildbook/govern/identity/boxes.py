"""Sealed boxes: what anybody can close and one person alone can open (a pledge, a ballot paper).

A fresh X25519 key for each box, its shared secret with the recipient's key through HKDF-SHA256 (RFC 5869), bound to
both public keys and the purpose, to one AES-256-GCM key that is used once; so its nonce may be constant.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guildbook.model.errors import InputError

_INFO: Final = b"guildbook-box-1\n"
_KEY: Final = 32
_TAG: Final = 16
_NONCE: Final = bytes(12)
OVERHEAD: Final = _KEY + _TAG
"""Bytes that sealing adds."""


def seal(box: bytes, plain: bytes, context: str) -> bytes:
    """Close `plain` for the owner of the X25519 key `box`; it opens for the same `context` only.

    Raises `InputError` for a key with which no secret can be shared.
    """
    fresh = X25519PrivateKey.generate()
    mine = fresh.public_key().public_bytes_raw()
    try:
        shared = fresh.exchange(X25519PublicKey.from_public_bytes(box))
    except ValueError:
        raise InputError("Nothing can be sealed for this key.", "Ask them to export their identity again.") from None
    return mine + AESGCM(_derived(shared, mine, box, context)).encrypt(_NONCE, plain, None)


def open_sealed(private: X25519PrivateKey, sealed: bytes, context: str) -> bytes:
    """What was sealed. Raises `InputError`: for somebody else, another context, or changed."""
    mine, theirs = private.public_key().public_bytes_raw(), sealed[:_KEY]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(theirs))
        return AESGCM(_derived(shared, theirs, mine, context)).decrypt(_NONCE, sealed[_KEY:], None)
    except (InvalidTag, ValueError):
        raise InputError(
            "This sealed box does not open with this key.", "It is for somebody else, or it was changed.", "sealed-box"
        ) from None


def _derived(shared: bytes, fresh: bytes, box: bytes, context: str) -> bytes:
    info = _INFO + fresh + box + context.encode()
    return HKDF(SHA256(), length=_KEY, salt=None, info=info).derive(shared)
