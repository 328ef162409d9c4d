"""What the outbox keeps, entry by entry, and how far each is on its way to the book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from guildbook.record.live.entry import OURS, Bucket, Entry
from guildbook.record.live.outbox import Outbox

WATCHERS: Final = "activitywatch"
"""By this name all that ActivityWatch's watchers brought is meant."""


class State(StrEnum):
    """How far an entry is."""

    WAITING = "waiting"
    """All or the end of it is not in the book yet."""
    IN_BOOK = "in the book"
    REFUSED = "refused"
    """The book could not take it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry that is here."""

    bucket: Bucket
    entry: Entry
    state: State
    begun: bool
    """Whether anything of it is in the book or on its way there."""

    @property
    def source(self) -> str:
        """What its source is called."""
        return self.bucket.client.removeprefix(OURS)


def kept(
    outbox: Outbox, *, source: str = "", since: int | None = None, until: int | None = None, limit: int | None = None
) -> list[Kept]:
    """Entries that overlap [since, until] (µs UTC), newest first, at most `limit`; of one source or of all."""
    wanted = [bucket for bucket in outbox.buckets().values() if not source or _of(bucket, source)]
    states = _states(outbox)
    found = [
        Kept(bucket, entry, *states(entry.id or 0))
        for bucket in wanted
        for entry in outbox.entries(bucket.id, limit, since, until)
    ]
    return sorted(found, key=lambda each: (each.entry.time, each.entry.id or 0), reverse=True)[:limit]


def numbered(outbox: Outbox, numbers: Sequence[int]) -> list[Kept]:
    """The entries of these numbers that are here."""
    states = _states(outbox)
    return [
        Kept(bucket, entry, *states(number))
        for bucket in outbox.buckets().values()
        for number in numbers
        for entry in [outbox.entry(bucket.id, number)]
        if entry is not None
    ]


def waiting_since(outbox: Outbox) -> int | None:
    """When the first entry began of which something is not in the book, µs UTC; None where there is none."""
    query = (
        "SELECT min(time) FROM (SELECT min(time) AS time FROM entries WHERE sent IS NULL OR sent < time + duration "
        "UNION ALL SELECT min(since) FROM packs WHERE sent = 0 OR batch IS NOT NULL)"
    )
    return next(outbox.read(query))[0]


def _of(bucket: Bucket, source: str) -> bool:
    if source == WATCHERS:
        return not bucket.client.startswith(OURS)
    return source in {bucket.client, bucket.client.removeprefix(OURS)}


def _states(outbox: Outbox) -> Callable[[int], tuple[State, bool]]:
    """Tells of an entry by its number how far it is, and whether any of it went."""
    rows: list[tuple[Any, ...]] = list(
        outbox.read(
            "SELECT id, sent IS NOT NULL AND sent > time OR id IN (SELECT entry FROM batched) FROM entries "
            "WHERE sent IS NULL OR sent < time + duration OR id IN (SELECT entry FROM batched)"
        )
    )
    singles = {row[0]: bool(row[1]) for row in rows}
    packs = list(outbox.read("SELECT first, first + count, batch IS NOT NULL FROM packs WHERE sent = 0 OR batch > 0"))
    refused = {row[0] for row in outbox.read("SELECT entry FROM refused")}

    def state(number: int) -> tuple[State, bool]:
        if number in refused:
            return State.REFUSED, singles.get(number, False)
        if number in singles:
            return State.WAITING, singles[number]
        for first, end, begun in packs:
            if first <= number < end:
                return State.WAITING, bool(begun)
        return State.IN_BOOK, True

    return state
