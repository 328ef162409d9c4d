"""Grants and receipts: written to the log and to the tables that workers look at, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from guildbook.govern.acts import ActKind
from guildbook.govern.admission import Admission
from guildbook.govern.pieces import Pieces, Segments
from guildbook.govern.register import Register
from guildbook.model.decision import IN_HOUSE
from guildbook.model.grant import Grant, SegmentRef, Use
from guildbook.model.ids import uuid7
from guildbook.model.purpose import Purpose
from guildbook.model.time import now
from guildbook.store import tables


class MovedError(Exception):
    """Between a decision and writing it down the state of consent has changed: decide again."""


def give(
    register: Register,
    admission: Admission,
    labels: Mapping[str, str],
    *,
    purpose: Purpose,
    stage: str,
    artefact: str,
    recipient: str = IN_HOUSE,
    use: str = "",
    vault: str = "",
    time: int | None = None,
) -> Grant:
    """Write down a grant: what was asked, what was decided on every group of segments, and why.

    Raises `MovedError` unless what was decided on is still what is in force at the grant's place in the log.
    """
    grant = Grant(
        id=uuid7().hex,
        purpose=purpose,
        stage=stage,
        artefact=artefact,
        time=now() if time is None else time,
        segments=Segments(admission.pieces, labels),
        refused=admission.refused,
        policy_hash=admission.policy_hash or register.world().policy_hash,
        recipient=recipient,
        use=use,
        vault=vault,
    )
    root = admission.pieces.root()
    groups = [
        [
            r.group.worker,
            r.group.terms,
            name,
            r.group.month,
            r.group.segments,
            r.group.rows,
            str(d.reason),
            list(d.clauses),
        ]
        for r in admission.ruled
        for name, d in zip(r.classes, r.decisions, strict=True)
    ]
    body: dict[str, Any] = {
        "grant": grant.id, "purpose": str(purpose), "use": use, "recipient": recipient, "stage": stage,
        "artefact": artefact, "asked": grant.time, "groups": groups, "root": root, "policy": grant.policy_hash,
    }  # fmt: skip
    if vault:
        body["vault"] = vault
    row = {
        "id": grant.id, "purpose": purpose, "stage": stage, "artefact": artefact, "time": grant.time,
        "segments_root": root, "admitted": len(grant.segments), "refused": admission.refused,
        "policy_hash": grant.policy_hash, "recipient": recipient, "use": use,
    }  # fmt: skip

    def project(ledger: Connection, _: range) -> None:
        world = register.world()
        if world.policy_hash != grant.policy_hash or world.turns_between(grant.time, now()):
            raise MovedError
        ledger.execute(insert(tables.grants), row)

    register.act(ActKind.GRANT, body, project=project)
    return grant


def receipt(
    register: Register,
    grant: Grant,
    pieces: Pieces,
    read: Sequence[SegmentRef],
    confirm: Callable[[], None],
) -> None:
    """One receipt for each worker and reason, durable before a byte comes out.

    `confirm` raises when something may be read no longer; it is asked at the receipts' place in the log.
    """
    sums: dict[tuple[str, str, str], list[SegmentRef]] = {}
    for segment, (worker, reason, clauses) in zip(read, pieces.on([each.id for each in read]), strict=True):
        sums.setdefault((worker, str(reason), " ".join(clauses)), []).append(segment)
    if not sums:
        confirm()
        return
    time = now()
    rows = [
        {
            "id": uuid7().hex, "grant": grant.id, "worker": worker, "purpose": grant.purpose, "stage": grant.stage,
            "artefact": grant.artefact, "time": time, "segments": len(some), "rows": sum(s.rows for s in some),
            "reason": reason, "recipient": grant.recipient, "use": grant.use, "clauses": clauses,
        }
        for (worker, reason, clauses), some in sums.items()
    ]  # fmt: skip
    bodies = [
        (
            ActKind.USE,
            {**{k: v if isinstance(v, int) else str(v) for k, v in row.items()}, "root": root_of(some)},
        )
        for row, some in zip(rows, sums.values(), strict=True)
    ]

    def project(ledger: Connection, _: range) -> None:
        confirm()
        ledger.execute(insert(tables.uses), rows)

    register.acts(bodies, project=project)


def uses(ledger: Connection, names: Mapping[str, str], worker: str | None = None) -> list[Use]:
    """The receipts, newest last; with an id only those of that worker's traces."""
    table = tables.uses
    query = select(table).order_by(table.c.time, table.c.id)
    if worker is not None:
        query = query.where(table.c.worker == worker)
    return [
        Use(
            row.id, row.grant, names.get(row.worker) or row.worker, Purpose(row.purpose), row.stage, row.artefact,
            row.time, row.segments, row.rows, row.reason, names.get(row.recipient) or row.recipient, row.use,
            tuple(row.clauses.split()),
        )
        for row in ledger.execute(query)
    ]  # fmt: skip


def root_of(segments: Sequence[SegmentRef]) -> str:
    """SHA-256 over ids and digests of segments, hex: which they were, told to nobody who does not have them."""
    return hashlib.sha256("".join(f"{s.id}{s.digest}" for s in segments).encode()).hexdigest()
