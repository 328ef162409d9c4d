"""What is new in a picture of a window against the one before: lines of text to be read, each only once.

A line is known by a hash of its pixels, so that what is scrolled or shown again is not read again. Nothing here
outlives the process.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from guildbook.model import time as clock
from guildbook.record.seeing.budget import cost
from guildbook.record.seeing.lines import TALLEST, Box, Gray, regions, text_lines

Hash = bytes
TILE: Final = 16
"""Pixels: a change is looked for in squares of that size."""
RESTS: Final = 4 * clock.SECOND
"""A line that changes again within so long is only read as it is when it rests."""
KNOWN: Final = 20_000
"""Lines whose text is remembered."""
WINDOWS: Final = 12
"""Windows whose last picture is remembered."""


@dataclass(slots=True)
class Line:
    """A line of text that is new on the screen."""

    box: Box
    """Within the window."""
    hash: Hash
    picture: Gray | None
    """None where its text is known already."""
    before: tuple[Hash, ...] = ()
    """What stood in its place."""


@dataclass(slots=True)
class Look:
    """What one look found new in one window."""

    window: str
    time: int
    """µs UTC."""
    about: Mapping[str, Any]
    """Fields of the event that come of it: app, window, …"""
    corner: tuple[int, int]
    """Of the window on the screen."""
    lines: list[Line]

    @property
    def bytes(self) -> int:
        """Memory that its pictures take."""
        return sum(line.picture.nbytes for line in self.lines if line.picture is not None)

    @property
    def cost(self) -> float:
        """Processor seconds that reading it takes, about."""
        return sum(cost(line.picture) for line in self.lines if line.picture is not None)


@dataclass(slots=True)
class _Window:
    picture: Gray
    lines: list[tuple[Box, Hash]] = field(default_factory=list[tuple[Box, Hash]])


class Eyes:
    """Remembers what each window looked like and what lines said."""

    def __init__(self, noise: int = 0) -> None:
        """Differences of brightness up to `noise` are none: what is compressed with losses is never quite the same."""
        self._noise = noise
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._known: OrderedDict[Hash, tuple[str, float]] = OrderedDict()

    def last(self, window: str) -> Gray | None:
        """The picture of a window that was looked at last; None where there is none."""
        found = self._windows.get(window)
        return None if found is None else found.picture

    def look(self, window: str, picture: Gray) -> list[Line]:
        """The lines that are new in a window; their pictures are copies."""
        before = self._windows.pop(window, None)
        if before is not None and before.picture.shape != picture.shape:
            # A window made larger or smaller shows mostly what it showed.
            before = _Window(np.zeros_like(picture), before.lines)
            changed = [Box(0, 0, picture.shape[1], picture.shape[0])]
        elif before is None:
            before, changed = _Window(picture), [Box(0, 0, picture.shape[1], picture.shape[0])]
        else:
            changed = changes(before.picture, picture, self._noise)
        now = _Window(picture, list(before.lines))
        found = self._found(before, now, changed) if changed else []
        self._windows[window] = now
        while len(self._windows) > WINDOWS:
            self._windows.popitem(last=False)
        return found

    def _found(self, before: _Window, now: _Window, changed: Sequence[Box]) -> list[Line]:
        seen: dict[Box, Line] = {}
        for box in _lines_at(now.picture, changed):
            part = box.cut_from(now.picture)
            seen[box] = Line(box, _hash(part), part)
        gone = [(box, mark) for box, mark in before.lines if any(box.shares(region) for region in changed)]
        now.lines = [each for each in before.lines if each not in gone] + [(b, line.hash) for b, line in seen.items()]
        there = {mark for _, mark in before.lines}
        out: list[Line] = []
        for line in seen.values():
            if line.hash in there:
                continue
            line.before = tuple(mark for box, mark in gone if 2 * box.shares(line.box) > box.width * box.height)
            line.picture = None if line.hash in self._known or line.picture is None else line.picture.copy()
            out.append(line)
        return out

    def learn(self, read: Mapping[Hash, tuple[str, float]]) -> None:
        """Remember what lines say, and how surely."""
        self._known.update(read)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def knows(self, mark: Hash) -> bool:
        """Whether a line has been read."""
        return mark in self._known

    def says(self, mark: Hash) -> tuple[str, float]:
        """What a line says and how surely; nothing where it was never read."""
        return self._known.get(mark, ("", 0.0))

    def forget(self) -> None:
        """Remember nothing of any window."""
        self._windows.clear()
        self._known.clear()


class Waiting:
    """Looks that wait to be read, in memory that is bounded."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._looks: list[Look] = []
        self._bytes = 0
        self.missed = 0
        """Lines that were dropped for want of room since `take` was last called."""

    def __len__(self) -> int:
        return len(self._looks)

    @property
    def cost(self) -> float:
        """Processor seconds that reading all of it takes, about."""
        return sum(look.cost for look in self._looks)

    @property
    def bytes(self) -> int:
        """Memory that their pictures take."""
        return self._bytes

    @property
    def oldest(self) -> int | None:
        """When the oldest look was, µs UTC."""
        return self._looks[0].time if self._looks else None

    def add(self, look: Look) -> None:
        """Put a look in; a line that had not come to rest gives way to what stands in its place now."""
        for line in look.lines:
            self._rest(look, line)
        self._looks = [each for each in self._looks if each.lines]
        self._looks.append(look)
        self._bytes = sum(each.bytes for each in self._looks)
        while self._bytes > self._most and self._looks:
            gone = self._looks.pop(0)
            self._bytes -= gone.bytes
            self.missed += len(gone.lines)

    def _rest(self, look: Look, line: Line) -> None:
        for other in reversed(self._looks):
            if look.time - other.time > RESTS:
                return
            if other.window != look.window:
                continue
            same = [old for old in other.lines if old.hash in line.before]
            for old in same:
                other.lines.remove(old)
                line.before = tuple(mark for mark in line.before if mark != old.hash) + old.before

    def take(self, before: int, seconds: float) -> list[Look]:
        """The looks up to a time (µs UTC), oldest first, as many as are read in so many processor seconds, but one."""
        out: list[Look] = []
        while self._looks and self._looks[0].time <= before and (not out or self._looks[0].cost <= seconds):
            out.append(self._looks.pop(0))
            seconds -= out[-1].cost
        self._bytes = sum(each.bytes for each in self._looks)
        return out

    def forget(self, since: int, until: int) -> None:
        """Drop what was seen between two times."""
        self._looks = [look for look in self._looks if not since <= look.time <= until]
        self._bytes = sum(each.bytes for each in self._looks)


def changes(before: Gray, now: Gray, noise: int = 0) -> list[Box]:
    """Rectangles, on the grid of tiles, outside which two pictures of one size are the same but for noise."""
    differ = before != now if not noise else np.maximum(before, now) - np.minimum(before, now) > noise
    if not differ.any():
        return []
    high, wide = differ.shape
    rows = np.logical_or.reduceat(differ, np.arange(0, high, TILE), axis=0)
    tiles = np.logical_or.reduceat(rows, np.arange(0, wide, TILE), axis=1)
    found: list[Box] = []
    for box in regions(tiles):
        left, top = box.left * TILE, box.top * TILE
        found.append(Box(left, top, min(box.right * TILE, wide) - left, min(box.bottom * TILE, high) - top))
    return found


def _lines_at(picture: Gray, changed: Sequence[Box]) -> Iterator[Box]:
    """Lines of text that reach into what changed, whole: so it is looked at above, below and to both sides of it."""
    bands: list[tuple[int, int]] = []
    for region in sorted(changed, key=lambda box: box.top):
        top, bottom = max(region.top - TALLEST, 0), region.bottom + TALLEST
        if bands and top <= bands[-1][1]:
            top, bottom = bands[-1][0], max(bottom, bands.pop()[1])
        bands.append((top, bottom))
    for top, bottom in bands:
        for box in text_lines(picture[top:bottom]):
            moved = box._replace(top=box.top + top)
            if any(moved.shares(region) for region in changed):
                yield moved


def _hash(part: Gray) -> Hash:
    digest = hashlib.blake2b(digest_size=12)
    digest.update(repr(part.shape).encode())
    digest.update(part.tobytes())
    return digest.digest()
