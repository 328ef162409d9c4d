"""The source protocol: how something that watches work while it is done hands in what it saw."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


class Sink(Protocol):
    """Where a source hands in events; guarded, and durable on return. Safe from any thread."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Events as `columns.RAW_SCHEMA` fields, `time` in µs UTC; returns how many were recorded."""
        ...

    def pulse(self, row: Mapping[str, Any], seconds: float) -> None:
        """What goes on now: the last such event is prolonged if it was the same at most so many seconds ago."""
        ...

    def admits(self, row: Mapping[str, Any]) -> bool:
        """Whether such an event would be recorded now: asked before something is looked at that costs or shows much."""
        ...


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the worker said about a source."""

    folder: Path
    """Where the source may keep what it needs to go on where it was; its own, private."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """`record on SOURCE --set NAME=VALUE`."""


@runtime_checkable
class Source(Protocol):
    """Watches one kind of work. Found by entry point `guildbook.sources`; off until the worker switches it on."""

    name: str
    """Lower case, short: the event's `source`."""
    title: str
    """For people: `Shell commands`."""

    def missing(self, options: SourceOptions) -> str:
        """What this machine lacks for it, and how to get it; empty where it can run."""
        ...

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Watch until `stop` is set. Whatever it raises is reported, and it is started again."""
        ...


@runtime_checkable
class Spoken(Protocol):
    """A source whose own programs hand in, at the recorder's door, something else than a JSON list of rows."""

    def rows(self, body: bytes) -> list[dict[str, Any]]:
        """The rows that a body says. Raises `ValueError` for what such a program would not say."""
        ...


@runtime_checkable
class Forgetful(Protocol):
    """A source that keeps something of the work in its folder, and can forget it.

    Asked when the worker forgets what was recorded in a time, beside `run` in another thread or while nothing runs.
    """

    def forget(self, options: SourceOptions, since: int, until: int) -> None:
        """Keep nothing of what was seen from `since` to `until` (µs UTC), nor anything it can be told from."""
        ...


@runtime_checkable
class Halved(Protocol):
    """A source whose other half, in another program, asks at the recorder's door what it may take."""

    def told(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the worker's settings mean, as JSON. Raises `UsageError` for settings that mean nothing."""
        ...
