"""What was made of what: a fold over the log's grants, publications, derivations and deletions.

A reading under a grant is at depth 0: it holds traces. What is made from readings is at depth 1, what is made from that
at depth 2, and so on. An artefact that the book makes anew is another node of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from guildbook.govern.acts import Act, ActKind
from guildbook.model.purpose import Purpose

READING: Final = "reading"
"""Kind of what holds traces: read by a stage, exported, or handed out."""
MADE: Final = "made"
"""Kind of what the book keeps."""
HANDED: Final = "licensee"
"""The stage under which a licensee is handed traces."""
EXPORT: Final = "export:"
"""What the artefact of a grant for an export begins with."""

TOLD_BY: Final = frozenset({ActKind.GRANT, ActKind.PUBLISH, ActKind.DERIVE, ActKind.WITHDRAW, ActKind.VAULT_LEND})
"""The acts that say what was read and made."""


class Group(NamedTuple):
    """What one grant decided on one class of one group of segments, as the log has it."""

    worker: str
    terms: str
    trace_class: str
    month: str
    segments: int
    rows: int
    reason: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A reading of traces, or something made."""

    key: str
    """Id of the grant; `NAME@ENTRY` of what the book made; the name somebody gave what they derived."""
    name: str
    kind: str
    depth: int
    parents: tuple[str, ...]
    """Keys."""
    seq: int
    """Of the log entry."""
    time: int
    """µs UTC."""
    by: str
    """Id of whoever made it; empty: the book."""
    purpose: str = ""
    use: str = ""
    recipient: str = ""
    root: str = ""
    """Of the segments of a reading."""
    stage: str = ""
    """Who read."""
    vault: str = ""
    """The evaluation vault that was read."""
    lent: str = ""
    """To whom a copy of a vault was lent."""
    digest: str = ""
    """SHA-256 of what was derived, where it was told."""
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The terms that were written down when it was derived."""

    @property
    def out(self) -> bool:
        """Whether it holds traces that somebody was given, and was not only looked at."""
        return self.kind == READING and (self.stage == HANDED or self.name.startswith(EXPORT))


class Graph:
    """Everything that was read and made, as far as the log was taken in."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.gone: dict[str, int] = {}
        """What was deleted, by key → the log entry that says so."""
        self.taken = 0
        """Entries taken in."""
        self._latest: dict[str, str] = {}

    def take(self, act: Act, seq: int) -> None:
        """Take an entry in; those that are about something else change nothing. Raises KeyError for a broken one."""
        self.taken = seq + 1
        body = act.body
        if act.kind is ActKind.GRANT and body["purpose"] != Purpose.UNLEARN:
            self._add(Node(
                str(body["grant"]), str(body["artefact"]), READING, 0, (), seq, act.time, act.by, str(body["purpose"]),
                str(body["use"]), str(body["recipient"]), str(body["root"]), str(body["stage"]),
                str(body.get("vault", "")),
            ))  # fmt: skip
        elif act.kind is ActKind.VAULT_LEND:
            self._add(replace(self.nodes[str(body["grant"])], lent=str(body["to"])))
        elif act.kind is ActKind.PUBLISH:
            name = str(body["artefact"])
            said = [self._latest[str(each)] for each in body.get("from", ()) if str(each) in self._latest]
            parents = tuple(said) or (str(body["grant"]),)
            self._add(Node(f"{name}@{seq}", name, MADE, self.depth(parents), parents, seq, act.time, act.by))
        elif act.kind is ActKind.DERIVE:
            name, parents = str(body["artefact"]), tuple(map(str, body["from"]))
            self._add(Node(
                name, name, str(body["kind"]), self.depth(parents), parents, seq, act.time, act.by,
                recipient=act.by, digest=str(body["digest"]), given=body["terms"],
            ))  # fmt: skip
        elif act.kind is ActKind.WITHDRAW:
            self.gone[self.key(str(body["artefact"]))] = seq

    def key(self, name: str) -> str:
        """The key of the latest of that name, or of the reading whose id begins so. Raises KeyError."""
        if name in self.nodes:
            return name
        if name in self._latest:
            return self._latest[name]
        found = [key for key in self.nodes if key.startswith(name)] if len(name) >= _SHORTEST else []
        if len(found) != 1:
            raise KeyError(name)
        return found[0]

    def depth(self, parents: tuple[str, ...]) -> int:
        """How far from the traces something made of these is. Raises KeyError for a parent that was never made."""
        return 1 + max(self.nodes[parent].depth for parent in parents)

    def latest(self) -> Iterator[Node]:
        """The newest of each name, in the order in which they were made."""
        yield from sorted((self.nodes[key] for key in self._latest.values()), key=lambda node: node.seq)

    def ancestors(self, key: str) -> list[Node]:
        """The node and all that it was made of, each once, the parents of one behind it."""
        found: dict[str, Node] = {}
        waiting = [key]
        while waiting:
            node = self.nodes[waiting.pop(0)]
            if node.key not in found:
                found[node.key] = node
                waiting += node.parents
        return list(found.values())

    def readings(self, key: str) -> list[Node]:
        """The readings of traces that something goes back to."""
        return [node for node in self.ancestors(key) if node.kind == READING]

    def _add(self, node: Node) -> None:
        self.nodes[node.key] = node
        # Each reading stands for itself; of what is made anew only the newest is there.
        self._latest[node.key if node.kind == READING else node.name] = node.key


_SHORTEST: Final = 8


def groups_of(body: Mapping[str, Any]) -> list[Group]:
    """What a grant decided, from the body of its act."""
    return [
        Group(str(w), str(t), str(c), str(m), int(s), int(r), str(reason), tuple(map(str, clauses)))
        for w, t, c, m, s, r, reason, clauses in body["groups"]
    ]
