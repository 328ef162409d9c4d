"""`learn --follow`: learns again whenever something came in or somebody decided.

A process that stays pays for its start once, so that one more day costs what is in it (`docs/decisions/0004`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
from sqlalchemy import func, select

from guildbook.app.learning import Learnt, Wanted
from guildbook.app.progress import Progress, silent
from guildbook.model.errors import GuildbookError
from guildbook.store import Store, tables

SETTLED: Final = 1.0
"""Seconds for which nothing may change before it is read, so that no file is read while it is being written."""
_DAY: Final = 86_400

Seen = tuple[object, ...]


@dataclass
class Follower:
    """Learns from what `wanted` names and from whatever else comes into the book. For one thread."""

    store: Store
    wanted: Wanted
    learn: Callable[[Wanted, Progress], Learnt]
    every: float = 60.0
    """Seconds between looks."""
    wait: Callable[[float], None] = time.sleep
    progress: Progress = silent
    _before: Seen = field(default=(), init=False)

    def run(self) -> Iterator[Learnt | GuildbookError]:
        """What was learnt, each time there was something new; the first time at once. Ends when its reader does.

        An input that cannot be read is yielded as its error, and tried again when it has changed.
        """
        while True:
            seen = self._seen()
            if seen != self._before:
                seen = self._settled(seen)
                self._before = seen
                try:
                    yield self.learn(self.wanted, self.progress)
                except GuildbookError as error:
                    yield error
                pa.default_memory_pool().release_unused()
                self._before = (*seen[:-1], self._inside())  # what learning itself sealed is no news
            self.wait(self.every)

    def _settled(self, seen: Seen) -> Seen:
        """What is there once nothing has changed for a while; not for ever, where something always changes."""
        until = time.monotonic() + self.every
        while time.monotonic() < until:
            self.wait(SETTLED)
            now = self._seen()
            if now == seen:
                break
            seen = now
        return seen

    def _seen(self) -> Seen:
        """Everything whose change is news: inputs, decisions, the date (terms begin and end), the inbox."""
        with self.store.look() as ledger:
            decided = ledger.execute(select(func.max(tables.policy_acts.c.seq))).scalar()
        return (*_files(self.wanted.paths), decided, int(time.time()) // _DAY, self._inside())

    def _inside(self) -> int:
        with self.store.look() as ledger:
            return int(ledger.execute(select(func.count()).select_from(tables.inbox)).scalar() or 0)


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    """Name, time of change (ns) and size of every file there."""
    for path in paths:
        if not path.is_dir():
            yield from _file(path)
            continue
        for folder, inner, names in os.walk(path):
            inner.sort()
            for name in sorted(names):
                yield from _file(Path(folder) / name)


def _file(path: Path) -> Iterator[tuple[str, int, int]]:
    with suppress(OSError):  # gone meanwhile, or not there yet: news when it is
        about = path.stat()
        yield str(path), about.st_mtime_ns, about.st_size
