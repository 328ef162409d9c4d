"""What learning goes on from, and its bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from guildbook.distil.blocks import packed, unpacked
from guildbook.distil.changes import Included
from guildbook.distil.evidence import Evidence
from guildbook.distil.knowledge import DERIVED_VERSION
from guildbook.distil.settings import Settings
from guildbook.distil.sums import Sums
from guildbook.distil.versions import StateVersionError
from guildbook.distil.view import TraceView
from guildbook.model.errors import StoreError
from guildbook.model.knowledge import Knowledge, knowledge_from_dict

MAGIC: Final = b"GBSTATE\x00"
FORMAT: Final = 1
"""Of the header; the sums have their own."""


@dataclass(frozen=True)
class State:
    """What learning goes on from: the sums, what they include, and what was derived from them."""

    sums: Sums
    segments: Mapping[str, Included]
    settings: Settings
    knowledge: Knowledge | None
    """None where another version derived it: the sums are as good as ever, and it is derived again."""
    evidence: Mapping[str, Evidence] = field(default_factory=dict[str, Evidence])
    first: TraceView | None = None
    """The joint traces below `FEW`, once evidence had to be looked for in them: from then on they are kept up to
    date from the touched ones, so that a practice that is new need not be looked for in the events."""

    def to_bytes(self) -> bytes:
        """Magic, a JSON header, the first traces' arrays, then the sums' bytes."""
        listed, blocks = packed(self.first.arrays().items() if self.first is not None else ())
        header = {
            "format": FORMAT,
            "derived": 0 if self.knowledge is None else DERIVED_VERSION,
            "segments": {name: asdict(segment) for name, segment in sorted(self.segments.items())},
            "settings": asdict(self.settings),
            "knowledge": None if self.knowledge is None else self.knowledge.to_dict(),
            "evidence": {name: found.to_json() for name, found in sorted(self.evidence.items())},
            "first": None if self.first is None else {"keys": self.first.keys, "arrays": listed},
        }
        head = json.dumps(header, separators=(",", ":")).encode()
        return b"".join([MAGIC, len(head).to_bytes(8, "little"), head, *blocks, self.sums.to_bytes()])

    @classmethod
    def from_bytes(cls, data: bytes) -> State:
        """What `to_bytes` wrote. What another version derived from the sums is left out.

        Raises `StateVersionError` for sums of another version that tell too little, `StoreError` for damage.
        """
        start = len(MAGIC) + 8
        size = int.from_bytes(data[len(MAGIC) : start], "little")
        try:
            header: dict[str, Any] = json.loads(data[start : start + size]) if data.startswith(MAGIC) else {}
            if header.get("format") != FORMAT:
                raise StateVersionError
            kept, body = header.get("first"), memoryview(data)[start + size :]
            sums = Sums.from_bytes(body[_first_size(kept) :])  # of another version it says so before anything else
            first = _first_read(kept, body)
            segments = {name: Included(**segment) for name, segment in header["segments"].items()}
            settings = Settings.from_json(header["settings"])
            if header["derived"] != DERIVED_VERSION:
                return cls(sums, segments, settings, None, {}, first)
            evidence = {name: Evidence.from_json(found) for name, found in header["evidence"].items()}
            return cls(sums, segments, settings, knowledge_from_dict(header["knowledge"]), evidence, first)
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise StoreError(
                "What was learnt cannot be read back: its bytes are damaged.", "Learn again.", "state-damaged"
            ) from error


def _first_size(header: dict[str, Any] | None) -> int:
    """Bytes of the first traces."""
    return 0 if header is None else sum(item["size"] for item in header["arrays"])


def _first_read(header: dict[str, Any] | None, body: memoryview) -> TraceView | None:
    """The first traces, if they were kept."""
    return None if header is None else TraceView(keys=tuple(header["keys"]), **unpacked(header["arrays"], body))
