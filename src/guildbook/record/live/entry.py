"""What a recorder keeps: buckets of entries, as ActivityWatch calls the same things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

OWN: Final = "guildbook."
"""Bucket types that begin so have the event's own fields as data: `columns.RAW_SCHEMA`, JSON-ready."""
OURS: Final = "guildbook-"
"""Ids and clients of our own sources' buckets begin so."""
MILLISECOND: Final = 1_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """One stream of entries from one source on one device."""

    id: str
    type: str
    client: str
    hostname: str
    created: int
    """µs UTC."""
    name: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    updated: int | None = None
    """End of the newest entry, µs UTC; None where there is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that went on for a while."""

    time: int
    """µs UTC."""
    duration: int
    """µs."""
    data: Mapping[str, Any]
    id: int | None = None

    @property
    def end(self) -> int:
        """When it was over, µs UTC."""
        return self.time + self.duration


def merged(last: Entry, beat: Entry, pulse: int) -> Entry | None:
    """The last entry prolonged by a heartbeat that comes within `pulse` µs of its end with the same data; else None.

    The rule is aw-server's: a heartbeat from before the last entry began starts anew.
    """
    if last.data != beat.data or not last.time <= beat.time <= last.end + pulse:
        return None
    return Entry(last.time, max(last.duration, beat.time - last.time + beat.duration), last.data, last.id)
