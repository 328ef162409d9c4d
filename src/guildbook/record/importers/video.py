"""Recordings of a screen: the text that comes onto it, as events, read as the source `screen` reads it.

One frame a second; what changed is cut into lines, and lines never seen before are read. A recording has no windows:
all of it is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._fingerprint import file_fingerprint
from guildbook.record.importers._rows import Rows
from guildbook.record.importers._video_file import Video, form, frames, probe
from guildbook.record.importers._video_file import lacking as lacking_ffmpeg
from guildbook.record.seeing.looking import RESTS, Eyes, Look, Waiting
from guildbook.record.seeing.reading import Reader, lacking
from guildbook.record.seeing.telling import learnt, of, unread

_FIELDS: Final = (
    "worker", "time", "app", "action", "window", "element_role", "element_bounds", "value_before", "value_after",
    "origin", "media_offset", "attributes",
)  # fmt: skip
_MAPPED: Final = ("app", "time", "window")
_SURE: Final = 0.9
_AT_ONCE: Final = 20.0
"""Processor seconds of reading for one child and chunk."""
_MEMORY: Final = 64 << 20
_NOISE: Final = 24
_SAVED: Final = 600
_A_SECOND: Final = 15
"""Lines a second that are read of a recording, averaged, beyond the first `_SAVED`: film in it has no end of them."""
NAMED: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[ _T-]*(?:at )?[ _-]*(\d\d)[-.:_ ]?(\d\d)[-.:_ ]?(\d\d)?")


class VideoImporter:
    """A screen recording: MP4, MOV, MKV or WebM."""

    name = "video"
    title = "screen recording"

    def sniff(self, path: Path, head: bytes) -> float:
        """By the first bytes."""
        return _SURE if form(head[:16]) else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`screen recording: 12 min, 1280×800, begun 2026-03-02T09:00:00Z (by its name)`."""
        video = probe(path)
        begun, how = _begun(video, options)
        minutes = f"{video.seconds / 60:.0f} min, " if video.seconds else ""
        return f"screen recording: {minutes}{video.width}×{video.height}, begun {clock.iso(begun)} ({how})"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """Of the bytes."""
        return file_fingerprint(path, options, "video 1")

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """In order of time. Raises `InputError` where something is missing on this machine or the file is damaged."""
        if missing := lacking_ffmpeg() or lacking():
            raise InputError(missing, "Install it and import again.", "video-missing")
        video = probe(path)
        begun, _ = _begun(video, options)
        reader = Reader(nice=5)
        try:
            yield from _Watched(video, begun, options, reader).chunks()
        finally:
            reader.close()


class _Watched:
    """One reading of a video."""

    def __init__(self, video: Video, begun: int, options: ImportOptions, reader: Reader) -> None:
        self._video, self._begun, self._reader = video, begun, reader
        self._eyes, self._waiting = Eyes(_NOISE), Waiting(_MEMORY)
        self._rows = Rows(VideoImporter.name, _FIELDS)
        self._about = {"app": options.mapping.get("app", "screen"), "window": options.mapping.get("window")}
        self._worker = options.worker
        self._allowed: float = _SAVED
        self._left = 0

    def chunks(self) -> Iterator[Chunk]:
        """Some hundreds of lines each."""
        at = 0.0
        for at, frame in frames(self._video):
            self._look(at, frame)
            if self._waiting.cost >= _AT_ONCE:
                yield self._chunk(self._begun + round(at * clock.SECOND) - RESTS, at)
        while len(self._waiting):
            yield self._chunk(1 << 62, at)
        yield self._rows.take(1.0)

    def _look(self, at: float, frame: Any) -> None:
        self._allowed = min(self._allowed + _A_SECOND, _SAVED)
        lines = self._eyes.look("", frame)
        most = int(self._allowed)
        self._left += max(len(lines) - most, 0)
        self._allowed -= len(lines[:most])
        if lines[:most]:
            when = self._begun + round(at * clock.SECOND)
            self._waiting.add(Look("", when, self._about, (0, 0), lines[:most]))

    def _chunk(self, before: int, at: float) -> Chunk:
        looks = self._waiting.take(before, _AT_ONCE)
        lines = unread(self._eyes, looks)
        read = self._reader.read([line.picture for line in lines if line.picture is not None])
        for row in learnt(self._eyes, looks, of(lines, read)):
            self._rows.add(**row, worker=self._worker, origin="person", media_offset=row["time"] - self._begun)
        if left := self._left + self._waiting.missed:
            self._rows.add(
                worker=self._worker,
                time=looks[-1].time if looks else self._begun,
                app=self._about["app"],
                action="left out",
                origin="unknown",
                attributes=canonical({"lines": left, "why": "more text changed than is read"}),
            )
            self._left = self._waiting.missed = 0
        return self._rows.take(min(at / self._video.seconds, 1.0) if self._video.seconds else 0.0)


def _begun(video: Video, options: ImportOptions) -> tuple[int, str]:
    """When a recording began, µs UTC, and how that is known. Raises `InputError` for a time that is none."""
    unknown = sorted(set(options.mapping) - set(_MAPPED))
    if unknown:
        raise InputError(
            f"A video has no column for {unknown[0]!r}.",
            "What can be said: --map time=2026-03-02T09:00:00Z, app, window.",
        )
    if said := options.mapping.get("time"):
        return _said(said), "as you said"
    if (named := NAMED.search(video.path.name)) is not None and (when := _local(named)) is not None:
        return when, "by its name, local time"
    if video.created is not None:
        return video.created, "as it says itself"
    ended = int(video.path.stat().st_mtime * clock.SECOND)
    return ended - round(video.seconds * clock.SECOND), "by the time the file was written"


def _said(text: str) -> int:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no time.", "Write it like --map time=2026-03-02T09:00:00Z.") from None
    return clock.to_micros(when if when.tzinfo is not None else when.astimezone())


def _local(named: re.Match[str]) -> int | None:
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in named.groups())
        return clock.to_micros(datetime(year, month, day, hour, minute, second).astimezone())
    except (ValueError, OverflowError):
        return None
