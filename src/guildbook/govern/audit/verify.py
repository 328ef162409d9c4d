"""Holding the log against itself, against checkpoints and against a copy: what was tampered with, and where.

Against itself: each entry's leaf, its sealed part (which says where and when it was written, and opens to what it
committed to), the unbroken count, and every stored node of the tree. Who changes the ledger without the book's key is
found so, with the place. Whoever has that key can write the log anew, consistently: then the checkpoints tell, between
which two of them the histories part; and a copy tells the entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.govern.audit.copies import Copy
from guildbook.govern.audit.log import Log, written_at
from guildbook.govern.audit.merkle import Growth, Name
from guildbook.govern.audit.note import Verifier
from guildbook.govern.audit.places import Finding, Kind, compare
from guildbook.govern.audit.proofs import opens
from guildbook.model.errors import StoreError
from guildbook.store import Sealer

_CHUNK: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification came to."""

    book: str
    size: int
    """Entries looked at."""
    root: bytes | None
    """Of all of them; None when they do not make a tree any more."""
    confirmed: tuple[int, ...]
    """Sizes of the checkpoints that fit."""
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(
    log: Log,
    ledger: Connection,
    checkpoints: Sequence[Checkpoint] = (),
    *,
    copy: Copy | None = None,
    key: Verifier | None = None,
) -> Report:
    """Hold the ledger's log against itself, `checkpoints`, and a copy that is known to be right.

    `key`: what the checkpoints must be signed with (the book's own log key). One pass, memory for a chunk of entries
    unless something is wrong.
    """
    walk = _Walk(log, ledger, checkpoints)
    held = None if copy is None else _Held(copy)
    # First of all: the log may grow meanwhile, and then the entries must not seem fewer than the tree says.
    reach = log.reach(ledger)
    sealer: Sealer | None = None
    rank = 0
    tail: list[int | None] | None = None
    begin = 0
    for rows in log.rows(ledger, None):
        sealer = sealer or log.sealer(ledger)
        origins = written_at(sealer, rows)
        good = 0
        if tail is None:
            good = _good(origins, [row[0] for row in rows], rank)
            walk.take([row[3] for row in rows[:good]])
            if good < len(rows):
                begin, tail = rank + good, []
        if tail is not None:
            tail += origins[good:]
        if held is not None:
            held.take([row[2] for row in rows])
        rank += len(rows)
    findings = _rows_found(tail, begin, reach)
    if tail is None and reach > rank:
        findings = [_cut(rank, reach - 1, "the stored tree speaks of more entries")]
    findings += walk.tree_found() if tail is None else []
    if held is not None:
        findings += held.found()
    return _report(log.book, rank, walk, checkpoints, findings, whole=tail is None, key=key)


def verify_copy(copy: Copy, checkpoints: Sequence[Checkpoint] = (), *, key: Verifier | None = None) -> Report:
    """Hold a copy against itself and against checkpoints; no book is needed."""
    walk = _Walk(None, None, checkpoints)
    origins: list[int | None] = []
    leaves: list[bytes] = []
    for entry, opening in copy.entries():
        good = opening is None or opens(opening)
        origins.append(entry.seq if good and entry.seq >= 0 else None)
        leaves.append(entry.leaf)
        if len(leaves) == _CHUNK:
            walk.take(leaves)
            leaves = []
    walk.take(leaves)
    findings = compare(origins, copy.size)
    whole = not findings
    if whole and walk.growth.root() != copy.root:
        what = "the entries do not give the root in the copy's first line: some of them were changed"
        findings = [Finding(Kind.CHANGED, 0, copy.size - 1, what)]
    return _report(copy.book, len(origins), walk, checkpoints, findings, whole=whole, key=key)


def _good(origins: Sequence[int | None], seqs: Sequence[int], rank: int) -> int:
    """How many of these stand where they were written and where they are counted, from the first on."""
    wanted = list(range(rank, rank + len(seqs)))
    if origins == wanted == seqs:
        return len(wanted)
    pairs = zip(origins, seqs, wanted, strict=True)
    return next(i for i, (origin, seq, place) in enumerate(pairs) if not origin == seq == place)


def _rows_found(tail: list[int | None] | None, begin: int, reach: int) -> list[Finding]:
    """What became of the entries, from the first that is not as it should be."""
    if tail is None:
        return []
    size = max((origin for origin in tail if origin is not None), default=begin - 1) + 1
    unknown = next((i for i, origin in enumerate(reversed(tail)) if origin is not None), len(tail))
    # The tree speaks of all entries but perhaps the last, so it bounds how many there were.
    if reach > begin + len(tail):
        size = max(size, reach)
    elif unknown:
        size = max(size, min(size + unknown, reach + 1))
    return compare(tail, size, begin=begin)


def _cut(first: int, last: int, why: str) -> Finding:
    return Finding(Kind.TRUNCATED, first, last, f"the log was cut off before entry {first}, or is another: {why}")


def _report(
    book: str,
    size: int,
    walk: _Walk,
    checkpoints: Sequence[Checkpoint],
    findings: list[Finding],
    *,
    whole: bool,
    key: Verifier | None,
) -> Report:
    confirmed, judged = _judge(book, size, walk, checkpoints, findings, key=key)
    unique = {(f.kind, f.first, f.last): f for f in [*judged, *findings]}
    told = tuple(sorted(unique.values(), key=lambda f: (f.first, f.last, f.kind)))
    return Report(book, size, walk.growth.root() if whole else None, confirmed, told)


def _judge(
    book: str,
    size: int,
    walk: _Walk,
    checkpoints: Iterable[Checkpoint],
    findings: Sequence[Finding],
    *,
    key: Verifier | None,
) -> tuple[tuple[int, ...], list[Finding]]:
    """Sizes of the checkpoints that fit, and what the others say."""
    confirmed: list[int] = []
    found: list[Finding] = []
    for one in sorted(checkpoints, key=lambda c: c.size):
        # Where the entries themselves already say what was done, the checkpoint only confirms it.
        known = any(f.first < one.size and f.kind != Kind.TREE for f in [*findings, *found])
        if one.book != book or (key is not None and one.log != key):
            whose = f"book {one.book}" if one.book != book else "another key"
            found.append(Finding(Kind.CHECKPOINT, 0, -1, f"the checkpoint of {one.size} entries is that of {whose}"))
        elif one.size > size and not known:
            found.append(_cut(size, one.size - 1, f"a checkpoint speaks of {one.size} entries"))
        elif walk.roots.get(one.size) == one.root:
            confirmed.append(one.size)
        elif not known:
            since = confirmed[-1] if confirmed else 0
            what = f"two histories part between entries {since} and {one.size - 1}: a checkpoint of {one.size} entries"
            found.append(Finding(Kind.FORKED, since, one.size - 1, f"{what} has another root"))
    return tuple(confirmed), found


@dataclass(slots=True)
class _Walk:
    """Follows the good entries from the first: the tree, its stored nodes, and the roots that checkpoints speak of."""

    log: Log | None
    ledger: Connection | None
    checkpoints: Sequence[Checkpoint]
    growth: Growth = field(default_factory=Growth)
    roots: dict[int, bytes] = field(default_factory=dict[int, bytes])
    _bad: set[Name] = field(default_factory=set[Name])
    _stops: list[int] = field(default_factory=list[int])

    def __post_init__(self) -> None:
        self._stops = sorted({c.size for c in self.checkpoints}, reverse=True)
        self._mark()

    def take(self, leaves: Sequence[bytes]) -> None:
        """More leaves."""
        done = 0
        while done < len(leaves):
            room = self._stops[-1] - self.growth.size if self._stops else len(leaves)
            part = leaves[done : done + room]
            done += len(part)
            for level, first, run in self.growth.extend(part):
                self._check(level, first, run)
            self._mark()

    def tree_found(self) -> list[Finding]:
        """Where the stored nodes are not those of the entries; of a node and those above it, the lowest."""
        lowest = [
            (level, at)
            for level, at in self._bad
            if (level - 1, 2 * at) not in self._bad and (level - 1, 2 * at + 1) not in self._bad
        ]
        spans = sorted({(at << level, ((at + 1) << level) - 1) for level, at in lowest})
        joined: list[tuple[int, int]] = []
        for first, last in spans:
            if joined and joined[-1][1] + 1 >= first:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        return [
            Finding(Kind.TREE, a, b, f"the stored tree does not fit entries {a} to {b}: they or it were changed")
            for a, b in joined
        ]

    def _check(self, level: int, first: int, run: Sequence[bytes]) -> None:
        if self.log is None or self.ledger is None:
            return
        self._bad |= {(level, place) for place in self.log.differing(self.ledger, level, first, run)}

    def _mark(self) -> None:
        while self._stops and self._stops[-1] <= self.growth.size:
            self.roots[self._stops.pop()] = self.growth.root()


class _Held:
    """The log against a copy: entries are recognised by their commitments."""

    def __init__(self, copy: Copy) -> None:
        self._held = [entry.commitment for entry, _ in copy.entries()]
        self._same = 0
        self._rest: list[bytes] = []

    def take(self, commitments: Sequence[bytes]) -> None:
        """The next entries of the log."""
        for commitment in commitments:
            if not self._rest and self._same < len(self._held) and self._held[self._same] == commitment:
                self._same += 1
            else:
                self._rest.append(commitment)

    def found(self) -> list[Finding]:
        """What became of the copied entries."""
        place = {commitment: self._same + i for i, commitment in enumerate(self._held[self._same :])}
        origins = [place.get(commitment) for commitment in self._rest]
        return compare(origins, len(self._held), begin=self._same, grown=True)


def sound_copy(copy: Copy, report: Report) -> Copy:
    """The copy, if nothing was found in it. Raises `StoreError`: evidence that is damaged itself shows nothing."""
    if report.sound:
        return copy
    raise StoreError(f"{copy.path} is damaged itself: {report.findings[0].what}.", "Use another copy.", "copy-damaged")
