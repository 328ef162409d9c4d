"""The auditor's replay: everything that was decided, decided again from the log alone.

Acts are folded in order with signatures verified and the evidence of counts looked at, which gives every agreement in
force and every ballot. At its place in the log each grant must have been decided on the state of consent just there,
with the same answer and reason for every group; each receipt must belong to a grant, to a group it allowed, be no more
than that, and be allowed still; nothing is published of which a part was withdrawn; what was derived has the terms it
inherits, at a depth they allow; payouts are what their rule says.

That the entries are those that were logged is for `verify` to say, with checkpoints; this says whether they follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.audit import payouts
from guildbook.govern.audit.entry import Opening
from guildbook.govern.lineage.graph import Graph, Group, groups_of
from guildbook.govern.lineage.rights import derived_fault, withdrawn_fault
from guildbook.govern.policy import decide
from guildbook.govern.vault.replaying import fault as scoring_fault
from guildbook.govern.world import World
from guildbook.model.decision import ALLOWING, Reason, Request
from guildbook.model.errors import DeniedError
from guildbook.model.purpose import Purpose
from guildbook.model.use import METER
from guildbook.store import decode_terms, tables

_MINUTE: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Departure:
    """An entry that does not follow from those ahead of it."""

    seq: int
    kind: str
    """Of act; `log` where the entry itself was tampered with."""
    what: str
    """In words."""


@dataclass(slots=True)
class Replayed:
    """What a replay came to."""

    book: str
    entries: int = 0
    decisions: int = 0
    """Groups of segments on which a grant's decision was taken again."""
    grants: int = 0
    receipts: int = 0
    ballots: dict[str, str] = field(default_factory=dict[str, str])
    """Ballot → result, counted again."""
    in_force: tuple[str, ...] = ()
    """Agreements in force at the end of the log."""
    payouts: int = 0
    policy_hash: str = ""
    findings: list[Departure] = field(default_factory=list[Departure])
    """In order; after the first, others may be its consequences."""

    @property
    def sound(self) -> bool:
        """Whether everything follows."""
        return not self.findings


@dataclass(slots=True)
class _Given:
    """A grant as the log has it."""

    request: Request
    groups: list[Group]
    read: dict[tuple[str, str, tuple[str, ...]], int] = field(
        default_factory=dict[tuple[str, str, tuple[str, ...]], int]
    )
    """(worker, reason, clauses) → rows in receipts so far."""
    root: str = ""
    """Of the segments it admits."""


def replay(book: str, openings: Iterable[Opening]) -> Replayed:
    """Replay the log of a book, all of it, from its opened entries."""
    run = _Run(Replayed(book), World(book))
    for one in openings:
        run.take(one)
    return run.done()


class _Run:
    """A replay under way."""

    def __init__(self, out: Replayed, world: World) -> None:
        self._out = out
        self._world = world
        self._grants: dict[str, _Given] = {}
        self._graph = Graph()
        self._under: list[tuple[str, str, int]] = []
        """(agreement, worker, time) of receipts."""
        self._paid: set[str] = set()

    def take(self, one: Opening) -> None:
        """The next entry."""
        self._out.entries += 1
        try:
            act = Act.from_dict(one.act)
        except (KeyError, TypeError, ValueError) as error:
            self._found(one.entry.seq, str(one.act.get("kind", "?")), f"this is no act: {error}")
            return
        try:
            self._world.apply(act)
            fault = "" if act.time <= one.entry.time + _MINUTE else "it is dated after it was logged"
            fault = fault or self._follows(act)
            if not fault:
                self._graph.take(act, one.entry.seq)
        except DeniedError as error:
            fault = f"it has no force: {error.what}"
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            fault = f"it cannot be read: {error}"
        if fault:
            self._found(one.entry.seq, str(act.kind), fault)

    def done(self) -> Replayed:
        """The report."""
        out, world = self._out, self._world
        out.ballots = {name: ballot.result or "open" for name, ballot in sorted(world.ballots.items())}
        out.in_force = tuple(sorted(
            name for name, found in world.agreements.items() if found.force and not found.superseded
        ))  # fmt: skip
        out.policy_hash = world.policy_hash
        return out

    def _found(self, seq: int, kind: str, what: str) -> None:
        self._out.findings.append(Departure(seq, kind, what))

    def _follows(self, act: Act) -> str:
        """What is wrong with what the book did; empty where nothing is."""
        if act.kind is ActKind.GRANT:
            return self._granted(act)
        if act.kind is ActKind.USE:
            return self._used(act)
        if act.kind is ActKind.PUBLISH:
            return self._published(act)
        if act.kind is ActKind.DERIVE:
            found = derived_fault(self._world, self._graph, self._groups, act.body, act.by, act.time)
            return "" if found is None else found[1]
        if act.kind is ActKind.WITHDRAW:
            return withdrawn_fault(self._world, self._graph, act.body, act.by)
        if act.kind is ActKind.VAULT_SCORE:
            return self._scored(act.body)
        if act.kind is ActKind.PAYOUT:
            return self._divided(act)
        return self._measured(act.body) if act.kind is ActKind.MEASURE else ""

    def _granted(self, act: Act) -> str:
        body = act.body
        self._out.grants += 1
        asked = int(body["asked"])
        asks = str(body["recipient"]), str(body["use"])
        request = Request("", "", str(body["purpose"]), asked, *asks, vault=str(body.get("vault", "")))
        groups = groups_of(body)
        if body["grant"] in self._grants:
            return "there is such a grant already"
        self._grants[str(body["grant"])] = _Given(request, groups, root=str(body["root"]))
        if body["policy"] != self._world.policy_hash:
            return "it was decided on another state of consent than the log has here"
        if asked > act.time or self._world.turns_between(asked, act.time):
            return "between the time it was asked at and its entry something began or ended"
        if request.purpose == Purpose.UNLEARN:
            return "it admits more than what is subtracted" if groups else ""
        for group in groups:
            self._out.decisions += 1
            fault = self._decided(request, group)
            if fault:
                return fault
        return ""

    def _groups(self, grant: str) -> Sequence[Group]:
        return self._grants[grant].groups

    def _decided(self, request: Request, group: Group) -> str:
        worker, terms, name, month, _, _, reason, clauses = group
        found = decide(self._world, _single(request, worker, terms, name, month, request.time))
        if (str(found.reason), found.clauses) == (reason, clauses) or reason == Reason.ERASING:
            return ""  # what the ledger has marked as leaving is refused ahead of its act
        return f"{worker}'s {name!r} was decided {reason}, by the log it is {found.reason}"

    def _used(self, act: Act) -> str:
        body = act.body
        self._out.receipts += 1
        given = self._grants.get(str(body["grant"]))
        if given is None:
            return "the receipt names a grant that was never given"
        request, worker, reason = given.request, str(body["worker"]), str(body["reason"])
        if (body["purpose"], body["recipient"], body["use"]) != (request.purpose, request.recipient, request.use):
            return "the receipt says another purpose, recipient or use than its grant"
        if request.purpose == Purpose.UNLEARN:
            return "" if reason == Reason.UNLEARN else "the receipt says another reason than its grant"
        key = worker, reason, tuple(str(body["clauses"]).split())
        allowed = [g for g in given.groups if (g[0], g[6], g[7]) == key and reason in ALLOWING]
        if not allowed:
            return f"nothing of {worker}'s was granted for {reason}"
        rows = given.read[key] = max(given.read.get(key, 0), 0) + int(body["rows"])
        if int(body["rows"]) < 0 or rows > sum(g[5] for g in allowed):
            return f"{rows} rows of {worker}'s were read, {sum(g[5] for g in allowed)} were granted"
        if not any(decide(self._world, _single(request, *g[:4], act.time)).allow for g in allowed):
            return f"{worker}'s traces were read after this was withdrawn"
        if request.use != METER:
            self._under += [(name.partition("#")[0], worker, int(body["time"])) for name in key[2]]
        return ""

    def _scored(self, body: Mapping[str, Any]) -> str:
        given = self._grants.get(str(body["grant"]))
        asked = (None, "", ()) if given is None else (given.request, given.root, given.groups)
        return scoring_fault(self._world, *asked, body)

    def _measured(self, body: Mapping[str, Any]) -> str:
        """That the bound was held against the figure, and the right bound, is the world's to say."""
        given = self._grants.get(str(body["grant"]))
        if given is None:
            return "it was measured on a grant that was never given"
        found, asked = self._world.agreements[str(body["agreement"])], given.request
        if (asked.purpose, asked.recipient, asked.use) != (body["purpose"], found.licensee, METER):
            return "it was measured on a grant for something else"
        return ""

    def _divided(self, act: Act) -> str:
        self._out.payouts += 1
        if act.body["payout"] in self._paid:
            return "there is such a payout already"
        self._paid.add(act.body["payout"])
        return payouts.fault(self._world, act.body, act.time) or payouts.left_out(act.body, self._under)

    def _published(self, act: Act) -> str:
        given = self._grants.get(str(act.body["grant"]))
        if given is None:
            return "it was made under a grant that was never given"
        for group in given.groups:
            if group[6] in ALLOWING and not decide(self._world, _single(given.request, *group[:4], act.time)).allow:
                return f"{group[0]}'s {group[2]!r} is in it, which had been withdrawn"
        return ""


def _single(request: Request, worker: str, terms: str, name: str, month: str, time: int) -> Request:
    return Request(
        worker, name, request.purpose, time, request.recipient, request.use, month, decode_terms(terms),
        request.vault,
    )  # fmt: skip


def tables_found(ledger: Connection, openings: Iterable[Opening]) -> list[Departure]:
    """Where the tables that people look at (grants, receipts) are not what the log says."""
    logged: dict[str, dict[str, tuple[int, Mapping[str, Any]]]] = {"grants": {}, "uses": {}}
    for one in openings:
        kind, body = one.act.get("kind"), one.act.get("body", {})
        if kind == ActKind.GRANT:
            logged["grants"][body["grant"]] = one.entry.seq, {
                "purpose": body["purpose"], "recipient": body["recipient"], "use": body["use"],
                "segments_root": body["root"], "policy_hash": body["policy"],
            }  # fmt: skip
        elif kind == ActKind.USE:
            names = ("grant", "worker", "purpose", "segments", "rows", "reason", "recipient", "use", "clauses")
            logged["uses"][body["id"]] = one.entry.seq, {name: body[name] for name in names}
    found: list[Departure] = []
    for table, entries in ((tables.grants, logged["grants"]), (tables.uses, logged["uses"])):
        rows = {row["id"]: row for row in ledger.execute(select(table)).mappings()}
        kind = str(ActKind.GRANT if table is tables.grants else ActKind.USE)
        found += _compared(kind, entries, rows)
    return found


def _compared(
    kind: str, entries: Mapping[str, tuple[int, Mapping[str, Any]]], rows: Mapping[str, Mapping[Any, Any]]
) -> Sequence[Departure]:
    out: list[Departure] = []
    for name, (seq, said) in entries.items():
        row = rows.get(name)
        if row is None:
            out.append(Departure(seq, kind, f"the ledger's table has no row for {kind} {name}"))
            continue
        other = [column for column, value in said.items() if row[column] != value]
        if other:
            out.append(Departure(seq, kind, f"the ledger's table says another {other[0]} of {kind} {name}"))
    out += [
        Departure(-1, kind, f"the ledger's table has a {kind} {n} that the log has not")
        for n in set(rows) - set(entries)
    ]
    return out
