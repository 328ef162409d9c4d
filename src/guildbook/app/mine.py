"""The worker's own desk: what is held of them, who used it, what came of it, what they have said. For them alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select

from guildbook.app.distilling import Distilling
from guildbook.app.erasures import Erasures
from guildbook.app.persons import Actor
from guildbook.app.terms import Terms
from guildbook.columns.classes import NEEDED, classes
from guildbook.govern import Admitted, Gate
from guildbook.govern.identity.signing import KeySigner
from guildbook.govern.withholding import pledges
from guildbook.model.errors import DeniedError, UnknownNameError, UsageError
from guildbook.model.grant import Use
from guildbook.model.purpose import Purpose
from guildbook.model.time import iso, month, now
from guildbook.store import Store, tables

_SHOWN: Final = (
    "id", "time", "source", "app", "action", "window", "document", "url", "element_role", "element_name",
    "value_before", "value_after", "case", "outcome", "origin", "duration", "attributes", "redactions",
)  # fmt: skip
_SHORTEST: Final = 8
"""Hex digits of an event's id that must be given at least."""


@dataclass(frozen=True, slots=True)
class Mine:
    """What one worker is shown of a book. Every method is for that worker: with their key if they have one."""

    _store: Store
    _gate: Gate
    _distil: Distilling
    _terms: Terms

    def owner(self, actor: Actor) -> str:
        """The name of the worker who looks. Without a name it is the only one, where nobody has a key.

        Raises `UsageError` where it is not said who looks, `DeniedError` for somebody who is no worker here.
        """
        workers = {w.id: w.name for w in self._store.workers() if w.name is not None}
        if not actor.name:
            if len(workers) == 1 and not self._gate.register.world().people:
                return str(next(iter(workers.values())))
            raise UsageError("Say who you are.", "guildbook mine --as NAME")
        if actor.person not in workers:
            raise DeniedError(f"Nothing is held of {actor.name}.", "Only a worker has traces here.", "not-worker")
        if actor.signer is None and actor.person in self._gate.register.world().people:
            raise DeniedError("This is for the worker alone.", f'Act as them: --as "{actor.name}".', "no-authority")
        return actor.name

    def view(self, actor: Actor) -> dict[str, Any]:
        """Everything at a glance."""
        name = self.owner(actor)
        person, world, time = self._store.worker_id(name), self._gate.register.world(), now()
        uses = self._gate.uses(name)
        sides = [world.collectives[key] for key in world.collectives_of.get(person, ())]
        ours = [side for side in sides if side.member(person, time)]
        return {
            "worker": name,
            "id": person,
            "held": self._held(name),
            "imports": self._imports(person),
            "uses": _summed(uses),
            "statements": _statements(uses),
            "agreements": [
                {"agreement": one.id, "title": one.latest.terms.title, "licensee": self._gate.label(one.licensee),
                 "in_force": bool(one.force) and not one.superseded}
                for side in ours
                for one in world.agreements.values()
                if one.collective == side.id
            ],
            "derived": {"practices": self._practices(name), "artefacts": self._artefacts(person)},
            "terms": self._terms.show(name),
            "collectives": [
                {"collective": side.charter.name,
                 "mandates": sorted(list(each) for each in side.mandates.get(person, ()))}
                for side in ours
            ],
            "pledges": self._pledges(actor),
            "notices": self._notices(person),
            "erasures": Erasures(self._store, self._gate).listed(person),
        }  # fmt: skip

    def traces(self, actor: Actor, last: int = 20) -> list[dict[str, Any]]:
        """The last events, newest first, whole: each has its id and what there is of it."""
        found: list[pa.Table] = []
        seen: list[int] = []
        admitted = self._admitted(self.owner(actor), "traces")
        for segment in sorted(admitted.grant.segments, key=lambda s: -s.last):
            if len(seen) >= last and segment.last < sorted(seen)[-last]:
                break
            table = admitted.table(_SHOWN, [segment.id])
            seen += table["time"].cast(pa.int64()).to_pylist()
            found.append(table)
        if not found or last <= 0:
            return []
        whole = pa.concat_tables(found, promote_options="permissive")
        newest = whole.take(pa.array(sorted(range(len(whole)), key=seen.__getitem__, reverse=True)[:last]))
        return [_event(row) for row in newest.to_pylist()]

    def event(self, actor: Actor, wanted: str) -> tuple[bytes, int]:
        """The id and time of one event of theirs, by the beginning of its id, in hex. Raises `UnknownNameError`."""
        admitted = self._admitted(self.owner(actor), "traces")
        if len(wanted) < _SHORTEST:
            raise UsageError("That is too little of an id.", f"Give {_SHORTEST} digits or more: guildbook mine traces.")
        found = {
            (key, time)
            for table in _pieces(admitted, ("id", "time"))
            for key, time in zip(table["id"].to_pylist(), table["time"].cast(pa.int64()).to_pylist(), strict=True)
            if key.hex().startswith(wanted.lower())
        }
        if len(found) != 1:
            raise UnknownNameError("event", wanted, [key.hex() for key, _ in sorted(found)])
        return next(iter(found))

    def recorded(self, actor: Actor, told: Mapping[tuple[str, int], tuple[int, int]]) -> list[tuple[bytes, int]]:
        """Ids and times of the events that entries of the recorder became.

        `told`: for each entry its source and number, and the first and last time (µs UTC) its events may have.
        """
        with self._store.writing():
            self._store.seal()
        low, high = min(first for first, _ in told.values()), max(last for _, last in told.values())
        admitted = self._admitted(self.owner(actor), "traces")
        found: list[tuple[bytes, int]] = []
        for segment in admitted.grant.segments:
            if segment.last < low or segment.first > high:
                continue
            table = admitted.table(("id", "time", "source", "seq"), [segment.id])
            times = table["time"].cast(pa.int64())
            near = table.filter(pc.and_(pc.greater_equal(times, low), pc.less_equal(times, high)))
            for row, time in zip(near.to_pylist(), near["time"].cast(pa.int64()).to_pylist(), strict=True):
                first, last = told.get((row["source"], row["seq"]), (1, 0))
                if first <= time <= last:
                    found.append((row["id"], time))
        return found

    def _held(self, name: str) -> list[dict[str, Any]]:
        """Events by month, class and source."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for table in _pieces(self._admitted(name, "overview"), ("time", *NEEDED)):
            names, code = classes(table)
            months = [month(time) for time in table["time"].cast(pa.int64()).to_pylist()]
            sources = table["source"].to_pylist()
            counts.update(
                (when, names[place], source or "")
                for when, place, source in zip(months, code.tolist(), sources, strict=True)
            )
        return [
            {"month": when, "class": kind, "source": source, "events": count}
            for (when, kind, source), count in sorted(counts.items())
        ]

    def _admitted(self, name: str, artefact: str) -> Admitted:
        """All of a worker's own traces: seeing them is their own right, and leaves a receipt like any reading."""
        person = self._store.worker_id(name)
        return self._gate.grant(Purpose.COACH, stage="mine", artefact=artefact, worker=name, recipient=person)

    def _imports(self, person: str) -> list[dict[str, Any]]:
        table = tables.import_workers.c
        with self._store.look() as ledger:
            theirs = set(ledger.execute(select(table.import_id).where(table.worker == person)).scalars())
        return [
            {"source": row.source, "path": row.path, "terms": None if row.terms is None else list(row.terms),
             "time": iso(row.begun)}
            for row in self._store.imports()
            if row.id in theirs
        ]  # fmt: skip

    def _practices(self, name: str) -> list[dict[str, Any]]:
        return [
            {"id": p.id, "kind": str(p.kind), "title": p.title, "times": dict(p.contributors)[name]}
            for p in self._distil.contributed(name)
        ]

    def _artefacts(self, person: str) -> list[dict[str, Any]]:
        table = tables.artefact_workers.c
        query = select(table.artefact, table["class"], table.reason, table.clauses).where(table.worker == person)
        with self._store.look() as ledger:
            return [
                {"artefact": row[0], "class": row[1], "reason": row[2], "clauses": row[3].split()}
                for row in sorted(ledger.execute(query))
            ]

    def _pledges(self, actor: Actor) -> list[dict[str, Any]]:
        """Their own pledges, which nobody else can see: the place of each follows from the worker's private key."""
        if not isinstance(actor.signer, KeySigner):
            return []
        world, table = self._gate.register.world(), tables.strike_pledges
        with self._store.look() as ledger:
            held = {tuple(row) for row in ledger.execute(select(table.c.strike, table.c.place))}
        found: list[dict[str, Any]] = []
        for strike in world.strikes.values():
            mine = pledges.recall(self._store.book_id, strike.id, actor.person, actor.identity)
            if (strike.id, mine.place) in held:
                side = world.collectives[strike.collective].charter.name
                found.append({"strike": strike.id, "collective": side, "begun": strike.begins is not None})
        return found

    def _notices(self, person: str) -> list[dict[str, Any]]:
        world = self._gate.register.world()
        told = world.acknowledged
        return [
            {"recipient": self._gate.label(to), "agreement": agreement, "served": iso(each.time),
             "acknowledged": each.terms in told.get((who, to), {})}
            for (who, to, agreement), each in sorted(world.served.items())
            if who == person
        ]  # fmt: skip


def _pieces(admitted: Admitted, columns: Iterable[str]) -> Iterator[pa.Table]:
    """The admitted segments, one at a time."""
    for segment in admitted.grant.segments:
        yield admitted.table(tuple(columns), [segment.id])


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in row.items() if value is not None}
    return told | {"id": row["id"].hex(), "time": row["time"].isoformat().replace("+00:00", "Z")}


def _summed(uses: Iterable[Use]) -> list[dict[str, Any]]:
    """Receipts of the same kind together, most recent last."""
    sums: dict[tuple[str, ...], list[int]] = {}
    for use in uses:
        key = (use.recipient, str(use.purpose), use.artefact, use.reason, " ".join(use.clauses))
        row = sums.setdefault(key, [0, 0, use.time])
        row[0] += 1
        row[1] += use.rows
        row[2] = max(row[2], use.time)
    return [
        {"recipient": key[0], "purpose": key[1], "into": key[2], "reason": key[3], "clauses": key[4].split(),
         "times": row[0], "events": row[1], "last": iso(row[2])}
        for key, row in sorted(sums.items(), key=lambda item: (item[1][2], item[0]))
    ]  # fmt: skip


def _statements(uses: Iterable[Use]) -> list[dict[str, Any]]:
    """What was used month by month: how often, for what, by whom, under which clauses."""
    months: dict[str, list[Use]] = {}
    for use in uses:
        months.setdefault(month(use.time), []).append(use)
    return [
        {"month": when, "uses": len(some), "events": sum(u.rows for u in some),
         "purposes": sorted({str(u.purpose) for u in some}),
         "recipients": sorted({u.recipient for u in some if u.recipient}),
         "clauses": sorted({clause for u in some for clause in u.clauses})}
        for when, some in sorted(months.items())
    ]  # fmt: skip
