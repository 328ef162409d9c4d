"""The desk of statements and appeals: what happened to a worker's traces in a period, and objections to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from guildbook.app.lineage import Lineages
from guildbook.app.mine import Mine
from guildbook.app.persons import Actor
from guildbook.govern import Gate, statement
from guildbook.govern.acts import ActKind
from guildbook.govern.audit import checkpoint, proofs
from guildbook.govern.audit.entry import Opening
from guildbook.govern.statement import DERIVED, Line, line_of
from guildbook.govern.world import World
from guildbook.govern.world.parts import STEWARD, Appeal, Collective
from guildbook.model.errors import DeniedError, UnknownNameError, UsageError
from guildbook.model.ids import uuid7
from guildbook.model.time import iso, now
from guildbook.store import Store

_CLOSED: Final = frozenset({ActKind.GRANT, ActKind.PAYOUT})
"""What is also about others: its proof shows that it is there, and not what it says."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements and appeals of one book."""

    _store: Store
    _gate: Gate
    _mine: Mine
    _lineage: Lineages

    def statement(self, actor: Actor, since: int, until: int) -> dict[str, Any]:
        """Everything the log has of whoever asks, in a period (µs UTC, `until` not included), proved and signed."""
        if since >= until:
            raise UsageError("That period is empty.", "Give --from before --to.", "empty-period")
        name = self._mine.owner(actor)
        worker, log = self._store.worker_id(name), self._gate.register.log
        made = {each["entry"]: each for each in self._lineage.of(worker, since, until)}
        with self._store.change() as ledger:
            taken = checkpoint.take(self._store, log, ledger)
            key = checkpoint.signing_key(self._store, ledger)
        lines: list[Line] = []
        shown: list[dict[str, Any]] = []
        with self._store.look() as ledger:
            ours = self._agreements(worker)
            for one in self._entries(ledger, since, until, taken.size):
                found = _derived(made[one.entry.seq]) if one.entry.seq in made else line_of(one.act, worker, ours)
                if found is not None:
                    lines.append({"entry": one.entry.seq, "at": one.entry.time} | found)
                    opening = one.act["kind"] not in _CLOSED
                    proof = proofs.prove_entry(log, ledger, one.entry.seq, taken.size, opening=opening)
                    shown.append(proof.to_dict())
        said = {
            "format": statement.FORMAT, "book": self._store.book_id, "worker": worker, "name": name, "from": iso(since),
            "to": iso(until), "lines": lines, "names": self._named(lines), "how_to_appeal": statement.HOW_TO_APPEAL,
            "proofs": shown, "checkpoint": str(taken),
        }  # fmt: skip
        return statement.signed(said, key.public_key().public_bytes_raw().hex(), key.sign)

    def appeal(self, entry: int, text: str, actor: Actor, collective: str | None = None) -> dict[str, Any]:
        """Object to an entry of the log; a steward of one's collective sees it. Raises `DeniedError`."""
        name = self._mine.owner(actor)
        worker, log = self._store.worker_id(name), self._gate.register.log
        with self._store.look() as ledger:
            if not 0 <= entry < log.size(ledger):
                raise UnknownNameError("log entry", str(entry))
            one = next(iter(log.openings(ledger, entry, entry + 1)))
        line = line_of(one.act, worker, self._agreements(worker)) or {"kind": str(one.act["kind"])}
        body = {
            "worker": worker, "collective": self._side(worker, collective).id, "appeal": uuid7().hex, "entry": entry,
            "text": text, "line": line,
        }  # fmt: skip
        self._gate.register.act(ActKind.APPEAL, body, actor.signer)
        return self._told(self._gate.register.world().appeals[str(body["appeal"])])

    def appeals(self, collective: str | None, actor: Actor) -> list[dict[str, Any]]:
        """The appeals to a collective, for its stewards, those that wait first; or one's own."""
        world, time = self._gate.register.world(), now()
        found = [
            one
            for one in world.appeals.values()
            if _named(world.collectives[one.collective], collective)
            and actor.person
            and (one.worker == actor.person or world.collectives[one.collective].holds(actor.person, STEWARD, time))
        ]
        return [self._told(one) for one in sorted(found, key=lambda a: (a.answered is not None, a.time))]

    def answer(self, appeal: str, text: str, actor: Actor, *, upheld: bool) -> dict[str, Any]:
        """Answer an appeal, by the beginning of its id. Raises `DeniedError` for anybody but another steward."""
        known = self._gate.register.world().appeals
        found = [one for key, one in known.items() if key.startswith(appeal)]
        if len(found) != 1:
            raise UnknownNameError("appeal", appeal)
        one = found[0]
        body = {
            "appeal": one.id, "collective": one.collective, "worker": one.worker, "text": text, "upheld": upheld,
        }  # fmt: skip
        self._gate.register.act(ActKind.ANSWER, body, actor.signer)
        return self._told(self._gate.register.world().appeals[one.id])

    def _entries(self, ledger: Connection, since: int, until: int, size: int) -> Iterator[Opening]:
        """The log's entries of a period. Their times never go back, so the first is found by halving."""
        log, low, high = self._gate.register.log, 0, size
        while low < high:
            middle = (low + high) // 2
            entry = log.entry(ledger, middle)
            assert entry is not None  # the log has no gaps
            low, high = (middle + 1, high) if entry.time < since else (low, middle)
        for one in log.openings(ledger, low, size):
            if one.entry.time >= until:
                return
            yield one

    def _agreements(self, worker: str) -> list[str]:
        world = self._gate.register.world()
        ours = set(world.collectives_of.get(worker, ()))
        return [one.id for one in world.agreements.values() if one.collective in ours]

    def _side(self, worker: str, wanted: str | None) -> Collective:
        world, time = self._gate.register.world(), now()
        sides = [world.collectives[key] for key in world.collectives_of.get(worker, ())]
        found = [side for side in sides if side.member(worker, time) and _named(side, wanted)]
        if len(found) != 1:
            if not found and wanted is None:
                raise DeniedError(
                    "An appeal goes to a collective of one's own.", "guildbook collective join.", "not-member"
                )
            raise UnknownNameError("collective", wanted or "", [side.charter.name for side in found])
        return found[0]

    def _named(self, lines: Iterable[Line]) -> dict[str, str]:
        """What to call the recipients and agreements of some lines."""
        world = self._gate.register.world()
        people = {str(line["recipient"]) for line in lines if line.get("recipient") not in {None, "", "*"}}
        agreements = {str(line["agreement"]) for line in lines if "agreement" in line}
        agreements |= {c.partition("#")[0] for line in lines for c in str(line.get("clauses", "")).split() if "#" in c}
        named = {person: self._gate.label(person) for person in sorted(people)}
        return named | {name: _title(world, name) for name in sorted(agreements)}

    def _told(self, one: Appeal) -> dict[str, Any]:
        world = self._gate.register.world()
        return {
            "appeal": one.id, "by": self._gate.label(one.worker), "entry": one.entry, "line": dict(one.line),
            "collective": world.collectives[one.collective].charter.name, "time": iso(one.time), "text": one.text,
            "answer": one.answer, "upheld": one.upheld if one.answered is not None else None,
            "answered_by": self._gate.label(one.by) if one.by else "",
            "answered": None if one.answered is None else iso(one.answered),
        }  # fmt: skip


def _named(side: Collective, wanted: str | None) -> bool:
    return wanted is None or wanted in {side.id, side.charter.name}


def _title(world: World, name: str) -> str:
    found = world.agreements.get(name)
    return name if found is None else found.latest.terms.title


def _derived(found: Mapping[str, Any]) -> Line:
    """What was made of their traces, among others'."""
    names = ("name", "depth", "depth_left", "state", "purposes", "recipients")
    return {"kind": DERIVED} | {name: found[name] for name in names} | {"what": found["kind"]}
