"""Object-centric event logs (OCEL 2.0) as JSON or SQLite; JSON of OCEL 1.0 too.

An event touches objects of several types. The case is the object of one of them: the type that most events have
exactly one of, or the one the user names. The person is an object of a type like `person` or `resource`, or the
attribute `org:resource`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._ocel_events import OcelEvents
from guildbook.record.importers._ocel_json import read_json
from guildbook.record.importers._ocel_log import OcelLog
from guildbook.record.importers._ocel_sqlite import read_sqlite
from guildbook.record.importers._pieces import Limits

_VERSION: Final = "ocel-1"
_SQLITE: Final = b"SQLite format 3\0"
_GZIP: Final = b"\x1f\x8b"
_NAMES: Final = (".jsonocel", ".ocel.json", ".ocel", ".sqliteocel", ".ocel.sqlite", ".ocel.json.gz", ".jsonocel.gz")
_KEYS: Final = re.compile(rb'"(?:objectTypes|eventTypes|ocel:[a-z-]+)"\s*:')
_PARTS: Final = re.compile(rb'"(?:objects|events|relationships|qualifier)"\s*:')
_SOME: Final = 2


class OcelImporter:
    """See the module."""

    name: Final = "ocel"
    title: Final = "OCEL object-centric event log"

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits

    def sniff(self, path: Path, head: bytes) -> float:
        """By the tables or keys that only this format has, then by name."""
        named = path.name.lower().endswith(_NAMES)
        if head.startswith(_SQLITE):
            return 1.0 if b"ocel_id" in head or b"event_map_type" in head else 0.5 if named else 0.0
        if head.startswith(_GZIP):
            return 0.9 if named else 0.0
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            if _KEYS.search(head):
                return 1.0
            return 0.9 if named else 0.6 if len(set(_PARTS.findall(head))) >= _SOME else 0.0
        return 0.5 if named and head else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """The case type and what tells the person."""
        log = self._log(path)
        events = OcelEvents(log, options)
        sizes = f"{len(log.events):,} events, {len(log.objects):,} objects"
        return f"{self.title}: {sizes}; {events.which()}; {events.who()}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Over the file's bytes, the options, and the version of this mapping."""
        return file_fingerprint(path, options, _VERSION)

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Chunks of about 32,000 events. The log is held in memory, since its objects may stand anywhere in it."""
        try:
            yield from OcelEvents(self._log(path), options).chunks(self.name)
        except RecursionError as error:
            what = f"{path} nests values too deep."
            raise InputError(what, "No event log needs that.", "input-bomb") from error

    def _log(self, path: Path) -> OcelLog:
        return read_sqlite(path) if _begins_with(path, _SQLITE) else read_json(path, self._limits)


def _begins_with(path: Path, magic: bytes) -> bool:
    if not path.is_file():
        return False  # reading it as JSON says what is wrong
    with path.open("rb") as handle:
        return handle.read(len(magic)) == magic
