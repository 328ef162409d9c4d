"""Where an export goes."""

from __future__ import annotations

from typing import Protocol


class BytesSink(Protocol):
    """A file open for bytes, packed or not."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""
        ...
