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
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Table,
    Text,
    and_,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.schema import CreateTable, DropTable

from guildbook.govern.policy import decide
from guildbook.govern.world import World
from guildbook.model.decision import HELD, Decision, Reason, Request
from guildbook.store import PART, ClassPart, WorkerState, class_names, class_parts, decode_terms, tables

_FEW: Final = 400
_CUTS: Final = 8
"""With more cuts than this the months themselves are grouped by: each stretch is one pass over an index."""
_ALL: Final = ("",)
_REFUSED: Final = 0.9
"""Unless more than this share is refused, all rows are read in order, which beats looking up the admitted ones."""
_ADMITTED: Final = Table(
    "admitted_groups",
    MetaData(),
    Column("worker", Text),
    Column("terms", Text),
    Column("classes", Text),
    prefixes=["TEMPORARY"],
)
"""The groups with anything admitted, for one statement."""
_S: Final = tables.segments.c


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
    def key(self) -> tuple[str, str, str, str]:
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


class Piece(NamedTuple):
    """One admitted segment, or one class of it."""

    id: str
    """`SEGMENT`, or `SEGMENT:CLASS`."""
    worker: str
    month: str
    rows: int
    first: int
    last: int
    digest: str
    reason: Reason
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """What one request may read."""

    ruled: tuple[Ruled, ...]
    pieces: tuple[Piece, ...]
    refused: int
    """Segments of which nothing is admitted."""
    policy_hash: str = ""
    """Of the world that was asked; empty where none was."""


def ruled(connection: Connection, world: World, request: Request, ids: Sequence[str] | None = None) -> list[Ruled]:
    """Decide on all segments, or those of some ids, or of `request.worker` if it names one."""
    return _ruled(connection, world, request, ids, cuts(world, request))


def admit(connection: Connection, world: World, request: Request, ids: Sequence[str] | None = None) -> Admission:
    """The pieces that may be read, by id."""
    months = cuts(world, request)
    found = _ruled(connection, world, request, ids, months)
    some = {each.group.key: each for each in found if any(d.allow for d in each.decisions)}
    refused = sum(each.group.segments for each in found if each.group.key not in some)
    held = sum(each.group.segments for each in found)
    rows = _selected(connection, some, ids, request.worker, everything=refused < held * _REFUSED)
    return Admission(tuple(found), pieces(rows, some, months), refused, world.policy_hash)


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
    person = tables.workers.c
    leaving = set(connection.execute(select(person.id).where(person.state != WorkerState.ACTIVE)).scalars())
    return rule(_groups(connection, request.worker, ids, months), world, request, leaving)


def rule(groups: Iterable[Group], world: World, request: Request, leaving: Collection[str] = ()) -> list[Ruled]:
    """Decide on each class of each group. `leaving`: ids of workers of whom nothing may be read, whatever acts say."""
    gone = Decision(allow=False, reason=Reason.ERASING, clauses=(), policy_hash=world.policy_hash)
    purpose, time, recipient, use = request.purpose, request.time, request.recipient, request.use
    said: dict[tuple[str, str, str, str], Decision] = {}
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


def _groups(connection: Connection, worker: str, ids: Sequence[str] | None, months: tuple[str, ...]) -> Iterator[Group]:
    keys = [_S.worker, _S.terms, _S.classes]
    if months == _ALL:
        queries = [select(*keys, literal_column("''"), func.count(), func.sum(_S.rows)).group_by(*keys)]
    elif len(months) <= _CUTS:
        queries = [
            select(*keys, literal_column(f"'{first}'"), func.count(), func.sum(_S.rows)).where(within).group_by(*keys)
            for first, within in zip(months, _stretches(months), strict=True)
        ]
    else:
        queries = [select(*keys, _S.month, func.count(), func.sum(_S.rows)).group_by(*keys, _S.month)]
    sums: dict[tuple[str, str, str, str], tuple[int, int]] = {}
    for query in queries:
        for some in _parts(query, worker, ids):
            for row in connection.execute(some):
                one, terms, classes, month, segments, rows = tuple(row)
                key = one, terms, classes, _stretch(months, month)
                before = sums.get(key)
                # A sum is a Decimal on PostgreSQL.
                sums[key] = (segments, int(rows)) if before is None else (before[0] + segments, before[1] + int(rows))
    for key, (segments, rows) in sums.items():
        yield Group(*key, segments, rows)


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


def _selected(
    connection: Connection,
    admitted: dict[tuple[str, str, str, str], Ruled],
    ids: Sequence[str] | None,
    worker: str,
    *,
    everything: bool,
) -> Iterator[Any]:
    """The ledger's rows of segments, among them all in the admitted groups."""
    if not admitted:
        return
    query = select(_S.id, _S.worker, _S.month, _S.terms, _S.classes, _S.rows, _S.first, _S.last, _S.digest, _S.parts)
    if worker:
        query = query.where(_S.worker == worker)
    if ids is not None:
        for some in portions(ids):
            yield from connection.execute(query.where(_S.id.in_(some)))
        return
    if everything:
        yield from connection.execute(query)
        return
    a = _ADMITTED.c
    connection.execute(CreateTable(_ADMITTED))
    try:
        keys = dict.fromkeys(key[:3] for key in admitted)
        connection.execute(insert(_ADMITTED), [dict(zip(("worker", "terms", "classes"), k, strict=True)) for k in keys])
        on = and_(_S.worker == a.worker, _S.terms == a.terms, _S.classes == a.classes)
        yield from connection.execute(query.join(_ADMITTED, on))
    finally:
        connection.execute(DropTable(_ADMITTED))


def pieces(
    rows: Iterable[Any], admitted: Mapping[tuple[str, str, str, str], Ruled], months: tuple[str, ...]
) -> tuple[Piece, ...]:
    """What is admitted of some segments, by id. `rows`: as `_selected` gives them. `months`: the cuts."""
    return tuple(sorted(_pieces(rows, admitted, months), key=attrgetter("id")))


def _pieces(
    rows: Iterable[Any], admitted: Mapping[tuple[str, str, str, str], Ruled], months: tuple[str, ...]
) -> Iterator[Piece]:
    one_for_all = months == _ALL
    reasons = {key: (r.decisions[0].reason, r.decisions[0].clauses) for key, r in admitted.items() if r.whole}
    for name, worker, month, terms, classes, count, first, last, digest, parts in rows:
        key = worker, terms, classes, "" if one_for_all else _stretch(months, month)
        reason = reasons.get(key)
        if reason is not None:
            yield Piece(name, worker, month, count, first, last, digest, *reason)
            continue
        found = admitted.get(key)
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
