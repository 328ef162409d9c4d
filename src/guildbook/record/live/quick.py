"""The intake for events that come as JSON, many a second: guarded like all others, without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guildbook.record.live.entry import Entry
from guildbook.record.live.intake import Intake
from guildbook.record.live.packs import LEAST, MOST, Event, packed, plain
from guildbook.record.live.sieve import Sieve
from guildbook.record.live.writing import Work


class Quick:
    """What to let the outbox do about events; nothing is written until it does."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._box = intake.outbox
        self._sieve = Sieve(intake.guard)

    @property
    def waits(self) -> bool:
        """Whether judging an event may wait for another process: then it is nothing for a thread that serves."""
        return self._intake.guard.names is not None

    def beat(self, bucket: str, source: str, event: Event, pulse: int) -> Work[Entry] | None:
        """The work of a heartbeat; None where it may not be recorded.

        Raises `ValueError` for what only the long way can judge.
        """
        kept = None if self._intake.paused else self._guarding().one(source, _checked((event,))[0])
        self._intake.note(bucket, source, int(kept is not None), int(kept is None))
        return None if kept is None else self._box.beating(bucket, kept, pulse)

    def one(self, bucket: str, source: str, event: Event) -> Work[list[Entry]] | None:
        """The same for a single event."""
        kept = None if self._intake.paused else self._guarding().one(source, _checked((event,))[0])
        self._intake.note(bucket, source, int(kept is not None), int(kept is None))
        return None if kept is None else self._box.inserting(bucket, (kept,))

    def several(self, bucket: str, source: str, events: list[Event]) -> Work[Any] | None:
        """The work of a list of events. Raises as `beat` does."""
        count = len(_checked(events))
        kept = [] if self._intake.paused else self._guarding().many(source, events)
        self._intake.note(bucket, source, len(kept), count - len(kept))
        if len(kept) < LEAST:
            return self._box.inserting(bucket, [one.entry() for one in kept]) if kept else None
        works = [self._box.packing(bucket, packed(kept[low : low + MOST])) for low in range(0, len(kept), MOST)]
        return lambda connection: [work(connection) for work in works]

    def _guarding(self) -> Sieve:
        if self._sieve.guard is not self._intake.guard:
            self._sieve = Sieve(self._intake.guard)
        return self._sieve


def _checked(events: Sequence[Event]) -> Sequence[Event]:
    if not events or not plain(events):
        raise ValueError("not for the quick way")
    return events
