"""What the store answers with: frozen rows, people-sized."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from guildbook.model.decision import HELD, UNSTATED

_STATED: Final = "stated:"
LEAVING: Final = "leaving:"
"""Before the month: the period of the key of segments that are being erased in part."""
NOTHING: Final = "-"
"""What takes the place of a segment of which nothing is left."""
PART: Final = ":"
"""Stands between a segment's id and a class: the part of the segment that is of this class."""
_BETWEEN: Final = "\n"


class WorkerState(StrEnum):
    """Where a worker stands with the book."""

    ACTIVE = "active"
    ERASING = "erasing"
    """Erasure has begun: nothing new is taken in, what is there may be read only to subtract it."""
    FORGOTTEN = "forgotten"
    """Nothing is left but the pseudonym, so that importing again does not bring the traces back."""


class ImportState(StrEnum):
    """How far an import came."""

    NEW = "new"
    PARTIAL = "partial"
    DONE = "done"


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker as the book knows them."""

    id: str
    name: str | None
    """None when forgotten."""
    state: WorkerState
    created: int
    """µs UTC."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import of one input."""

    id: str
    source: str
    fingerprint: str
    path: str
    terms: tuple[str, ...] | None
    """The purposes the importer stated; None when it stated none."""
    state: ImportState
    chunks_done: int
    rows: int
    """Events taken in."""
    rejected: int
    forgotten: int
    """Events left out because their workers are forgotten."""
    begun: int
    finished: int | None


@dataclass(frozen=True, slots=True)
class Appended:
    """What one chunk came to."""

    rows: int
    rejected: int
    forgotten: int
    repeated: bool = False
    """The chunk was there already, and nothing was written."""


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One row of an input that could not become an event."""

    import_id: str
    chunk: int
    line: int | None
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class SealReport:
    """What sealing did."""

    segments: int = 0
    rows: int = 0
    duplicates: int = 0
    """Events that were in the book already, or twice in the inbox."""


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What compaction did."""

    before: int = 0
    """Segments that were merged."""
    after: int = 0
    """Segments they became."""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A sealed segment: the events of one worker in one month under one statement of terms."""

    id: str
    worker: str
    month: str
    terms: str
    """The statement of terms as the ledger keeps it; see `stated`."""
    rows: int
    first: int
    last: int
    """Times of the first and last event, µs UTC."""
    digest: str
    """Sum of the event ids (`columns.ids.digest`): equal for equal events, additive over segments."""
    bytes: int
    created: int
    classes: str = ""
    """The classes of its events, as `class_names` reads them; empty in a segment of an older Guildbook."""
    parts: str = ""
    """What it holds of each class, as `class_parts` reads it; empty where there is one class."""
    leaving: str = ""
    """Of one that is being erased in part: the id of the segment in its place, `-` where nothing is left of it."""

    @property
    def period(self) -> str:
        """Which of its worker's keys opens it."""
        return f"{LEAVING}{self.month}" if self.leaving else self.month

    @property
    def stated(self) -> tuple[str, ...] | None:
        """The purposes the importer stated; None when it stated none."""
        return decode_terms(self.terms)


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What erasing a worker removed."""

    worker: str
    batches: int = 0
    """Inbox rows."""
    segments: int = 0
    rows: int = 0
    """Events in those segments and batches."""
    keys: int = 0
    quarantined: int = 0
    gone: tuple[str, ...] = field(default=(), compare=False)
    """Ids of those segments."""
    fingerprints: tuple[str, ...] = field(default=(), compare=False)
    """Of the keys that were destroyed: they tell a key that is shown from another, and nothing of any key."""
    rewritten: int = 0
    """Segments whose other events are under a new key now."""


@dataclass(frozen=True, slots=True)
class ArtefactRow:
    """Something made from the traces, kept encrypted."""

    name: str
    kind: str
    grant: str
    """The grant it was made under."""
    time: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `check` found, and how to mend it."""

    code: str
    severity: Severity
    what: str
    fix: str


def encode_terms(terms: tuple[str, ...] | None) -> str:
    """Terms as one word of the ledger; the order in which purposes were stated does not matter."""
    return UNSTATED if terms is None else _STATED + ",".join(sorted(set(terms)))


def decode_terms(text: str) -> tuple[str, ...] | None:
    """The reverse of `encode_terms`."""
    if text == UNSTATED:
        return None
    return tuple(word for word in text.removeprefix(_STATED).split(",") if word)


def hold_terms(text: str, vault: str) -> str:
    """The terms of traces, as the ledger keeps them, once they are held out in a vault."""
    stated = decode_terms(text)
    return encode_terms((HELD + vault, *((UNSTATED,) if stated is None else stated)))


def free_terms(text: str) -> str:
    """The reverse of `hold_terms`; terms of what is not held out stay as they are."""
    words = decode_terms(text) or ()
    if not any(word.startswith(HELD) for word in words):
        return text
    left = tuple(word for word in words if not word.startswith(HELD))
    return encode_terms(None if UNSTATED in left else left)


@dataclass(frozen=True, slots=True)
class ClassPart:
    """The events of one class in a segment."""

    name: str
    rows: int
    first: int
    last: int
    digest: str


def note_classes(held: Sequence[ClassPart]) -> tuple[str, str]:
    """`SegmentRow.classes` and `.parts` of what a segment holds."""
    if len(held) == 1:
        return held[0].name, ""
    noted = [[part.rows, part.first, part.last, part.digest] for part in held]
    return _BETWEEN.join(part.name for part in held), json.dumps(noted, separators=(",", ":"))


def class_names(classes: str) -> tuple[str, ...]:
    """The classes noted, sorted; one without a name for a segment of an older Guildbook."""
    return tuple(classes.split(_BETWEEN))


def class_parts(classes: str, parts: str, whole: ClassPart) -> tuple[ClassPart, ...]:
    """What a segment holds of each class. `whole`: the segment as if it were of one class, whatever its name."""
    names = class_names(classes)
    if not parts:
        return (replace(whole, name=names[0]),)
    return tuple(ClassPart(name, *held) for name, held in zip(names, json.loads(parts), strict=True))


def split_part(wanted: str) -> tuple[str, str | None]:
    """A segment's id and, where a part of it is meant, the class."""
    segment, between, name = wanted.partition(PART)
    return segment, name if between else None
