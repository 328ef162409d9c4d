"""A secret in a file that only its owner reads: there whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guildbook.model.errors import StoreError


def new_key() -> bytes:
    """A key for AES-256-GCM."""
    return AESGCM.generate_key(256)


def secret_in(path: Path, make: Callable[[], bytes] = new_key) -> bytes:
    """What the file holds; where there is none, what is made, which is on the disk on return.

    Of several who make it at once one wins, and all get its. Raises `StoreError` for an empty file: it may have been
    the key of something, so none is made in its place.
    """
    if not path.exists():
        descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)  # for its owner alone, whatever the umask
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                path.hardlink_to(name)
        finally:
            Path(name).unlink()
    found = path.read_bytes()
    if not found:
        raise StoreError(f"{path} is empty.", "Bring it back from a backup, or move it away.", "empty-key")
    return found
