"""The lineage desk: what was made of what, on which inherited terms, and how it stands now."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from guildbook.app.distilling import Distilling
from guildbook.app.handing import MANIFEST
from guildbook.app.identities import read_json
from guildbook.app.neural import ARTEFACT, Nets
from guildbook.app.persons import Actor
from guildbook.govern import Gate
from guildbook.govern.acts import Act, ActKind
from guildbook.govern.lineage import (
    Denial,
    Graph,
    Group,
    Node,
    Standing,
    State,
    allowed,
    derived_fault,
    standing,
    terms_of,
    withdrawn_fault,
)
from guildbook.govern.lineage.graph import MADE, READING, TOLD_BY, groups_of
from guildbook.govern.suppression import LEAST
from guildbook.model.decision import ALLOWING, IN_HOUSE, Reason
from guildbook.model.errors import DeniedError, InputError, UnknownNameError, UsageError
from guildbook.model.lineage import Terms
from guildbook.model.time import iso, now
from guildbook.store import Store, tables

IN_HOUSE_WORD: Final = "in-house"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PRACTICE: Final = "practice"


@dataclass(frozen=True, slots=True)
class Lineages:
    """Where things come from. Everything is worked out from the log when it is asked for."""

    _store: Store
    _gate: Gate
    _distil: Distilling
    _nets: Nets

    def list(self) -> list[dict[str, Any]]:
        """What the book keeps, and what was exported, handed out or derived, in the order in which it was made."""
        graph = self.graph()
        groups = self._groups(graph)
        return [self._line(graph, groups, node) for node in graph.latest() if self._listed(groups, node)]

    def show(self, name: str, *, segments: bool = False) -> dict[str, Any]:
        """One artefact, export or practice: terms, state, and all it was made of, down to the traces.

        `segments`: with the ids of those that are still in the book. Raises `UnknownNameError`.
        """
        graph = self.graph()
        groups = self._groups(graph)
        try:
            node, whose, part = graph.nodes[graph.key(name)], None, None
        except KeyError:
            part, whose = self._practice(name)
            node = graph.nodes[graph.key(self._distil.learnt_name())]
        told = self._line(graph, groups, node)
        if part is not None:
            told |= {"name": part["id"], "kind": _PRACTICE, "title": part["title"], "in": node.name}
            if not part["shown"]:
                told |= {"state": str(State.WITHHELD), "reasons": []}
        readings = graph.readings(node.key)
        found = told | {
            "terms": self._terms(terms_of(self._gate.register.world(), graph, groups, node.key)),
            "made_of": [_short(each) for each in graph.ancestors(node.key)[1:]],
            "readings": [self._reading(each, groups(each.key), whose) for each in readings],
        }
        if node.name == ARTEFACT and part is None:
            found["shards"] = {group or "all": len(some) for group, some in sorted(self._nets.shards().items())}
        if segments:
            found["segments"] = self._segments([g for each in readings for g in groups(each.key)], whose)
        return found

    def derive(
        self, name: str, kind: str, made_of: Sequence[str], actor: Actor, file: Path | None = None
    ) -> dict[str, Any]:
        """Write down that something was made of others (names, grants, or files that were handed out).

        Raises `DeniedError` where the terms do not allow it, with the reason `depth` where it is too far from the
        traces; `UnknownNameError` for what was never made.
        """
        if not _NAME.fullmatch(name) or not _NAME.fullmatch(kind):
            raise UsageError("A name is letters, digits, dots and dashes.", "For example: assistant-1 --kind model.")
        digest, by = "" if file is None else _digest(file), _acting(actor)
        graph = self.graph()
        groups = self._groups(graph)
        parents = sorted({self._key(graph, each) for each in made_of})
        found = allowed(self._gate.register.world(), graph, groups, parents, by, now())
        if isinstance(found, Denial):
            raise _denied(found.reason, found.what)
        body = {"artefact": name, "kind": kind, "from": parents, "digest": digest, "terms": found.to_dict()}

        def check(ledger: Connection, places: range) -> None:
            self._take(graph, ledger, places[0])  # somebody may have made something of that name meanwhile
            world = self._gate.register.world()
            fault = derived_fault(world, graph, groups, body, by, now())
            if fault is not None:
                raise _denied(*fault)

        self._gate.register.act(ActKind.DERIVE, body, actor.signer, project=check)
        return self.show(name)

    def withdraw(self, name: str, actor: Actor) -> dict[str, Any]:
        """Write down that something somebody held was deleted: their word, signed. Raises `DeniedError`."""
        graph = self.graph()
        key = self._key(graph, name)
        body = {"artefact": key}

        def check(ledger: Connection, places: range) -> None:
            self._take(graph, ledger, places[0])
            fault = withdrawn_fault(self._gate.register.world(), graph, body, _acting(actor))
            if fault:
                raise DeniedError(f"That cannot be said: {fault}.", "See: guildbook lineage list.", "no-authority")

        self._gate.register.act(ActKind.WITHDRAW, body, actor.signer, project=check)
        return self.show(key)

    def of(self, worker: str, since: int, until: int) -> list[dict[str, Any]]:
        """What was made of a worker's traces (an id) in a time, µs UTC: for them alone."""
        graph = self.graph()
        groups = self._groups(graph)
        found: list[dict[str, Any]] = []
        for node in graph.nodes.values():
            if since <= node.time < until and (node.kind != READING or self._listed(groups, node)):
                read = (g for each in graph.readings(node.key) for g in groups(each.key))
                if any(g.worker == worker and g.reason in ALLOWING for g in read):
                    found.append({"entry": node.seq} | self._line(graph, groups, node))
        return found

    def graph(self) -> Graph:
        """Everything that was read and made, from the log."""
        made = Graph()
        with self._store.look() as ledger:
            self._take(made, ledger, self._gate.register.log.size(ledger))
        return made

    def _take(self, graph: Graph, ledger: Connection, until: int) -> None:
        if graph.taken < until:
            for one in self._gate.register.log.openings(ledger, graph.taken, until):
                if one.act["kind"] in TOLD_BY:
                    graph.take(Act.from_dict(one.act), one.entry.seq)
            graph.taken = until

    def _groups(self, graph: Graph) -> Callable[[str], Sequence[Group]]:
        """What grants decided; the log is opened at the grants that are asked about."""
        held: dict[str, list[Group]] = {}

        def groups(grant: str) -> Sequence[Group]:
            if grant not in held:
                seq = graph.nodes[grant].seq
                with self._store.look() as ledger:
                    one = next(iter(self._gate.register.log.openings(ledger, seq, seq + 1)))
                held[grant] = groups_of(one.act["body"])
            return held[grant]

        return groups

    def _listed(self, groups: Callable[[str], Sequence[Group]], node: Node) -> bool:
        """Whether it outlives the process that made it, and is not what somebody was shown of their own."""
        if node.kind != READING:
            return True
        given = [g.reason for g in groups(node.key) if g.reason in ALLOWING] if node.out else []
        return any(reason != Reason.OWN_RIGHT for reason in given)

    def _line(self, graph: Graph, groups: Callable[[str], Sequence[Group]], node: Node) -> dict[str, Any]:
        world = self._gate.register.world()
        terms = terms_of(world, graph, groups, node.key)
        found = standing(world, graph, groups, node.key, now())
        kind = node.kind
        if node.kind == MADE:
            kept = {row.name: row.kind for row in self._store.artefacts()}
            newest = graph.key(node.name) == node.key
            kind = kept.get(node.name, "artefact")
            found = found if newest and node.name in kept else Standing(State.GONE)
        elif node.kind == READING:
            kind = "vault-copy" if node.lent else node.name.partition(":")[0]
        return {
            "name": node.key if node.kind == READING else node.name, "kind": kind, "depth": node.depth,
            "made": iso(node.time), "by": self._gate.label(node.by) if node.by else "the book",
            "purposes": sorted(terms.purposes), "recipients": self._labels(terms.recipients),
            "depth_left": terms.depth_left, "state": str(found.state), "reasons": list(found.reasons),
            "until": None if found.until is None else iso(found.until), "digest": node.digest,
        }  # fmt: skip

    def _reading(self, node: Node, groups: Iterable[Group], whose: frozenset[str] | None) -> dict[str, Any]:
        """The traces something goes back to. `whose`: of these people alone."""
        some = [g for g in groups if g.reason in ALLOWING and (whose is None or g.worker in whose)]
        table = tables.grants.c
        with self._store.look() as ledger:
            held = ledger.execute(select(table.admitted).where(table.id == node.key)).scalar()
        return {
            "grant": node.key, "entry": node.seq, "purpose": node.purpose, "use": node.use,
            "recipient": self._labels([node.recipient])[0], "workers": self._few({g.worker for g in some}),
            "classes": sorted({g.trace_class for g in some}), "segments": held if whose is None else None,
            "reasons": sorted({g.reason for g in some}), "clauses": sorted({c for g in some for c in g.clauses}),
            "segments_root": node.root,
        }  # fmt: skip

    def _few(self, people: set[str]) -> int | None:
        """How many people; None where others have a say of their own and these are few, or all but a few."""
        if not self._gate.register.world().people:
            return len(people)
        every = sum(worker.name is not None for worker in self._store.workers())
        shown = len(people) >= LEAST and (len(people) == every or every - len(people) >= LEAST)
        return len(people) if shown else None

    def _segments(self, groups: Iterable[Group], whose: frozenset[str] | None) -> list[str]:
        keys = {(g.worker, g.terms) for g in groups if g.reason in ALLOWING and (whose is None or g.worker in whose)}
        return [row.id for row in self._store.segments() if (row.worker, row.terms) in keys]

    def _practice(self, name: str) -> tuple[dict[str, Any], frozenset[str]]:
        """A practice, and the ids of those it rests on. Raises `UnknownNameError`."""
        found = self._distil.practice(name)
        if found is None:
            raise UnknownNameError("artefact, export or practice", name)
        practice, shown, people = found
        ids = frozenset(self._store.worker_id(each) for each in people)
        return {"id": practice.id, "title": practice.title, "shown": shown}, ids

    def _terms(self, terms: Terms) -> dict[str, Any]:
        return terms.to_dict() | {
            "recipients": self._labels(terms.recipients), "ends": None if terms.ends is None else iso(terms.ends),
        }  # fmt: skip

    def _labels(self, recipients: Iterable[str]) -> list[str]:
        return [IN_HOUSE_WORD if each == IN_HOUSE else self._gate.label(each) for each in sorted(recipients)]

    def _key(self, graph: Graph, name: str) -> str:
        beside = Path(name + MANIFEST)
        wanted = str(read_json(beside).get("grant", "")) if beside.exists() else name
        try:
            return graph.key(wanted)
        except KeyError:
            groups = self._groups(graph)
            known = [node.name for node in graph.latest() if self._listed(groups, node)]
            raise UnknownNameError("artefact or export", name, known) from None


def _acting(actor: Actor) -> str:
    """By whom an act is signed: whoever has no key does it as the book."""
    return "" if actor.signer is None else actor.signer.person


def _short(node: Node) -> dict[str, Any]:
    return {
        "name": node.key if node.kind == READING else node.name, "depth": node.depth, "entry": node.seq,
        "made": iso(node.time), "of": list(node.parents),
    }  # fmt: skip


def _denied(reason: Reason, what: str) -> DeniedError:
    fix = "What may be made of it: guildbook lineage show NAME."
    return DeniedError(f"{what[:1].upper()}{what[1:].rstrip('.')}.", fix, str(reason))


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", "Give the file that was made.") from error


def in_words(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What `show` gives, as rows for people."""
    terms = found["terms"]
    left = terms["depth_left"]
    state = ", ".join([found["state"], *found["reasons"]]) + (f" until {found['until']}" if found["until"] else "")
    shards = ", ".join(f"{name}: {count} segments" for name, count in found.get("shards", {}).items())
    return [
        ("name", found["name"]), *([("title", found["title"])] if "title" in found else []),
        ("kind", found["kind"]), ("made", f"{found['made'][:19]} by {found['by']}"),
        ("state", state),
        ("depth", f"{found['depth']}; " + ("no limit" if left is None else f"{max(left, 0)} more may be derived")),
        ("for", ", ".join(terms["purposes"]) or "nothing"), ("whose", ", ".join(terms["recipients"]) or "nobody"),
        ("under", ", ".join(terms["clauses"]) or "no agreement"), ("ends", terms["ends"] or "not by an agreement"),
        ("then", "to be deleted" if terms["delete_on_end"] else "stays"),
        *([("shards", shards)] if shards else []),
        ("bound", "none" if terms["bound"] is None else f"{terms['bound'] / 10_000:g} % of episodes alone"),
    ]  # fmt: skip
