"""Erasing under the log: each step is an act, in the same transaction as what it does.

What may be erased is decided by `world.authority`; what is destroyed, by `store`. The last act of an erasure names the
segments and the fingerprints of the keys that are gone, and is what its certificate proves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, or_, select, update

from guildbook.govern.acts import ActKind
from guildbook.govern.register import Register
from guildbook.govern.signer import Signer
from guildbook.model.ids import uuid7
from guildbook.model.time import now
from guildbook.store import DONE, WHOLE, ErasureReport, Parted, Scope, Store, tables

_EXPORTED: Final = "export:%"
_SCORED: Final = "vault:%"
"""Only scores came out."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An erasure that came to its end."""

    id: str
    seq: int
    """Of the log entry that says so."""
    body: Mapping[str, Any]
    """What it says."""
    report: ErasureReport


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that the book knows of."""

    id: str
    worker: str
    state: str
    time: int
    seq: int | None


class Erasing:
    """Erasures of one book."""

    def __init__(self, store: Store, register: Register) -> None:
        self._store = store
        self._register = register

    def set_aside(self, scope: Scope, signer: Signer | None = None) -> Parted | None:
        """Begin to erase a part of what is held of a worker; None when nothing is in the scope.

        From here on nothing of it can be read, but to subtract it from what was learnt. Raises `DeniedError`.
        """

        def transact(parted: Parted, change: Any) -> None:
            body = {
                "erasure": parted.id, "worker": scope.worker, "scope": told(scope), "segments": parted.segments,
                "events": parted.rows,
            }  # fmt: skip
            self._register.act(ActKind.ERASE_PART, body, signer, project=lambda ledger, _: change(ledger))

        return self._store.part(scope, transact)

    def destroy(self, erasure: str, scope: Scope | None, facts: Mapping[str, Any]) -> Ended:
        """Destroy what was set aside; `facts` go into the log entry. `scope` is None in going on with another's."""
        ended: list[Ended] = []

        def transact(report: ErasureReport, change: Any) -> None:
            body = _body(erasure, report, self._scope(erasure) if scope is None else told(scope), facts)

            def project(ledger: Connection, places: range) -> None:
                change(ledger)
                table = tables.erasures
                ledger.execute(update(table).where(table.c.id == erasure).values(seq=places[0]))
                ended.append(Ended(erasure, places[0], body, report))

            self._register.act(ActKind.ERASED_PART, body, project=project)

        self._store.destroy(erasure, transact)
        return ended[-1]

    def erase(self, worker: str, facts: Mapping[str, Any]) -> Ended:
        """Destroy all that is held of a worker, who must be leaving."""
        erasure = uuid7().hex
        ended: list[Ended] = []

        def transact(report: ErasureReport, change: Any) -> None:
            body = _body(erasure, report, told(Scope(worker)), facts)
            row = {
                "id": erasure, "worker": worker, "first": None, "until": None, "class": WHOLE, "event": WHOLE,
                "state": DONE, "time": now(),
            }  # fmt: skip

            def project(ledger: Connection, places: range) -> None:
                change(ledger)
                ledger.execute(insert(tables.erasures), row | {"seq": places[0]})
                ended.append(Ended(erasure, places[0], body, report))

            self._register.act(ActKind.ERASED, body, project=project)

        self._store.erase(worker, transact)
        return ended[-1]

    def listed(self, worker: str | None = None) -> list[Erasure]:
        """The erasures this book knows of, oldest first; those of parts until the worker is erased altogether."""
        table = tables.erasures.c
        query = select(table.id, table.worker, table.state, table.time, table.seq).order_by(table.time, table.id)
        if worker is not None:
            query = query.where(table.worker == worker)
        with self._store.look() as ledger:
            return [Erasure(*row) for row in ledger.execute(query)]

    def exports(self, worker: str) -> list[dict[str, Any]]:
        """What was handed out of a worker's traces, by the receipts: erasing cannot call it back."""
        table = tables.uses.c
        query = (
            select(table.time, table.purpose, table.artefact, table.recipient, table.rows, table.id)
            .where(
                table.worker == worker,
                or_(table.recipient.not_in(("", worker)), table.artefact.like(_EXPORTED)),  # not the worker's own look
                table.artefact.not_like(_SCORED),
            )
            .order_by(table.time, table.id)
        )
        with self._store.look() as ledger:
            return [
                {"receipt": row.id, "time": row.time, "purpose": row.purpose, "into": row.artefact,
                 "recipient": row.recipient, "events": row.rows}
                for row in ledger.execute(query)
            ]  # fmt: skip

    def artefacts(self, worker: str) -> list[str]:
        """Names of what was made from a worker's traces and is held."""
        table = tables.artefact_workers.c
        with self._store.look() as ledger:
            found = ledger.execute(select(table.artefact).where(table.worker == worker).distinct()).scalars()
            return sorted(found)

    def drop(self, artefact: str) -> None:
        """Destroy an artefact with its key, and its lineage."""
        self._store.drop_artefact(artefact)
        table = tables.artefact_workers
        with self._store.change() as ledger:
            ledger.execute(delete(table).where(table.c.artefact == artefact))

    def _scope(self, erasure: str) -> dict[str, Any]:
        table = tables.erasures.c
        query = select(table.worker, table.first, table.until, table["class"], table.event)
        with self._store.look() as ledger:
            return told(Scope(*ledger.execute(query.where(table.id == erasure)).one()))


def told(scope: Scope) -> dict[str, Any]:
    """A scope as acts have it."""
    return {"from": scope.first, "to": scope.until, "class": scope.trace_class, "event": scope.event}


def _body(erasure: str, report: ErasureReport, scope: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    destroyed = {
        "events": report.rows, "segments": list(report.gone), "rewritten": report.rewritten,
        "keys": list(report.fingerprints), "waiting": report.batches, "rejected": report.quarantined,
        "artefacts": list(facts.get("artefacts", ())),
    }  # fmt: skip
    return {
        "erasure": erasure, "worker": report.worker, "scope": dict(scope), "destroyed": destroyed,
        "model": str(facts.get("model", "")),
    }  # fmt: skip
