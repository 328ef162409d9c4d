"""Event columns under construction, for importers whose input is text that has to be parsed row by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa

from guildbook.columns import raw_table
from guildbook.plugins import Chunk, Rejected

CHUNK_ROWS: Final = 16_384
"""Rows an importer gathers before it hands a chunk on: large enough for columns, small enough for a progress bar."""
MOST_REJECTED: Final = 16_384
"""Rejected rows that fill a chunk of their own."""
SHOWN: Final = 500


class Rows:
    """Lists that become one `RAW_SCHEMA` chunk: `add` events and `reject` rows, `take` when `full`."""

    def __init__(self, source: str, fields: Iterable[str]) -> None:
        self._source = source
        self._columns: dict[str, list[Any]] = {name: [] for name in fields}
        self._rejected: list[Rejected] = []
        self._rows = 0

    def add(self, **event: Any) -> None:
        """One event; a field that is not given is null, one that was not announced is a `KeyError`."""
        if not event.keys() <= self._columns.keys():
            raise KeyError(", ".join(sorted(event.keys() - self._columns.keys())))
        for name, column in self._columns.items():
            column.append(event.get(name))
        self._rows += 1

    def reject(self, line: int | None, reason: str, text: str | bytes) -> None:
        """One row for the quarantine."""
        shown = text[: 4 * SHOWN].decode("utf-8", "replace") if isinstance(text, bytes) else text
        self._rejected.append(Rejected(line, reason, plain(shown[:SHOWN])))

    @property
    def full(self) -> bool:
        """Whether it is time to `take`."""
        return self._rows >= CHUNK_ROWS or len(self._rejected) >= MOST_REJECTED

    def take(self, progress: float) -> Chunk:
        """What was gathered, as a chunk; the lists are empty afterwards."""
        columns: dict[str, Any] = {
            "source": pa.DictionaryArray.from_arrays(pa.array([0] * self._rows, pa.int32()), pa.array([self._source]))
        }
        columns |= self._columns
        chunk = Chunk(raw_table(columns, self._rows), tuple(self._rejected), min(max(progress, 0.0), 1.0))
        self._columns = {name: [] for name in self._columns}
        self._rejected, self._rows = [], 0
        return chunk


def plain(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates (undecodable bytes) become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
