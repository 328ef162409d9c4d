"""Bulk admission: which sealed segments, and which classes in them, may be read for one request.

What decides is the same for all segments of one worker with the same terms and classes. So the ledger groups its
segments by these in one statement, answered from an index; `policy.decide` rules on each group and class once, and
further statements select what was admitted. There is one policy, and none in SQL that could come to differ from it;
the cost is one decision a group and class, whatever the number of segments and events.

Where an agreement in force looks at months, these are cut at the months it names, and a group is the segments between
two cuts: within them every rule says the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Text, and_, case, func, literal_column, select, text

from guildbook.govern.pieces import Piece, Pieces, joined
from guildbook.govern.policy import decide
from guildbook.govern.world import World
from guildbook.model.decision import HELD, Decision, Reason, Request
from guildbook.store import PART, ClassPart, WorkerState, class_names, class_parts, decode_terms, tables
from guildbook.store.listing import Marks, about, columns, joined_columns, spans
from guildbook.store.together import together

_FEW: Final = 400
_CUTS: Final = 8
"""With more cuts than this the months themselves are grouped by: each stretch is one pass over an index."""
_ALL: Final = ("",)
_BULK: Final = 20_000
"""Segments from which on they are listed by columns."""
_THREADS: Final = 2
_S: Final = tables.segments.c


Key: TypeAlias = tuple[str, str, str, str]
"""Worker id, terms and classes as the ledger notes them, first month: what a group is told by."""


class Group(NamedTuple):
    """Segments on which the same is decided."""

    worker: str
    terms: str
    classes: str
    """As the ledger notes them."""
    month: str
    """The first month from which on the same is decided; empty where no rule looks at months."""
    segments: int
    rows: int

    @property
    def key(self) -> Key:
        """What a segment is looked up by."""
        return self[:4]


class Ruled(NamedTuple):
    """A group with what was decided on each of its classes."""

    group: Group
    classes: tuple[str, ...]
    decisions: tuple[Decision, ...]

    @property
    def allowed(self) -> tuple[str, ...]:
        """The classes that may be read."""
        return tuple(name for name, d in zip(self.classes, self.decisions, strict=True) if d.allow)

    @property
    def whole(self) -> bool:
        """Whether the segments are admitted as they are, all of them for the same reason."""
        first = self.decisions[0]
        return first.allow and all((d.reason, d.clauses) == (first.reason, first.clauses) for d in self.decisions)


@dataclass(frozen=True, slots=True)
class Admission:
    """What one request may read."""

    ruled: tuple[Ruled, ...]
    pieces: Pieces
    """By id."""
    refused: int
    """Segments of which nothing is admitted."""
    policy_hash: str = ""
    """Of the world that was asked; empty where none was."""


def ruled(connection: Connection, world: World, request: Request, ids: Sequence[str] | None = None) -> list[Ruled]:
    """Decide on all segments, or those of some ids, or of `request.worker` if it names one."""
    return _ruled(connection, world, request, ids, cuts(world, request))


def admit(connection: Connection, world: World, request: Request, ids: Sequence[str] | None = None) -> Admission:
    """The pieces that may be read, by id."""
    if ids is None and not request.worker and about(connection) >= _BULK:
        found = _admit_all(connection.engine, world, request)
        if found is not None:
            return found
    months = cuts(world, request)
    decided = _ruled(connection, world, request, ids, months)
    some = admitted(decided)
    rows = _selected(connection, ids, request.worker) if some else ()
    return Admission(tuple(decided), pieces(rows, some, months), refused(decided), world.policy_hash)


def _admit_all(engine: Engine, world: World, request: Request) -> Admission | None:
    """The same for a whole book of many segments, by columns; None in the rare case that it cannot be done so.

    While Python decides on the groups, the database lists the segments to other threads.
    """
    months = cuts(world, request)
    marks = Marks(engine.dialect.name, (_S.worker, _S.terms, _S.classes, _stretch_of_row(months)))
    noted: list[tuple[Any, Key]] = []
    with together(engine, 1 + _THREADS) as (one, *others), ThreadPoolExecutor(_THREADS) as pool:
        listed = [pool.submit(columns, o, marks, span) for o, span in zip(others, spans(one, _THREADS), strict=True)]
        groups = list(_groups(one, "", None, months, marks, noted))
        decided = rule(groups, world, request, _leaving(one))
        some = admitted(decided)
        parted = {key: each for key, each in some.items() if not each.whole}
        rows = _selected(one, None, "", parted=True) if parted else ()
        in_part = pieces(rows, parted, months)
        found = joined_columns([each.result() for each in listed])
    at = marks.places([mark for mark, _ in noted], found.marks)
    if at is None:
        return None
    whole = [key for key in some if key not in parted]
    place = {key: i for i, key in enumerate(whole)}
    basis = np.array([place.get(key, -1) for _, key in noted] + [-1], np.int32)[at]
    kept = np.flatnonzero(basis >= 0)
    held = [column[kept] for column in (found.ids, found.months, found.rows, found.first, found.last, found.digests)]
    bases = tuple((key[0], some[key].decisions[0].reason, some[key].decisions[0].clauses) for key in whole)
    pieces_of_all = joined(Pieces.made([*held, basis[kept]], bases), in_part)
    return Admission(tuple(decided), pieces_of_all, refused(decided), world.policy_hash)


def admitted(decided: Iterable[Ruled]) -> dict[Key, Ruled]:
    """The groups of which anything is admitted."""
    return {each.group.key: each for each in decided if any(d.allow for d in each.decisions)}


def refused(decided: Iterable[Ruled]) -> int:
    """How many segments are in the others."""
    return sum(each.group.segments for each in decided if not any(d.allow for d in each.decisions))


def cuts(world: World, request: Request) -> tuple[str, ...]:
    """The first months of the stretches within which all rules for a request say the same.

    One without a name if none looks at months.
    """
    found: set[str] = set()
    for (_, recipient, purpose), rules in world.index.items():
        if (recipient, purpose) == (request.recipient, request.purpose):
            for _, rule in rules:
                found |= {rule.first_month, _after(rule.last_month)}
    found.discard("")
    return ("0000-01", *sorted(found)) if found else _ALL


def _after(month: str) -> str:
    """The month after one."""
    if not month:
        return ""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def _ruled(
    connection: Connection, world: World, request: Request, ids: Sequence[str] | None, months: tuple[str, ...]
) -> list[Ruled]:
    return rule(_groups(connection, request.worker, ids, months), world, request, _leaving(connection))


def _leaving(connection: Connection) -> set[str]:
    """Ids of workers who are being forgotten, or were."""
    person = tables.workers.c
    return set(connection.execute(select(person.id).where(person.state != WorkerState.ACTIVE)).scalars())


def rule(groups: Iterable[Group], world: World, request: Request, leaving: Collection[str] = ()) -> list[Ruled]:
    """Decide on each class of each group. `leaving`: ids of workers of whom nothing may be read, whatever acts say."""
    gone = Decision(allow=False, reason=Reason.ERASING, clauses=(), policy_hash=world.policy_hash)
    purpose, time, recipient, use = request.purpose, request.time, request.recipient, request.use
    said: dict[Key, Decision] = {}
    named: dict[str, tuple[str, ...]] = {}
    stated: dict[str, tuple[str, ...] | None] = {}
    out: list[Ruled] = []
    for group in groups:
        worker, terms, classes, month = group[:4]
        if request.vault and f"{HELD}{request.vault}" not in (decode_terms(terms) or ()):
            continue  # a vault is asked for what it holds
        names = named.get(classes)
        if names is None:
            names = named[classes] = class_names(classes)
        if worker in leaving:  # as when a forgetting was cut short
            out.append(Ruled(group, names, (gone,) * len(names)))
            continue
        if terms not in stated:
            stated[terms] = decode_terms(terms)
        decisions: list[Decision] = []
        for name in names:
            key = worker, name, terms, month
            found = said.get(key)
            if found is None:
                asked = Request(worker, name, purpose, time, recipient, use, month, stated[terms], request.vault)
                found = said[key] = decide(world, asked)
            decisions.append(found)
        out.append(Ruled(group, names, tuple(decisions)))
    return out


def _groups(
    connection: Connection,
    worker: str,
    ids: Sequence[str] | None,
    months: tuple[str, ...],
    marks: Marks | None = None,
    noted: list[tuple[Any, Key]] | None = None,
) -> Iterator[Group]:
    """The groups; with `marks`, `noted` is told what marks the segments of each."""
    sums: dict[Key, tuple[int, int]] = {}
    keys = (_S.worker, _S.terms, _S.classes)
    for month, within in _by_month(months):
        by = (*keys, month) if month is _S.month else keys
        mark = literal_column("NULL") if marks is None else marks.of_group(*keys, month)
        query = select(*keys, month, func.count(), func.sum(_S.rows), mark).where(*within).group_by(*by)
        for some in _parts(query, worker, ids):
            for row in connection.execute(some):
                one, terms, classes, first, segments, rows, held = tuple(row)
                key = one, terms, classes, _stretch(months, first)
                before = sums.get(key)
                # A sum is a Decimal on PostgreSQL.
                sums[key] = (segments, int(rows)) if before is None else (before[0] + segments, before[1] + int(rows))
                if noted is not None:
                    noted.append((held, key))
    for key, (segments, rows) in sums.items():
        yield Group(*key, segments, rows)


def _by_month(months: tuple[str, ...]) -> Iterator[tuple[ColumnElement[str], tuple[ColumnElement[bool], ...]]]:
    """What stands for the month in each query for groups, and what it is about."""
    if months == _ALL or len(months) > _CUTS:
        yield _stretch_of_row(months), ()
    else:
        for first, within in zip(months, _stretches(months), strict=True):
            yield literal_column(f"'{first}'", Text), (within,)


def _stretch_of_row(months: tuple[str, ...]) -> ColumnElement[str]:
    """The same for a single segment."""
    if months == _ALL:
        return literal_column("''", Text)
    if len(months) > _CUTS:
        return _S.month
    each = zip(_stretches(months), months, strict=True)
    return case(*((within, literal_column(f"'{first}'", Text)) for within, first in each))


def _parts(query: Any, worker: str, ids: Sequence[str] | None) -> Iterator[Any]:
    """A query over some segments, in as many as it takes."""
    if worker:
        query = query.where(_S.worker == worker)
    if ids is None:
        # Each with the condition of an index that holds all it needs.
        yield query.where(text(tables.SHORT_CLASSES))
        yield query.where(text(tables.LONG_CLASSES))
    else:
        for some in portions(ids):
            yield query.where(_S.id.in_(some))


def portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids, as many at a time as one statement takes."""
    for start in range(0, len(ids), _FEW):
        yield ids[start : start + _FEW]


def _stretches(months: tuple[str, ...]) -> Iterator[ColumnElement[bool]]:
    for first, after in zip(months, (*months[1:], None), strict=True):
        yield _S.month >= first if after is None else and_(_S.month >= first, _S.month < after)


def _stretch(months: tuple[str, ...], month: str) -> str:
    return months[bisect_right(months, month) - 1] if month else ""


def _selected(connection: Connection, ids: Sequence[str] | None, worker: str, *, parted: bool = False) -> Iterator[Any]:
    """The ledger's rows of segments; `parted`: of those only that have more than one class."""
    query = select(_S.id, _S.worker, _S.month, _S.terms, _S.classes, _S.rows, _S.first, _S.last, _S.digest, _S.parts)
    if worker:
        query = query.where(_S.worker == worker)
    if parted:
        query = query.where(_S.parts != "")
    if ids is None:
        yield from connection.execute(query)
    else:
        for some in portions(ids):
            yield from connection.execute(query.where(_S.id.in_(some)))


def pieces(rows: Iterable[Any], some: Mapping[Key, Ruled], months: tuple[str, ...]) -> Pieces:
    """What is admitted of some segments. `rows`: as `_selected` gives them. `months`: the cuts."""
    return Pieces.of(_pieces(rows, some, months))


def _pieces(rows: Iterable[Any], some: Mapping[Key, Ruled], months: tuple[str, ...]) -> Iterator[Piece]:
    one_for_all = months == _ALL
    reasons = {key: (r.decisions[0].reason, r.decisions[0].clauses) for key, r in some.items() if r.whole}
    for name, worker, month, terms, classes, count, first, last, digest, parts in rows:
        key = worker, terms, classes, "" if one_for_all else _stretch(months, month)
        reason = reasons.get(key)
        if reason is not None:
            yield Piece(name, worker, month, count, first, last, digest, *reason)
            continue
        found = some.get(key)
        if found is None:
            continue
        held = {part.name: part for part in class_parts(classes, parts, ClassPart("", count, first, last, digest))}
        for part_name, d in zip(found.classes, found.decisions, strict=True):
            if d.allow:
                part = held[part_name]
                yield Piece(
                    f"{name}{PART}{part_name}", worker, month, part.rows, part.first, part.last, part.digest, d.reason,
                    d.clauses,
                )  # fmt: skip
