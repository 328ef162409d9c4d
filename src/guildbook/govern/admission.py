"""Bulk admission: which sealed segments, and which classes in them, may be read for one request.

What decides is the same for all segments of one worker with the same terms and classes. So the ledger groups its
segments by these in one statement, `policy.decide` rules on each group and class once, and a second statement selects
what was admitted. There is one policy, and none in SQL that could come to differ from it; the cost is one decision a
group and class, whatever the number of segments and events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, Table, Text, and_, func, insert, literal_column, select
from sqlalchemy.schema import CreateTable, DropTable

from guildbook.govern.policy import decide
from guildbook.govern.world import World
from guildbook.model.decision import Decision, Reason, Request
from guildbook.store import PART, ClassPart, WorkerState, class_names, class_parts, decode_terms, tables

_FEW: Final = 400
_ADMITTED: Final = Table(
    "admitted_groups",
    MetaData(),
    Column("worker", Text),
    Column("terms", Text),
    Column("classes", Text),
    Column("month", Text),
    prefixes=["TEMPORARY"],
)
"""The groups with anything admitted, for one statement."""


@dataclass(frozen=True, slots=True)
class Group:
    """Segments on which the same is decided."""

    worker: str
    terms: str
    classes: str
    """As the ledger notes them."""
    month: str
    """Empty where no rule looks at months."""
    segments: int
    rows: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a segment is looked up by."""
        return self.worker, self.terms, self.classes, self.month


@dataclass(frozen=True, slots=True)
class Ruled:
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
class Piece:
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


def ruled(connection: Connection, world: World, request: Request, ids: Sequence[str] | None = None) -> list[Ruled]:
    """Decide on all segments, or those of some ids, or of `request.worker` if it names one."""
    monthly = _by_month(world, request)
    person = tables.workers.c
    leaving = set(connection.execute(select(person.id).where(person.state != WorkerState.ACTIVE)).scalars())
    gone = Decision(allow=False, reason=Reason.ERASING, clauses=(), policy_hash=world.policy_hash)
    out: list[Ruled] = []
    for group in _groups(connection, request.worker, ids, monthly=monthly):
        names = class_names(group.classes)
        terms = decode_terms(group.terms)
        decisions = tuple(
            gone
            if group.worker in leaving  # whatever the acts say, as when a forgetting was cut short
            else decide(
                world,
                Request(
                    group.worker,
                    name,
                    request.purpose,
                    request.time,
                    request.recipient,
                    request.use,
                    group.month,
                    terms,
                ),
            )
            for name in names
        )
        out.append(Ruled(group, names, decisions))
    return out


def admit(connection: Connection, world: World, request: Request, ids: Sequence[str] | None = None) -> Admission:
    """The pieces that may be read, by id."""
    found = ruled(connection, world, request, ids)
    some = {each.group.key: each for each in found if each.allowed}
    refused = sum(each.group.segments for each in found if not each.allowed)
    monthly = any(each.group.month for each in found)
    rows = _selected(connection, list(some), ids, request.worker, everything=len(some) == len(found), monthly=monthly)
    pieces = [piece for row in rows for piece in _pieces(row, some[_key(row, monthly=monthly)])]
    return Admission(tuple(found), tuple(sorted(pieces, key=lambda p: p.id)), refused)


def _by_month(world: World, request: Request) -> bool:
    """Whether an agreement in force admits some months and not others."""
    return any(
        rule.first_month or rule.last_month
        for (_, recipient, purpose), rules in world.index.items()
        if (recipient, purpose) == (request.recipient, request.purpose)
        for _, rule in rules
    )


def _groups(connection: Connection, worker: str, ids: Sequence[str] | None, *, monthly: bool) -> Iterator[Group]:
    s = tables.segments.c
    month = s.month if monthly else literal_column("''")
    keys = [s.worker, s.terms, s.classes, month.label("month")]
    grouped = [s.worker, s.terms, s.classes, *([s.month] if monthly else [])]
    query = select(*keys, func.count(), func.sum(s.rows)).group_by(*grouped)
    if worker:
        query = query.where(s.worker == worker)
    if ids is None:
        for row in connection.execute(query):
            yield Group(row[0], row[1], row[2], row[3], int(row[4]), int(row[5]))
        return
    sums: dict[tuple[str, str, str, str], list[int]] = {}
    for start in range(0, len(ids), _FEW):
        for row in connection.execute(query.where(s.id.in_(ids[start : start + _FEW]))):
            total = sums.setdefault((row[0], row[1], row[2], row[3]), [0, 0])
            total[0] += int(row[4])
            total[1] += int(row[5])
    for key, (segments, rows) in sums.items():
        yield Group(*key, segments, rows)


def _selected(
    connection: Connection,
    admitted: Sequence[tuple[str, str, str, str]],
    ids: Sequence[str] | None,
    worker: str,
    *,
    everything: bool,
    monthly: bool,
) -> list[Any]:
    """The ledger's rows of the segments in the admitted groups."""
    if not admitted:
        return []
    s = tables.segments.c
    query = select(s.id, s.worker, s.month, s.terms, s.classes, s.rows, s.first, s.last, s.digest, s.parts)
    if worker:
        query = query.where(s.worker == worker)
    if ids is not None:
        found = [
            row
            for start in range(0, len(ids), _FEW)
            for row in connection.execute(query.where(s.id.in_(ids[start : start + _FEW])))
        ]
        wanted = set(admitted)
        return [row for row in found if _key(row, monthly=monthly) in wanted]
    if everything:
        return list(connection.execute(query))
    a = _ADMITTED.c
    connection.execute(CreateTable(_ADMITTED))
    try:
        connection.execute(
            insert(_ADMITTED),
            [dict(zip(("worker", "terms", "classes", "month"), key, strict=True)) for key in admitted],
        )
        on = and_(s.worker == a.worker, s.terms == a.terms, s.classes == a.classes)
        if monthly:
            on = and_(on, s.month == a.month)
        return list(connection.execute(query.join(_ADMITTED, on)))
    finally:
        connection.execute(DropTable(_ADMITTED))


def _key(row: Any, *, monthly: bool) -> tuple[str, str, str, str]:
    return row.worker, row.terms, row.classes, row.month if monthly else ""


def _pieces(row: Any, found: Ruled) -> Iterator[Piece]:
    if found.whole:
        d = found.decisions[0]
        yield Piece(row.id, row.worker, row.month, row.rows, row.first, row.last, row.digest, d.reason, d.clauses)
        return
    whole = ClassPart("", row.rows, row.first, row.last, row.digest)
    held = {part.name: part for part in class_parts(row.classes, row.parts, whole)}
    for name, d in zip(found.classes, found.decisions, strict=True):
        if d.allow:
            part = held[name]
            yield Piece(
                f"{row.id}{PART}{name}", row.worker, row.month, part.rows, part.first, part.last, part.digest, d.reason,
                d.clauses,
            )  # fmt: skip
