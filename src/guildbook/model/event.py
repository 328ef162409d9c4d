"""One interaction, as one frozen record. Hot paths use `guildbook.columns` instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Origin(StrEnum):
    """Who did the step."""

    PERSON = "person"
    AGENT = "agent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """A business object an event touches. `qualifier` says how (`to`, `from`, `item`, `case`, …)."""

    id: str
    type: str
    qualifier: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """The user-interface element acted on. `bounds` is x, y, width, height in pixels."""

    role: str | None = None
    name: str | None = None
    id: str | None = None
    selector: str | None = None
    bounds: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One interaction: who, when, how long, in which app, did what, to which element or object."""

    worker: str
    """The worker's name as the source knows it; the store keeps a pseudonymous id instead."""
    time: int
    """Start, µs UTC."""
    action: str
    """The verb, or in an event log the activity."""
    source: str
    """The recorder or importer: `xes`, `git`, `activitywatch`, …"""
    duration: int | None = None
    """Length in µs, if known."""
    source_version: str | None = None
    device: str | None = None
    session: str | None = None
    seq: int | None = None
    """Position in the source's own order (within the case for case logs); breaks ties of time."""
    app: str | None = None
    window: str | None = None
    document: str | None = None
    url: str | None = None
    element: Element = field(default_factory=Element)
    value_before: str | None = None
    value_after: str | None = None
    objects: tuple[ObjectRef, ...] = ()
    case: str | None = None
    """The case this event belongs to, if the source knows one, as `type:id` or the source's own id."""
    outcome: str | None = None
    """How the case or episode ended, if this event says so."""
    origin: Origin = Origin.UNKNOWN
    media_sha256: str | None = None
    media_offset: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    """Everything else the source said, JSON-typed; case-level attributes carry the prefix `case:`."""
    redactions: tuple[str, ...] = ()
    """Names of the fields that were redacted before writing."""
    derived_from: str | None = None
