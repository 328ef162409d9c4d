"""ActivityWatch exports: what was in front, in the browser, in the editor, and when nobody was at the keyboard.

An export is `{"buckets": {ID: {type, client, hostname, events: [{timestamp, duration, data}]}}}`, or one bucket. It is
streamed. Events of private browser windows are never taken.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._activitywatch_fields import fields_of, text_of
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._json_stream import JsonStream
from guildbook.record.importers._pieces import Pieces
from guildbook.record.importers._rows import SHOWN, Rows

_FIELDS: Final = (
    "worker", "time", "duration", "device", "app", "action", "window", "document", "url", "origin", "attributes",
)  # fmt: skip
_EXPORT: Final = re.compile(rb'^\s*\{\s*"buckets"\s*:\s*\{')
_BUCKET: Final = (b'"events"', b'"hostname"', b'"client"', b'"type"')
_GZIP: Final = b"\x1f\x8b"
_LONGEST_DURATION: Final = 366 * clock.DAY

Bucket = dict[str, Any]
Data = dict[str, Any]


class ActivityWatchImporter:
    """An export of all buckets or of one, as the web page or `GET /api/0/export` gives it; gzipped too."""

    name = "activitywatch"
    title = "ActivityWatch export"

    def sniff(self, path: Path, head: bytes) -> float:
        """By the first key, or by the keys of a single bucket."""
        text = _unpacked(head).removeprefix(b"\xef\xbb\xbf")
        if _EXPORT.match(text):
            return 0.95
        return 0.8 if text.lstrip()[:1] == b"{" and all(key in text for key in _BUCKET) else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`ActivityWatch export: 12.3 MB`."""
        return f"ActivityWatch export: {path.stat().st_size / 1e6:.1f} MB"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Of the bytes."""
        return file_fingerprint(path, options, "activitywatch 1")

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Bucket by bucket, each in its own order; events without a time or with impossible ones are rejected."""
        pieces = Pieces(path)
        rows = Rows(self.name, _FIELDS)
        for number, bucket, event in _events(JsonStream(pieces, str(path))):
            _add(rows, number, bucket, event, options.worker)
            if rows.full:
                yield rows.take(pieces.progress)
        yield rows.take(1.0)


def _unpacked(head: bytes) -> bytes:
    if not head.startswith(_GZIP):
        return head
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 64 * 1024)
    except zlib.error:
        return b""


def _events(text: JsonStream) -> Iterator[tuple[int, Bucket, Any]]:
    """Every event with its bucket and its number in the file."""
    number = 0
    single: Bucket = {}
    found: set[str] = set()
    for key in text.members():
        found.add(key)
        if key == "buckets":
            for name in text.members():
                for bucket, event in _bucket(text, name):
                    number += 1
                    yield number, bucket, event
        else:
            single[key] = text.value()
    if text.peek():
        raise text.wrong("something follows its end")
    if single and "buckets" not in found:
        events = single.get("events")
        if not isinstance(events, list):
            raise InputError("The JSON file holds no ActivityWatch buckets.", "Export it again from ActivityWatch.")
        yield from ((place, single, event) for place, event in enumerate(events, start=1))


def _bucket(text: JsonStream, name: str) -> Iterator[tuple[Bucket, Any]]:
    bucket: Bucket = {"id": name}
    if text.peek() != "{":
        raise InputError(f"The bucket {name!r} is no JSON object.", "Export it again from ActivityWatch.")
    waiting: list[Any] = []
    for key in text.members():
        if key != "events" or text.peek() != "[":
            bucket[key] = text.value()
        elif "type" in bucket:
            for _ in text.elements():
                yield bucket, text.value()
        else:  # what the bucket is stands behind its events
            waiting = text.value()
    for event in waiting:
        yield bucket, event


def _add(rows: Rows, number: int, bucket: Bucket, event: Any, worker: str | None) -> None:
    if not isinstance(event, dict) or not isinstance(data := event.get("data", {}), dict):
        rows.reject(number, "no event", _shown(event))
        return
    if data.get("incognito") is True:
        rows.reject(number, "private browser window", "")
        return
    when, duration = _time(event.get("timestamp")), _duration(event.get("duration"))
    if when is None:
        rows.reject(number, "no readable timestamp", _shown(event))
    elif duration is None:
        rows.reject(number, "no readable duration", _shown(event))
    else:
        host = text_of(bucket, "hostname")
        rows.add(
            worker=worker or (f"user@{host}" if host else None),
            time=when,
            duration=duration,
            device=host,
            origin="person",
            **fields_of(bucket, dict(data)),
        )


def _time(value: Any) -> int | None:
    try:
        return clock.to_micros(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _duration(value: Any) -> int | None:
    """Seconds to µs; none given is an instant; null for what no duration can be."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value * clock.SECOND) if 0 <= value * clock.SECOND <= _LONGEST_DURATION else None


def _shown(event: Any) -> str:
    try:
        return json.dumps(event, ensure_ascii=False)[:SHOWN]
    except (ValueError, RecursionError):
        return ""
