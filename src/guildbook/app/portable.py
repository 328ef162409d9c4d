"""Everything of one worker in open formats, signed, for the worker to take elsewhere: their own right."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from guildbook.app.distilling import Distilling
from guildbook.app.persons import Actor
from guildbook.app.terms import Terms
from guildbook.columns import ADMITTED_SCHEMA
from guildbook.govern import Admitted, Gate
from guildbook.govern.audit.checkpoint import signing_key
from guildbook.govern.identity.signing import KeySigner
from guildbook.model.errors import DeniedError, InputError, UsageError
from guildbook.model.knowledge import Practice
from guildbook.model.purpose import Purpose
from guildbook.model.time import iso, now
from guildbook.record import portable
from guildbook.store import Store


def export(
    store: Store, gate: Gate, distil: Distilling, terms: Terms, worker: str, actor: Actor, folder: Path
) -> dict[str, Any]:
    """Write the events, permissions, receipts and practices of a worker to a new folder.

    Only the worker asks for it: with their key if they have one. Raises `DeniedError` for anybody else, and
    `UsageError` for a folder with something in it.
    """
    person = gate.known(worker)
    if actor.person not in {person, ""} or (not actor.person and person in gate.register.world().people):
        raise DeniedError("This is for the worker alone.", f'Act as them: --as "{worker}".', "no-authority")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists already.", "Name a new folder.")
    admitted = gate.grant(
        Purpose.EXPORT, stage="record", artefact="export:portable", worker=worker, recipient=person
    )  # fmt: skip
    ids: set[str] = set()
    with store.change() as ledger:
        key = signing_key(store, ledger)
    seals = [portable.Seal("book", key.public_key().public_bytes_raw().hex(), key.sign)]
    if isinstance(actor.signer, KeySigner):
        identity = actor.signer.identity
        seals.append(portable.Seal("worker", identity.public.sign.hex(), identity.sign))
    unfinished = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        about = {"book": store.book_id, "worker": worker, "made": iso(now())}
        tables = list(_tables(admitted, ids))
        documents = {
            "permissions": terms.show(worker),
            "receipts": _receipts(gate, worker),
            "practices": [_own(p, worker, ids).to_dict() for p in distil.contributed(worker)],
        }
        events = portable.write(unfinished, tables, documents, about, seals)
        if folder.exists():
            folder.rmdir()
        unfinished.replace(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}.", "Give another folder.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return {
        "folder": str(folder), "worker": worker, "events": events, "practices": len(documents["practices"]),
        "signed_by": [{"by": s.by, "key": s.key} for s in seals],
    }  # fmt: skip


def _tables(admitted: Admitted, ids: set[str]) -> Iterator[pa.Table]:
    for segment in admitted.grant.segments:
        table = admitted.table(ADMITTED_SCHEMA.names, [segment.id])
        ids.update(each.hex() for each in table["id"].to_pylist())
        yield table


def _receipts(gate: Gate, worker: str) -> list[dict[str, Any]]:
    return [
        {
            "id": u.id, "time": iso(u.time), "purpose": str(u.purpose), "stage": u.stage, "artefact": u.artefact,
            "recipient": u.recipient, "use": u.use, "segments": u.segments, "events": u.rows, "reason": u.reason,
            "clauses": list(u.clauses), "grant": u.grant,
        }
        for u in gate.uses(worker)
    ]  # fmt: skip


def _own(practice: Practice, worker: str, ids: set[str]) -> Practice:
    """A practice with the worker's own part in it as its evidence: that of others is theirs."""
    spans = [replace(span, events=tuple(e for e in span.events if e in ids)) for span in practice.evidence]
    return replace(
        practice,
        contributors=tuple(each for each in practice.contributors if each[0] == worker),
        evidence=tuple(span for span in spans if span.events),
    )
