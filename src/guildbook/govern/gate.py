"""The gate: deny by default, a refusal beats any permit, and every reading leaves a receipt.

Order of evidence in this first form: a worker who is being forgotten → the worker's own refusal → the worker's own
permission → the terms stated at import → with none stated, the importing worker's own purposes. Decisions over
segments are one SQL statement, never a Python call each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, insert, literal, select

from guildbook.govern.admitted import Admitted
from guildbook.govern.permissions import PERMIT, REFUSE, Decision, purpose_named
from guildbook.model.errors import DeniedError, UnknownNameError
from guildbook.model.grant import Grant, SegmentRef, Use
from guildbook.model.ids import uuid7
from guildbook.model.purpose import OWN_PURPOSES, Purpose
from guildbook.model.time import now
from guildbook.store import Store, WorkerState, decode_terms, tables

_POLICY: Final = "guildbook-gate-1: erasing > refuse > permit > import terms > own purposes; deny by default"
_FEW: Final = 200
_OWN, _TERMS, _PERMITTED = "own-purpose", "import-terms", "worker-permit"


class Gate:
    """Asks the ledger who may read what, and writes down who did."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- what workers say

    def decide(self, worker: str, purpose: str, *, allow: bool) -> Decision:
        """Record a worker's permission or refusal of a purpose; the latest counts. Raises `UnknownNameError`."""
        named = purpose_named(purpose)
        pseudonym = self._known(worker)
        decision = Decision(worker, named, PERMIT if allow else REFUSE, now())
        table = tables.permissions
        with self._store.change() as ledger:
            ledger.execute(delete(table).where(table.c.worker == pseudonym, table.c.purpose == named))
            ledger.execute(
                insert(table),
                {"worker": pseudonym, "purpose": named, "decision": decision.decision, "time": decision.time},
            )
        return decision

    def decisions(self, worker: str | None = None) -> list[Decision]:
        """What workers have permitted and refused."""
        table, names = tables.permissions, self._names()
        query = select(table).order_by(table.c.worker, table.c.purpose)
        if worker is not None:
            query = query.where(table.c.worker == self._known(worker))
        with self._store.engine.connect() as ledger:
            return [
                Decision(names.get(row.worker) or row.worker, row.purpose, row.decision, row.time)
                for row in ledger.execute(query)
            ]

    # -- grants

    def grant(self, purpose: Purpose, *, stage: str, artefact: str, worker: str | None = None) -> Admitted:
        """Compute the admitted set for one request, now. `worker` narrows it to one person's segments."""
        only = None if worker is None else self._known(worker)
        with self._store.engine.connect() as ledger:
            found = self._ruled(ledger, purpose, only)
        admitted = [row for row in found if row.reason is not None]
        return self._admit(purpose, stage, artefact, admitted, len(found) - len(admitted))

    def departed(self, segments: Sequence[str], *, stage: str, artefact: str) -> Admitted:
        """Admit segments for `unlearn` only: what a model includes and may include no longer, to be subtracted.

        Segments that are gone from the store are passed over; the learner sees what is missing.
        """
        table = tables.segments
        wanted = set(segments)
        query = select(table, literal(str(Purpose.UNLEARN)).label("reason")).order_by(table.c.id)
        with self._store.engine.connect() as ledger:
            found = [row for row in ledger.execute(query) if row.id in wanted]
        return self._admit(Purpose.UNLEARN, stage, artefact, found, 0)

    def uses(self, worker: str | None = None) -> list[Use]:
        """The receipts, newest last; with a name only those of that worker's traces."""
        table, names = tables.uses, self._names()
        query = select(table).order_by(table.c.time, table.c.id)
        if worker is not None:
            query = query.where(table.c.worker == self._known(worker))
        with self._store.engine.connect() as ledger:
            return [
                Use(
                    row.id, row.grant, names.get(row.worker) or row.worker, Purpose(row.purpose), row.stage,
                    row.artefact, row.time, row.segments, row.rows, row.reason,
                )
                for row in ledger.execute(query)
            ]  # fmt: skip

    # -- within

    def _ruled(
        self, ledger: Connection, purpose: Purpose, worker: str | None, ids: list[str] | None = None
    ) -> Sequence[Row]:
        """Every segment with the reason it is admitted for, or None."""
        segment, person, said = tables.segments, tables.workers, tables.permissions
        joined = segment.join(person, person.c.id == segment.c.worker).outerjoin(
            said, and_(said.c.worker == segment.c.worker, said.c.purpose == purpose)
        )
        stated = [row.terms for row in ledger.execute(select(segment.c.terms).distinct())]
        query = select(segment, _reason(purpose, stated).label("reason")).select_from(joined).order_by(segment.c.id)
        if worker is not None:
            query = query.where(segment.c.worker == worker)
        if ids is not None:
            query = query.where(segment.c.id.in_(ids))
        return ledger.execute(query).all()

    def _admit(self, purpose: Purpose, stage: str, artefact: str, rows: Sequence[Row], refused: int) -> Admitted:
        names = self._names()
        segments = tuple(
            SegmentRef(r.id, names.get(r.worker) or r.worker, r.month, r.rows, r.first, r.last, r.digest) for r in rows
        )
        grant = Grant(
            id=uuid7().hex,
            purpose=purpose,
            stage=stage,
            artefact=artefact,
            time=now(),
            segments=segments,
            refused=refused,
            policy_hash=hashlib.sha256(_POLICY.encode()).hexdigest(),
        )
        root = hashlib.sha256("".join(f"{s.id}{s.digest}" for s in segments).encode()).hexdigest()
        with self._store.change() as ledger:
            ledger.execute(
                insert(tables.grants),
                {
                    "id": grant.id, "purpose": purpose, "stage": stage, "artefact": artefact, "time": grant.time,
                    "segments_root": root, "admitted": len(segments), "refused": refused,
                    "policy_hash": grant.policy_hash,
                },
            )  # fmt: skip
        owners = {row.id: row.worker for row in rows}
        reasons = {row.id: row.reason for row in rows}

        def receipt(wanted: Sequence[str], first: Sequence[SegmentRef]) -> None:
            self._still_allowed(grant, wanted)
            self._receipt(grant, owners, reasons, first)

        return Admitted(self._store, grant, receipt)

    def _receipt(
        self, grant: Grant, owners: dict[str, str], reasons: dict[str, str], read: Sequence[SegmentRef]
    ) -> None:
        """One receipt for each worker and reason, durable before a byte comes out."""
        sums: dict[tuple[str, str], list[int]] = {}
        for segment in read:
            total = sums.setdefault((owners[segment.id], reasons[segment.id]), [0, 0])
            total[0] += 1
            total[1] += segment.rows
        rows = [
            {
                "id": uuid7().hex, "grant": grant.id, "worker": worker, "purpose": grant.purpose, "stage": grant.stage,
                "artefact": grant.artefact, "time": now(), "segments": count, "rows": events, "reason": reason,
            }
            for (worker, reason), (count, events) in sums.items()
        ]  # fmt: skip
        if rows:
            with self._store.change() as ledger:
                ledger.execute(insert(tables.uses), rows)

    def _still_allowed(self, grant: Grant, read: Sequence[str]) -> None:
        """Raise when a worker refused, or began to be forgotten, after the grant was given."""
        if grant.purpose is Purpose.UNLEARN or not read:
            return
        with self._store.engine.connect() as ledger:
            # A few ids go into the statement; for many the whole table is cheaper than a long list.
            few = list(read) if len(read) <= _FEW else None
            allowed = {row.id for row in self._ruled(ledger, grant.purpose, None, few) if row.reason is not None}
        withdrawn = [segment for segment in read if segment not in allowed]
        if withdrawn:
            raise DeniedError(
                f"{len(withdrawn)} segments of this grant may no longer be read for {grant.purpose}.",
                "Ask for a new grant.",
                "withdrawn",
            )

    def _names(self) -> dict[str, str]:
        return {w.id: w.name for w in self._store.workers() if w.name is not None}

    def _known(self, worker: str) -> str:
        pseudonym = self._store.worker_id(worker)
        names = self._names()
        if pseudonym not in names:
            raise UnknownNameError("worker", worker, list(names.values()))
        return pseudonym


def _reason(purpose: Purpose, stated: Sequence[str]) -> ColumnElement[str | None]:
    """Why a segment is admitted, as SQL; NULL when it is not."""
    by_default = [t for t in stated if decode_terms(t) is None and purpose in OWN_PURPOSES]
    by_terms = [t for t in stated if purpose in (decode_terms(t) or ())]
    said, segment = tables.permissions, tables.segments
    return case(
        (tables.workers.c.state != WorkerState.ACTIVE, None),
        (said.c.decision == REFUSE, None),
        (said.c.decision == PERMIT, _PERMITTED),
        (segment.c.terms.in_(by_terms), _TERMS),
        (segment.c.terms.in_(by_default), _OWN),
        else_=None,
    )
