"""What may be done with something that was made, by what it was made of: terms, whether it may be made, how it stands.

Nothing here is kept: it is worked out from the log's graph and the state of consent, so it changes with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from guildbook.govern.lineage.graph import MADE, READING, Graph, Group, Node
from guildbook.govern.policy import decide
from guildbook.govern.roles import Standing as As
from guildbook.govern.world import World
from guildbook.govern.world.parts import Agreement
from guildbook.govern.world.state import EVERYTHING
from guildbook.model.decision import ALLOWING, IN_HOUSE, Reason, Request
from guildbook.model.lineage import Terms, met
from guildbook.model.time import DAY, LATEST
from guildbook.store import decode_terms

Groups = Callable[[str], Sequence[Group]]
"""What a grant decided, by its id."""


class State(StrEnum):
    """How something that was made stands now, the gravest first."""

    GONE = "gone"
    """Deleted, or no longer kept."""
    DELETE = "to delete"
    """An agreement ended, and its terms want it deleted or unlearnt."""
    WITHHELD = "withheld"
    """Somebody whose traces are in it, or their collective, withholds them."""
    KEPT = "may be kept"
    """An agreement ended; it may be kept, and nothing more be made of it."""
    IN_USE = "in use"


class Standing(NamedTuple):
    """A state, why, and until when it lasts where that is known."""

    state: State
    reasons: tuple[str, ...] = ()
    workers: int = 0
    """How many people's traces in it may not be used now."""
    until: int | None = None
    """µs UTC."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Why something must not be made."""

    reason: Reason
    what: str
    """In words."""


class _Ended(NamedTuple):
    """An agreement that something rests on and that has ended."""

    clause: str
    since: int
    delete: bool
    retention_days: int | None


SUSPENDED: Final = "suspended"
"""The reason where a clause is suspended."""
_STANDS: Final = LATEST


def terms_of(world: World, graph: Graph, groups: Groups, key: str) -> Terms:
    """The terms something has by what it was made of. Raises KeyError for what is not in the graph."""
    held: dict[str, Terms] = {}
    for node in reversed(graph.ancestors(key)):
        _worked_out(world, graph, groups, node, held)
    return held[key]


def _worked_out(world: World, graph: Graph, groups: Groups, node: Node, held: dict[str, Terms]) -> Terms:
    found = held.get(node.key)
    if found is None:
        if node.kind == READING:
            found = _read(world, node, groups(node.key))
        else:
            found = met(_worked_out(world, graph, groups, graph.nodes[p], held) for p in node.parents).derived()
        held[node.key] = found
    return found


def _read(world: World, node: Node, groups: Iterable[Group]) -> Terms:
    """The terms of traces as they were read."""
    clauses = {c for g in groups if g.reason in ALLOWING for c in g.clauses}
    found = read_terms(world, node.purpose, node.recipient, clauses)
    if node.lent:  # what is held out is there to be scored against, and for nothing else
        return replace(found, recipients=frozenset({node.lent}), depth_left=0)
    return found


def read_terms(world: World, purpose: str, recipient: str, clauses: Iterable[str]) -> Terms:
    """The terms of traces that somebody was given for a purpose: those of every clause that allowed any of them."""
    agreed = [_agreed(world, clause, purpose) for clause in sorted(set(clauses)) if "#" in clause]
    return met([Terms(frozenset({purpose}), frozenset({recipient})), *agreed])


def _agreed(world: World, clause: str, purpose: str) -> Terms:
    agreement = world.agreements[clause.partition("#")[0]]
    said = agreement.latest.terms
    ends = _ends(agreement)
    return Terms(
        frozenset({purpose}), frozenset({agreement.licensee}), frozenset({clause}),
        None if ends >= _STANDS else ends, said.retention_days, said.derivative_depth, said.substitution.bound,
        said.remedies.delete_on_end,
    )  # fmt: skip


def _ends(agreement: Agreement) -> int:
    last = max((rule.ends for rule in agreement.rules), default=LATEST)
    return last if agreement.ends is None else min(last, agreement.ends)


def allowed(world: World, graph: Graph, groups: Groups, parents: Sequence[str], by: str, time: int) -> Terms | Denial:
    """The terms of what somebody would make of these (keys), or why they must not.

    Raises KeyError for what is not in the graph.
    """
    if not parents:
        return Denial(Reason.NO_PERMISSION, "It is not said what it is made of.")
    if any(graph.nodes[parent].kind == READING and not graph.nodes[parent].out for parent in parents):
        return Denial(Reason.NO_PERMISSION, "It is made of traces that nobody was given.")
    terms = met(terms_of(world, graph, groups, parent) for parent in parents).derived()
    if terms.recipients != frozenset({_holder(world, by)}):
        return Denial(Reason.NO_PERMISSION, "It is made of something that was given to somebody else.")
    if not terms.purposes:
        return Denial(Reason.NO_PERMISSION, "What it is made of was given for different purposes.")
    if terms.depth_left is not None and terms.depth_left < 0:
        return Denial(Reason.DEPTH, "The agreement allows nothing to be derived at this depth.")
    for parent in parents:
        found = standing(world, graph, groups, parent, time)
        if found.state is not State.IN_USE:
            why = f": {', '.join(found.reasons)}" if found.reasons else ""
            return Denial(Reason.NO_PERMISSION, f"What it is made of is {found.state}{why}.")
    return terms


def _holder(world: World, by: str) -> str:
    """As whose something is made: a licensee makes it for themself, whoever runs the book for the book."""
    known = world.people.get(by)
    return IN_HOUSE if known is None or str(As.OPERATOR) in known.roles else by


def standing(world: World, graph: Graph, groups: Groups, key: str, time: int) -> Standing:
    """How something stands at a time, by everything that it goes back to."""
    if key in graph.gone:
        return Standing(State.GONE)
    kept: set[str] = set()
    workers: set[str] = set()
    ended: dict[str, _Ended] = {}
    for node in graph.readings(key):
        for group in groups(node.key):
            if group.reason not in ALLOWING:
                continue
            over = [each for clause in group.clauses if "#" in clause and (each := _over(world, clause, time))]
            ended |= {each.clause: each for each in over}
            reason = _withheld(world, node, group, time, ended=bool(over))
            if reason:
                kept.add(reason)
                workers.add(group.worker)
    return _told(graph.nodes[key], kept, len(workers), list(ended.values()), time)


def _withheld(world: World, node: Node, group: Group, time: int, *, ended: bool) -> str:
    """Why the traces of a group may not be used now; empty where they may, or where only the agreement has ended."""
    if world.forgotten.get(group.worker, -1) >= node.time:
        return str(Reason.ERASING)
    asked = Request(
        group.worker, group.trace_class, node.purpose, time, node.recipient, node.use, group.month,
        decode_terms(group.terms), node.vault,
    )  # fmt: skip
    found = decide(world, asked)
    if found.allow or (ended and found.reason is Reason.NO_PERMISSION):
        return ""
    return SUSPENDED if any("#" in c and _suspended(world, c) for c in group.clauses) else str(found.reason)


def _suspended(world: World, clause: str) -> bool:
    agreement, _, named = clause.partition("#")
    return not {named, EVERYTHING}.isdisjoint(world.agreements[agreement].suspended)


def _over(world: World, clause: str, time: int) -> _Ended | None:
    """The agreement of a clause, if it has ended: by its term, by notice, or because another took its place."""
    agreement = world.agreements[clause.partition("#")[0]]
    said = agreement.latest.terms
    since = _ends(agreement)
    if agreement.superseded:
        after = world.agreements[agreement.superseded]
        purposes = {rule.purpose for rule in after.rules}
        if _purpose(clause) in purposes and not _over(world, f"{after.id}#{clause.partition('#')[2]}", time):
            return None
        since = min(since, after.since)
    return _Ended(clause, since, said.remedies.delete_on_end, said.retention_days) if since <= time else None


def _purpose(clause: str) -> str:
    return clause.rpartition(".")[2]


def _told(node: Node, kept: set[str], workers: int, ended: list[_Ended], time: int) -> Standing:
    reasons = tuple(sorted(kept))
    why = tuple(sorted(f"{each.clause} ended" for each in ended))
    if node.depth == 0:
        untils = [None if e.retention_days is None else e.since + e.retention_days * DAY for e in ended]
        must = any(until is not None and until <= time for until in untils)
        until = min((each for each in untils if each is not None), default=None)
    else:
        must, until = any(each.delete for each in ended), None
    if must:
        return Standing(State.DELETE, (*why, *reasons), workers)
    if reasons:
        return Standing(State.WITHHELD, (*why, *reasons), workers)
    return Standing(State.KEPT, why, 0, until) if ended else Standing(State.IN_USE)


def derived_fault(
    world: World, graph: Graph, groups: Groups, said: Mapping[str, object], by: str, time: int
) -> tuple[Reason, str] | None:
    """What is wrong with a `derive` act, and why; None where it follows."""
    parents = [str(each) for each in _list(said["from"])]
    unknown = [parent for parent in parents if parent not in graph.nodes]
    if unknown:
        return Reason.NO_PERMISSION, f"nothing called {unknown[0]} was ever made"
    if str(said["artefact"]) in graph.nodes or "@" in str(said["artefact"]):
        return Reason.NO_PERMISSION, "there is something of that name already"
    found = allowed(world, graph, groups, parents, by, time)
    if isinstance(found, Denial):
        return found.reason, found.what
    if said["terms"] != found.to_dict():
        return Reason.NO_PERMISSION, "it does not have the terms of what it was made of"
    return None


def withdrawn_fault(world: World, graph: Graph, said: Mapping[str, object], by: str) -> str:
    """What is wrong with a `withdraw` act, which says that something was deleted; empty where nothing is."""
    node = graph.nodes.get(str(said["artefact"]))
    if node is None or node.kind == MADE:
        return "there is no such thing that somebody else holds"
    if node.key in graph.gone:
        return "it was deleted before"
    return "" if node.recipient in {by, _holder(world, by)} else "it is not theirs"


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - of whatever
