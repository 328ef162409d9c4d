"""Whose traces in an artefact may not be used any more.

An artefact's lineage says by worker, class and reason what it was made from. What takes a permission away (a refusal, a
pause, a strike, the collective's refusal, an agreement that is suspended or ends) does so for a worker and class, not
for single segments; so lineage is held against what is decided now on the worker's traces of that class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, select

from guildbook.govern.admission import Ruled, ruled
from guildbook.govern.world import World
from guildbook.model.decision import Decision, Reason, Request
from guildbook.store import tables

Line = tuple[str, str, str, str]
"""(worker id, class, reason, clauses)."""
_LASTING: Final = frozenset({str(Reason.IMPORT_TERMS), str(Reason.OWN_PURPOSE)})
"""Reasons that stand as long as nothing is held against them."""


def lineage(ledger: Connection, artefact: str) -> frozenset[Line]:
    """What an artefact was made from."""
    table = tables.artefact_workers
    query = select(table.c.worker, table.c["class"], table.c.reason, table.c.clauses)
    return frozenset((r[0], r[1], r[2], r[3]) for r in ledger.execute(query.where(table.c.artefact == artefact)))


def lineage_of(found: Iterable[Ruled]) -> frozenset[Line]:
    """The lineage of an artefact made from what was admitted so."""
    return frozenset(
        (each.group.worker, name, str(d.reason), " ".join(d.clauses))
        for each in found
        for name, d in zip(each.classes, each.decisions, strict=True)
        if d.allow
    )


def withheld(ledger: Connection, world: World, request: Request, artefact: str) -> Mapping[str, frozenset[Reason]]:
    """Ids of the workers whose traces are in an artefact and may not be used so now, each with the reasons."""
    inside = lineage(ledger, artefact)
    if not inside:
        return {}
    now: dict[tuple[str, str], list[Decision]] = {}
    for each in ruled(ledger, world, request):
        for name, decision in zip(each.classes, each.decisions, strict=True):
            now.setdefault((each.group.worker, name), []).append(decision)
    out: dict[str, frozenset[Reason]] = {}
    for worker, name, reason, clauses in sorted(inside):
        decisions = now.get((worker, name), [])
        if not _stands(reason, clauses, decisions):
            out[worker] = out.get(worker, frozenset()) | {d.reason for d in decisions if not d.allow}
    return out


def _stands(reason: str, clauses: str, decisions: list[Decision]) -> bool:
    """Whether what was once admitted for a reason still is, by the decisions on all traces of that worker and class.

    Traces that came later, on other terms, may be refused without anything being taken back: so a reason that still
    holds stands for what it admitted. Where it does not, another reason must admit everything.
    """
    allowed = [d for d in decisions if d.allow]
    if len(allowed) == len(decisions):
        return True
    if reason in _LASTING:
        return bool(allowed)
    return any((str(d.reason), " ".join(d.clauses)) == (reason, clauses) for d in allowed)
