"""The importer protocol: how a kind of input becomes event columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that could not become an event. It goes to the quarantine, never away in silence."""

    line: int | None
    """Line, row or record number in the input, from 1."""
    reason: str
    text: str
    """The row as far as it could be read, at most 500 characters."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the input, in its own order. The same input and options give the same chunks."""

    events: pa.Table
    """`columns.RAW_SCHEMA`; at most about 65,536 rows."""
    rejected: tuple[Rejected, ...] = ()
    progress: float = 0.0
    """Share of the input read so far, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user said about the input."""

    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    """Event field → the input's column, from `--map FIELD=COLUMN`."""
    worker: str | None = None
    """Who the events belong to when the input names nobody."""
    case_type: str | None = None
    """For object-centric logs: the object type that is the case."""
    namespace: str = ""
    """Put before bare case ids (`NAMESPACE:ID`), so that case 1 of one log is not case 1 of another.

    The reader sets it to the input's name without endings. An id that is already `type:id` stays as it is.
    """


@runtime_checkable
class Importer(Protocol):
    """Reads one kind of input. Stateless; found by entry point `guildbook.importers`."""

    name: str
    """The event's `source`: lower case, short."""
    title: str
    """For people: `XES event log`."""

    def sniff(self, path: Path, head: bytes) -> float:
        """How surely this importer reads `path` (0 no … 1 certainly). `head`: first 64 KiB, empty for a folder."""
        ...

    def describe(self, path: Path, options: ImportOptions) -> str:
        """One line for people: what was found and guessed, e.g. the column mapping. May read a little."""
        ...

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """A hex digest that is equal exactly when importing again would give the same events."""
        ...

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Stream the input. Raises `InputError` when it cannot be read at all."""
        ...
