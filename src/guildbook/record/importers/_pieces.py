"""A file's bytes in pieces, unpacked when gzipped, with bounds on what a small file may blow up to."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from guildbook.model.errors import InputError
from guildbook.record.importers._fingerprint import unreadable

PIECE: Final = 1 << 20
"""The most bytes a piece holds."""
_PACKED: Final = 1 << 14  # what a damaged file loses before the damage is what this unpacks to
_GZIP: Final = b"\x1f\x8b"
_AUTO: Final = 31  # zlib's window bits for "a gzip header and its checksum"


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a packed file may unpack before it is taken for a bomb."""

    total: int = 64 << 30
    """Bytes in all."""
    ratio: int = 250
    """Bytes out for one byte in. Event logs reach 20 to 60; a bomb reaches deflate's limit of 1,032."""
    grace: int = 64 << 20
    """Bytes below which the ratio is not looked at."""


class Pieces:
    """Iterates over the unpacked bytes of `path`; `progress` is the share of the file read so far.

    Raises `InputError` when the file is missing, is a folder, is damaged or cut short, or unpacks beyond `limits`.
    """

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.path = path
        self._limits = limits or Limits()
        self._read = 0
        self._given = 0
        self._size = 0

    @property
    def progress(self) -> float:
        """0 to 1."""
        return min(1.0, self._read / self._size) if self._size else 0.0

    @property
    def given(self) -> int:
        """Bytes handed out so far, unpacked."""
        return self._given

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, `PIECE` at most at a time."""
        try:
            with self.path.open("rb") as handle:
                self._size = self.path.stat().st_size
                packed = handle.read(2) == _GZIP
                handle.seek(0)
                for piece in self._unpacked(handle) if packed else self._raw(handle, PIECE):
                    self._given += len(piece)
                    self._check()
                    yield piece
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _raw(self, handle: BinaryIO, size: int) -> Iterator[bytes]:
        while piece := handle.read(size):
            self._read += len(piece)
            yield piece

    def _unpacked(self, handle: BinaryIO) -> Iterator[bytes]:
        stream = zlib.decompressobj(_AUTO)
        between = False  # after a whole member: another may follow, or zero padding, or nothing
        for packed in self._raw(handle, _PACKED):
            waiting = packed
            while waiting:
                if between:
                    waiting = waiting.lstrip(b"\0")
                    if not waiting:
                        break
                    stream, between = zlib.decompressobj(_AUTO), False
                piece = self._step(stream.decompress, waiting)
                if piece:
                    yield piece
                between = stream.eof
                waiting = stream.unused_data if between else stream.unconsumed_tail
        if not between:
            raise InputError(f"{self.path} ends in the middle.", "Fetch it again: the file was cut short.", "input-cut")

    def _step(self, decompress: Callable[[bytes, int], bytes], waiting: bytes) -> bytes:
        try:
            return decompress(waiting, PIECE)
        except zlib.error as error:
            what = f"{self.path} is damaged: {error}."
            raise InputError(what, "Fetch it again; what could be read before the damage was kept.") from error

    def _check(self) -> None:
        bounds = self._limits
        blown = self._given > bounds.grace and self._given > bounds.ratio * self._read
        if blown or self._given > bounds.total:
            raise InputError(
                f"{self.path} unpacks to over {self._given >> 20} MiB from {self._read >> 10} KiB, as a zip bomb does.",
                "If it is a real log, unpack it yourself and import the unpacked file.",
                "input-bomb",
            )
