"""Turning the inbox into segments."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import select

from guildbook.columns.ids import lanes_of
from guildbook.store import batch, files, ledger, tables
from guildbook.store.cipher import decrypt
from guildbook.store.cutting import I64
from guildbook.store.drafting import Draft, Made
from guildbook.store.held import marked
from guildbook.store.inbox import bound
from guildbook.store.reading import read_tables, segment_rows
from guildbook.store.rows import SealReport, SegmentRow
from guildbook.store.vault import Vault

_ROUND: Final = 1_000_000
"""Rows of one worker sealed at a time, which bounds memory."""
_AHEAD: Final = 65_536
"""Rows of the inbox read ahead, but for one batch."""
_AT_ONCE: Final = 400
_THREADS: Final = 2
_GROUPS_AHEAD: Final = 8
_TOGETHER: Final = 4_096
"""Rows of several workers that are worked on together, so that what is alike is done once, and threads have enough."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Batch:
    """A row of the inbox without its bytes."""

    id: int
    import_id: str
    chunk: int
    worker: str
    rows: int
    terms: str


class _Packed:
    """The bytes of waiting batches, taken in the order they wait; many small ones come with one query."""

    def __init__(self, vault: Vault, waiting: Sequence[_Batch]) -> None:
        self._vault = vault
        self._waiting = iter(waiting)
        self._held: dict[int, bytes] = {}

    def take(self, part: Sequence[_Batch]) -> list[bytes]:
        """The bytes of the batches that come next."""
        while part[-1].id not in self._held and self._fetch():
            pass
        return [self._held.pop(row.id) for row in part]

    def _fetch(self) -> bool:
        ids: list[int] = []
        size = 0
        for row in islice(self._waiting, _AT_ONCE):
            ids.append(row.id)
            size += row.rows
            if size >= _AHEAD:
                break
        table = tables.inbox
        with self._vault.look() as connection:
            found = connection.execute(select(table.c.id, table.c.batch).where(table.c.id.in_(ids)))
            self._held.update((key, packed) for key, packed in found)
        return bool(ids)


def seal(vault: Vault, progress: Progress | None = None, *, keep: bool = False) -> SealReport:
    """Seal the whole inbox. What was published stays when a later part fails; sealing again goes on from there.

    `keep`: what is sealed stays in memory until it is read, up to some rows.
    """
    with vault.writing():
        files.recover(vault.home, vault.engine)
        waiting = _waiting(vault)
        total = sum(row.rows for row in waiting)
        done = made = kept = 0
        draft = Draft(vault, {row.worker for row in waiting}, keep=keep)
        for part, segments, more in _in_order(vault, waiting, draft):
            fresh = draft.add(segments)
            draft.replaces(inbox=[row.id for row in part])
            done += sum(row.rows for row in part)
            made += len(fresh)
            kept += sum(row.rows for row in fresh)
            # A worker's next part is compared with this one, so this one has to be readable by then.
            draft.publish(now=more)
            if progress:
                progress(done, total)
        draft.publish()
        if total:
            ledger.scrub(vault.engine)  # the inbox's pages
        return SealReport(made, kept, done - kept)


def _waiting(vault: Vault) -> list[_Batch]:
    """Every batch of the inbox without its bytes, by worker and age."""
    inbox, imports = tables.inbox, tables.imports
    query = (
        select(inbox.c.id, inbox.c.import_id, inbox.c.chunk, inbox.c.worker, inbox.c.rows, imports.c.terms)
        .join(imports, imports.c.id == inbox.c.import_id)
        .order_by(inbox.c.worker, inbox.c.id)
    )
    with vault.look() as connection:
        return [_Batch(*row) for row in connection.execute(query)]


def _sealed(vault: Vault, workers: set[str]) -> defaultdict[str, list[SegmentRow]]:
    """The segments that these workers have already."""
    found: defaultdict[str, list[SegmentRow]] = defaultdict(list)
    with vault.look() as connection:
        for row in segment_rows(connection):
            if row.worker in workers:
                found[row.worker].append(row)
    return found


def _groups(waiting: Sequence[_Batch]) -> Iterator[tuple[list[_Batch], bool]]:
    """Batches to be sealed together, and whether their worker, then the only one, has more than these.

    Either several workers with all they have, few rows in all; or one worker, in rounds.
    """
    group: list[_Batch] = []
    size = 0
    for _, batches in groupby(waiting, key=lambda row: row.worker):
        rounds = list(_rounds(list(batches)))
        rows = sum(row.rows for row in rounds[0])
        if group and (len(rounds) > 1 or size + rows > _TOGETHER):
            yield group, False
            group, size = [], 0
        if len(rounds) > 1:
            yield from ((part, True) for part in rounds)
        else:
            group += rounds[0]
            size += rows
    if group:
        yield group, False


def _rounds(batches: list[_Batch]) -> Iterator[list[_Batch]]:
    """One worker's batches in pieces of at most `_ROUND` rows, or one batch."""
    part: list[_Batch] = []
    size = 0
    for row in batches:
        if part and size + row.rows > _ROUND:
            yield part
            part, size = [], 0
        part.append(row)
        size += row.rows
    if part:
        yield part


def _in_order(vault: Vault, waiting: Sequence[_Batch], draft: Draft) -> Iterator[tuple[list[_Batch], list[Made], bool]]:
    """Groups of the inbox with the segments made of them, and whether their worker has more than one group.

    They are worked on ahead in threads, since Arrow and the cipher let go of the interpreter.
    """
    sealed = _sealed(vault, {row.worker for row in waiting})
    packed = _Packed(vault, waiting)
    ahead: deque[tuple[list[_Batch], Future[list[Made]]]] = deque()
    rows = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for group, more in _groups(waiting):
                keys = {row.worker: draft.inbox_key(row.worker) for row in group}
                ahead.append((group, pool.submit(_made, vault, group, packed.take(group), keys, sealed, draft)))
                rows += sum(row.rows for row in group)
                while ahead and (more or len(ahead) > _GROUPS_AHEAD or rows > _AHEAD):
                    first, future = ahead.popleft()
                    rows -= sum(row.rows for row in first)
                    made = future.result()
                    for each in made:  # a worker's next round is compared with this one
                        sealed[each.row.worker].append(each.row)
                    yield first, made, more
            while ahead:
                first, future = ahead.popleft()
                yield first, future.result(), False
        finally:
            for _, future in ahead:
                future.cancel()


def _made(
    vault: Vault,
    group: Sequence[_Batch],
    packed: Sequence[bytes],
    keys: Mapping[str, bytes],
    sealed: Mapping[str, Sequence[SegmentRow]],
    draft: Draft,
) -> list[Made]:
    """The segments of some batches, where a worker's come one after the other; notes nothing."""
    events = batch.join([_unpacked(row, each, keys[row.worker]) for row, each in zip(group, packed, strict=True)])
    workers = list(keys)
    words = sorted({row.terms for row in group})
    rows = [row.rows for row in group]
    whose = np.repeat(_places([row.worker for row in group], workers), rows)
    terms = np.repeat(_places([row.terms for row in group], words), rows)
    keep = _first_of_each(vault, [sealed.get(worker, ()) for worker in workers], events, whose)
    if not keep.all():
        events, whose, terms = events.filter(pa.array(keep)), whose[keep], terms[keep]
    words, events, terms = marked(draft.held, events, words, terms)
    return draft.make(workers, words, events, whose, terms)


def _places(words: Sequence[str], among: Sequence[str]) -> I64:
    """Where each word stands among some."""
    place = {word: code for code, word in enumerate(among)}
    return np.array([place[word] for word in words], np.int64)


def _unpacked(row: _Batch, sealed: bytes, key: bytes) -> pa.Table:
    what = f"A batch of {row.worker} in the inbox"
    return batch.unpack(decrypt(key, sealed, *bound(row.worker, row.import_id, row.chunk), what=what))


def _first_of_each(
    vault: Vault, sealed: Sequence[Sequence[SegmentRow]], events: pa.Table, whose: I64
) -> npt.NDArray[np.bool_]:
    """Which rows to keep: those neither in a segment of their worker's sealed before nor earlier among these rows.

    `sealed`: by worker. `whose`: each row's worker, ascending.
    """
    new = lanes_of(events["id"])
    near, owner = _near(sealed, events, whose)
    old = [lanes_of(table["id"]) for _, table in read_tables(vault, near, ["id"])]
    both = np.concatenate([*old, new])
    hashes = np.sort(both[:, 1])  # the half of an id that is nearly all hash
    if (hashes[1:] != hashes[:-1]).all():
        return np.ones(len(new), np.bool_)
    worker = np.concatenate([np.repeat(np.array(owner, np.int64), [len(lanes) for lanes in old]), whose])
    # Stable, so of equal ids the one that was there first leads.
    order = np.lexsort((both[:, 0], both[:, 1], worker))
    ordered, of = both[order], worker[order]
    again = np.zeros(len(both), np.bool_)
    again[order[1:]] = (ordered[1:] == ordered[:-1]).all(axis=1) & (of[1:] == of[:-1])
    return ~again[len(both) - len(new) :]


def _near(sealed: Sequence[Sequence[SegmentRow]], events: pa.Table, whose: I64) -> tuple[list[SegmentRow], list[int]]:
    """The segments that may hold a copy of these events, and each one's worker.

    Equal ids mean equal times, so only segments in whose time there is an event can.
    """
    times = events["time"].cast(pa.int64()).to_numpy()
    starts = np.searchsorted(whose, np.arange(len(sealed) + 1)).tolist()
    near: list[SegmentRow] = []
    owner: list[int] = []
    for worker, rows in enumerate(sealed):
        own = times[starts[worker] : starts[worker + 1]]
        here = [row for row in rows if _any_between(own, row.first, row.last)]
        near += here
        owner += [worker] * len(here)
    return near, owner


def _any_between(times: I64, first: int, last: int) -> bool:
    return bool(((times >= first) & (times <= last)).any())
