"""XES event logs (IEEE 1849): `.xes` and `.xes.gz`, read as a stream.

Trace → case, `concept:name` → action, `org:resource` → worker, `time:timestamp` → time. What else an event says
becomes its attributes; what its trace says becomes attributes with the prefix `case:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._pieces import Limits, Pieces
from guildbook.record.importers._xes_events import XesEvents
from guildbook.record.importers._xes_mapping import xes_mapping
from guildbook.record.importers._xes_parser import XesParser
from guildbook.record.importers._xes_reader import XesReader

_VERSION: Final = "xes-1"
_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?log[\s>]")
_GZIP: Final = b"\x1f\x8b"
MOST_BYTES: Final = 64 << 20
"""Of log for a chunk: rich events make smaller chunks."""
_SAMPLE: Final = 64
_USUAL_RATIO: Final = 20
SCAN_FROM: Final = 24 << 20
"""Bytes of unpacked log, about, from which on the compiled scanner is used."""


class XesImporter:
    """See the module."""

    name: Final = "xes"
    title: Final = "XES event log"

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits

    def sniff(self, path: Path, head: bytes) -> float:
        """Sure by the root element, nearly sure by the name."""
        named = path.name.lower().endswith((".xes", ".xes.gz"))
        if not head:
            return 0.9 if named and path.is_file() else 0.0
        if head.startswith(_GZIP):
            return 0.95 if named else 0.0
        plain = head.replace(b"\0", b"")  # UTF-16 markup reads the same without its zero bytes
        return 1.0 if _ROOT.search(plain) else 0.9 if named else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """The mapping, with what the first events show."""
        events = XesEvents(xes_mapping(options))
        parser, pieces = XesParser(str(path), events), Pieces(path, self._limits)
        for piece in islice(pieces, _SAMPLE):
            parser.feed(piece)
            if events.any:
                break
        table = events.take(pieces.progress, self.name, last=True).events
        if not table.num_rows:
            return f"{self.title}: no events in its first {_SAMPLE} MiB"
        keys = events.mapping
        named = table.num_rows - table.column("worker").null_count
        people = f"worker = {keys.worker}" if named else "nobody named"
        share = "" if named in {0, table.num_rows} else f" (named in {100 * named // table.num_rows} %)"
        return f"{self.title}: action = {keys.action}, {people}{share}, time = {keys.time}, case = trace"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Over the file's bytes, the options, and the version of this mapping."""
        return file_fingerprint(path, options, _VERSION)

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Chunks of about 50,000 events. What precedes a defect is given before the defect is raised."""
        events = XesEvents(xes_mapping(options))
        reader, pieces = XesReader(str(path), events, scan=_is_large(path)), Pieces(path, self._limits)
        try:
            taken = 0
            for piece in pieces:
                reader.feed(piece)
                if events.full or pieces.given - taken > MOST_BYTES:
                    yield events.take(pieces.progress, self.name, last=False)
                    taken = pieces.given
            reader.close()
        except InputError:
            reader.rescue()
            yield events.take(pieces.progress, self.name, last=True)
            raise
        yield events.take(1.0, self.name, last=True)


def _is_large(path: Path) -> bool:
    """Whether loading the compiled scanner pays for itself."""
    if not path.is_file():
        return False  # reading it says what is wrong
    with path.open("rb") as handle:
        packed = handle.read(len(_GZIP)) == _GZIP
    return path.stat().st_size * (_USUAL_RATIO if packed else 1) >= SCAN_FROM
