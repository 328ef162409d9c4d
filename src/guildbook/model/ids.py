"""Identifiers: UUIDv7 for what is made now, short readable ids for what people refer to."""

from __future__ import annotations

import hashlib
import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new time-ordered id (RFC 9562, version 7)."""
    millis = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    return UUID(
        int=(millis & (2**48 - 1)) << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0b10 << 62 | random & (2**62 - 1)
    )


def short_id(prefix: str, *parts: str) -> str:
    """A stable id such as `quality-3f9a21c0` from what the thing says (48 bits of BLAKE2b)."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=6).hexdigest()
    return f"{prefix}-{digest}"


def symbol(text: str) -> int:
    """The stable unsigned 64-bit code of a label: the same on every machine and in every book.

    Summaries count symbols instead of strings; the vocabulary table of the same sum maps them back. 0 is
    reserved for "none" and never returned. Two labels of one book collide with probability below
    n²/2⁶⁵ for n labels.
    """
    value = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
    return value or 1
