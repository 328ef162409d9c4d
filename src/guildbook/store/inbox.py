"""Taking events in: an import is a row, a chunk is one transaction, and what was acknowledged is on the disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, Row, delete, insert, select, update

from guildbook.columns.ids import IdAssigner
from guildbook.columns.schema import RAW_SCHEMA
from guildbook.columns.words import as_words
from guildbook.model import time
from guildbook.model.errors import InputError, StoreError, UnknownNameError
from guildbook.model.ids import uuid7
from guildbook.plugins import Rejected
from guildbook.store import batch, people, tables
from guildbook.store.cipher import decrypt, encrypt
from guildbook.store.keys import IMPORT, INBOX, Keyring
from guildbook.store.rows import (
    Appended,
    ImportRow,
    ImportState,
    QuarantineRow,
    WorkerState,
    decode_terms,
    encode_terms,
)
from guildbook.store.scopes import READ, scopes
from guildbook.store.vault import Vault


class Inbox:
    """The taking-in side of one open book."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        # By import: the assigner and the chunk it expects next.
        self._assigners: dict[str, tuple[IdAssigner, int]] = {}

    def begin(self, source: str, fingerprint: str, path: str, terms: tuple[str, ...] | None) -> ImportRow:
        """The import of that fingerprint; a new one if there is none."""
        with self._vault.change() as connection:
            known = connection.execute(
                select(tables.imports).where(tables.imports.c.fingerprint == fingerprint)
            ).one_or_none()
            if known is not None:
                return _row(connection, self._vault.keys, known)
            made = uuid7().hex
            key = self._vault.keys.ensure(connection, [(made, IMPORT)])[made, IMPORT]
            row = {
                "id": made,
                "source": source,
                "fingerprint": fingerprint,
                "path": encrypt(key, path.encode("utf-8", "surrogatepass"), "path", made),
                "terms": encode_terms(terms),
                "state": ImportState.NEW,
                "chunks_done": 0,
                "rows": 0,
                "rejected": 0,
                "forgotten": 0,
                "begun": time.now(),
                "finished": None,
            }
            connection.execute(insert(tables.imports), row)
            new = connection.execute(select(tables.imports).where(tables.imports.c.id == made)).one()
            return _row(connection, self._vault.keys, new)

    def append(self, import_id: str, chunk: int, events: pa.Table, rejected: Sequence[Rejected]) -> Appended:
        """Take one chunk in, durably; a chunk that is there already only moves the ids on."""
        _require(events)
        ids = self._ids(import_id, chunk, events)
        with self._vault.change() as connection:
            row = _find(connection, import_id)
            if chunk < row.chunks_done:
                return Appended(events.num_rows, len(rejected), 0, repeated=True)
            if chunk > row.chunks_done:
                raise StoreError(
                    f"Chunk {chunk} of import {import_id} came before chunk {row.chunks_done}.",
                    "Give the chunks in order, from the first.",
                    "import-gap",
                )
            kept = self._store(connection, import_id, chunk, events, ids)
            self._reject(connection, import_id, chunk, rejected)
            imports = tables.imports
            connection.execute(
                update(imports)
                .where(imports.c.id == import_id)
                .values(
                    state=ImportState.PARTIAL,
                    chunks_done=chunk + 1,
                    rows=imports.c.rows + kept,
                    rejected=imports.c.rejected + len(rejected),
                    forgotten=imports.c.forgotten + events.num_rows - kept,
                )
            )
        return Appended(kept, len(rejected), events.num_rows - kept)

    def finish(self, import_id: str) -> None:
        """Mark an import as done."""
        self._assigners.pop(import_id, None)
        with self._vault.change() as connection:
            _find(connection, import_id)
            connection.execute(
                update(tables.imports)
                .where(tables.imports.c.id == import_id)
                .values(state=ImportState.DONE, finished=time.now())
            )

    def _ids(self, import_id: str, chunk: int, events: pa.Table) -> pa.Array:
        assigner, expected = (IdAssigner(), 0) if chunk == 0 else self._assigners.get(import_id, (IdAssigner(), 0))
        if chunk != expected:
            raise StoreError(
                f"Chunk {chunk} of import {import_id} was given where chunk {expected} was expected.",
                "Give an import's chunks in order; after opening the book again, from the first (those stored are "
                "passed over).",
                "import-gap",
            )
        # Out of the way first: a chunk that fails has moved the counts, so the import must start over.
        self._assigners.pop(import_id, None)
        ids = assigner.assign(events)
        self._assigners[import_id] = (assigner, chunk + 1)
        return ids

    def _store(self, connection: Connection, import_id: str, chunk: int, events: pa.Table, ids: pa.Array) -> int:
        if events.num_rows == 0:
            return 0
        words = as_words(events["worker"])
        names: list[str] = words.dictionary.to_pylist()
        known = people.ensure(connection, self._vault.keys, names)
        workers, codes = _codes(words, names, known)
        self._leave_out(connection, workers, codes, events, ids)
        keys = self._vault.keys.ensure(connection, [(worker, INBOX) for worker in workers])
        rows: list[dict[str, Any]] = []
        for code, part in batch.by_worker(codes, batch.plain(events, ids)):
            worker = workers[code]
            packed = encrypt(keys[worker, INBOX], batch.pack(part), *bound(worker, import_id, chunk))
            rows.append(
                {"import_id": import_id, "chunk": chunk, "worker": worker, "rows": part.num_rows, "batch": packed}
            )
        if rows:
            connection.execute(insert(tables.inbox), rows)
            _note_workers(connection, import_id, [row["worker"] for row in rows])
        return sum(row["rows"] for row in rows)

    def _leave_out(
        self, connection: Connection, workers: list[str], codes: npt.NDArray[np.int64], events: pa.Table, ids: pa.Array
    ) -> None:
        """Rows in a part of somebody's traces that was erased count as a forgotten worker's."""
        for scope in scopes(connection, workers):
            theirs = np.flatnonzero(codes == workers.index(scope.worker))
            own = events.select(list(READ[1:])).take(pa.array(theirs)).append_column("id", ids.take(pa.array(theirs)))
            here = scope.rows(own, lambda event: self._vault.keys.pseudonym(f"event:{event.hex()}"))
            codes[theirs[here]] = -1

    def _reject(self, connection: Connection, import_id: str, chunk: int, rejected: Sequence[Rejected]) -> None:
        table = tables.quarantine
        # A readmitted worker's import is repeated: its quarantine replaces the old one.
        connection.execute(delete(table).where(table.c.import_id == import_id, table.c.chunk == chunk))
        if not rejected:
            return
        key = self._vault.keys.ensure(connection, [(import_id, IMPORT)])[import_id, IMPORT]
        rows = [[r.line, r.reason, r.text] for r in rejected]
        connection.execute(
            insert(table),
            {
                "import_id": import_id,
                "chunk": chunk,
                "rows": len(rows),
                "batch": seal_rejected(key, import_id, chunk, rows),
            },
        )


def bound(worker: str, import_id: str, chunk: int) -> tuple[str, ...]:
    """The words a batch is bound to."""
    return ("inbox", worker, import_id, str(chunk))


def imports(connection: Connection, keys: Keyring) -> list[ImportRow]:
    """All imports, oldest first."""
    table = tables.imports
    return [_row(connection, keys, row) for row in connection.execute(select(table).order_by(table.c.id)).all()]


def quarantine(connection: Connection, keys: Keyring, import_id: str | None) -> list[QuarantineRow]:
    """The rejected rows of one import or of all, in order."""
    table = tables.quarantine
    query = select(table).order_by(table.c.import_id, table.c.chunk)
    if import_id is not None:
        query = query.where(table.c.import_id == import_id)
    found: list[QuarantineRow] = []
    for row in connection.execute(query).all():
        key = keys.fetch(connection, [(row.import_id, IMPORT)])[row.import_id, IMPORT]
        for line, reason, text in open_rejected(key, row.import_id, row.chunk, row.batch):
            found.append(QuarantineRow(row.import_id, row.chunk, line, reason, text))
    return found


def seal_rejected(key: bytes, import_id: str, chunk: int, rows: list[list[Any]]) -> bytes:
    """Rejected rows (line, reason, text) encrypted."""
    return encrypt(key, json.dumps(rows).encode(), "quarantine", import_id, str(chunk))


def open_rejected(key: bytes, import_id: str, chunk: int, sealed: bytes) -> list[list[Any]]:
    """The reverse of `seal_rejected`."""
    what = f"The quarantine of import {import_id}"
    return json.loads(decrypt(key, sealed, "quarantine", import_id, str(chunk), what=what))


def _require(events: pa.Table) -> None:
    if not events.schema.equals(RAW_SCHEMA):
        raise InputError("The events do not have the columns of RAW_SCHEMA.", "Build them with raw_table.", "schema")
    for name in ("worker", "time"):
        if events[name].null_count:
            raise InputError(
                f"{events[name].null_count} events have no {name}.",
                "The importer should reject such rows, or be told whose they are (--worker NAME).",
                f"no-{name}",
            )


def _codes(
    words: pa.DictionaryArray, names: list[str], known: dict[str, tuple[str, WorkerState]]
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The active workers, and each row's place among them: −1 for rows of forgotten workers."""
    workers = list(dict.fromkeys(worker for worker, state in known.values() if state == WorkerState.ACTIVE))
    place = {worker: i for i, worker in enumerate(workers)}
    table = np.array([place.get(known[name][0], -1) for name in names], np.int64)
    return workers, table[words.indices.to_numpy()]


def _note_workers(connection: Connection, import_id: str, workers: list[str]) -> None:
    table = tables.import_workers
    noted = set(connection.execute(select(table.c.worker).where(table.c.import_id == import_id)).scalars())
    new = [{"import_id": import_id, "worker": worker} for worker in workers if worker not in noted]
    if new:
        connection.execute(insert(table), new)


def _find(connection: Connection, import_id: str) -> Row[Any]:
    row = connection.execute(select(tables.imports).where(tables.imports.c.id == import_id)).one_or_none()
    if row is None:
        raise UnknownNameError("import", import_id)
    return row


def _row(connection: Connection, keys: Keyring, row: Row[Any]) -> ImportRow:
    key = keys.fetch(connection, [(row.id, IMPORT)])[row.id, IMPORT]
    path = decrypt(key, row.path, "path", row.id, what=f"The path of import {row.id}")
    return ImportRow(
        row.id,
        row.source,
        row.fingerprint,
        path.decode("utf-8", "surrogatepass"),
        decode_terms(row.terms),
        ImportState(row.state),
        row.chunks_done,
        row.rows,
        row.rejected,
        row.forgotten,
        row.begun,
        row.finished,
    )
