"""AES-256-GCM as the store uses it: a fresh random nonce before each ciphertext, and a text it is bound to."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guildbook.model.errors import StoreError

KEY_BYTES: Final = 32
OVERHEAD: Final = 28
"""Bytes that encryption adds: the nonce (12) and the tag (16)."""
_NONCE: Final = 12
_MOST: Final = 2**31 - 64  # what one call of the library takes


class UndecipherableError(StoreError):
    """Bytes that do not decrypt: changed, moved from elsewhere, or under another key."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} does not decrypt: it was changed, or it belongs to another key.",
            "Run `guildbook doctor`; restore the file or the key from a backup.",
            "damaged",
        )


def new_key() -> bytes:
    """256 random bits."""
    return os.urandom(KEY_BYTES)


class Sealer:
    """One key and the words its pieces are bound to, kept ready for many pieces."""

    def __init__(self, key: bytes, *bound: str) -> None:
        self._gcm = AESGCM(key)
        self._bound = _bind(bound)

    def seal(self, plain: bytes | memoryview) -> bytes:
        """Nonce and ciphertext of `plain`; it will open only with the same key and the same bound words."""
        if len(plain) > _MOST:
            raise StoreError(
                f"{len(plain)} bytes are too many for one encrypted piece.",
                "Use smaller pieces (below 2 GiB).",
                "too-large",
            )
        nonce = os.urandom(_NONCE)
        return nonce + self._gcm.encrypt(nonce, plain, self._bound)

    def open(self, sealed: bytes | memoryview, what: str) -> bytes:
        """What `seal` was given. Raises `UndecipherableError`, naming `what`."""
        if len(sealed) < OVERHEAD:
            raise UndecipherableError(what)
        try:
            return self._gcm.decrypt(bytes(sealed[:_NONCE]), sealed[_NONCE:], self._bound)
        except InvalidTag:
            raise UndecipherableError(what) from None


def encrypt(key: bytes, plain: bytes | memoryview, *bound: str) -> bytes:
    """Nonce and ciphertext of `plain`; it will decrypt only with the same key and the same `bound` words."""
    return Sealer(key, *bound).seal(plain)


def decrypt(key: bytes, sealed: bytes | memoryview, *bound: str, what: str) -> bytes:
    """What `encrypt` was given. Raises `UndecipherableError`, naming `what`."""
    return Sealer(key, *bound).open(memoryview(sealed), what)


def _bind(words: tuple[str, ...]) -> bytes:
    """The words, each with its length before it, so that no two lists of words give the same bytes."""
    parts = [word.encode() for word in ("guildbook", *words)]
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)
