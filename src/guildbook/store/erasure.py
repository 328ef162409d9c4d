"""Erasing a worker: one transaction takes away every key and every reference, then the files go."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from guildbook.store import files, ledger, people, tables
from guildbook.store.cipher import encrypt
from guildbook.store.inbox import open_rejected, seal_rejected
from guildbook.store.keys import IMPORT
from guildbook.store.reading import address, segment_rows
from guildbook.store.rows import ErasureReport, WorkerState
from guildbook.store.vault import Vault

# A name this short turns up inside other words; it is looked for as it stands, not within a row's text.
_SHORTEST: Final = 3


def begin(vault: Vault, worker: str) -> None:
    """From now on nothing of this worker is taken in; what is there can still be read, to subtract it."""
    with vault.change() as connection:
        if people.state(connection, worker) == WorkerState.ACTIVE:
            connection.execute(
                update(tables.workers).where(tables.workers.c.id == worker).values(state=WorkerState.ERASING)
            )


def erase(vault: Vault, worker: str) -> ErasureReport:
    """Erase everything of a worker but the pseudonym. Killed half-way, it is finished by calling it again.

    The transaction deletes the keys, so the segments cannot be read from that moment even where copies of the files
    exist; the files follow. Erasing a forgotten worker again is a no-op.
    """
    with vault.writing():
        files.recover(vault.home, vault.engine)
        report: list[ErasureReport] = []

        def change(connection: Connection) -> None:
            report.append(_erase_rows(vault, connection, worker))

        with vault.look() as connection:
            people.state(connection, worker)
            paths = [address(row).path for row in segment_rows(connection, worker)]
        files.drop(vault.home, vault.engine, change, paths)
        ledger.scrub(vault.engine)
        return report[0]


def _erase_rows(vault: Vault, connection: Connection, worker: str) -> ErasureReport:
    name = next((row.name for row in people.everyone(connection, vault.keys) if row.id == worker), None)
    quarantined = _clean_imports(vault, connection, worker, name)
    inbox, segments = tables.inbox, tables.segments
    batches, waiting = connection.execute(
        select(func.count(), func.coalesce(func.sum(inbox.c.rows), 0)).where(inbox.c.worker == worker)
    ).one()
    sealed, rows = connection.execute(
        select(func.count(), func.coalesce(func.sum(segments.c.rows), 0)).where(segments.c.worker == worker)
    ).one()
    connection.execute(delete(inbox).where(inbox.c.worker == worker))
    connection.execute(delete(segments).where(segments.c.worker == worker))
    keys = connection.execute(delete(tables.keys).where(tables.keys.c.owner == worker)).rowcount
    connection.execute(
        update(tables.workers).where(tables.workers.c.id == worker).values(state=WorkerState.FORGOTTEN, name=None)
    )
    return ErasureReport(worker, int(batches), int(sealed), int(waiting) + int(rows), keys, quarantined)


def _clean_imports(vault: Vault, connection: Connection, worker: str, name: str | None) -> int:
    """Take from the quarantine the rows that name the worker, and all of imports that were theirs alone."""
    table = tables.import_workers
    alone = set(
        connection.execute(
            select(table.c.import_id)
            .group_by(table.c.import_id)
            .having(func.count() == 1, func.max(table.c.worker) == worker)
        ).scalars()
    )
    gone = 0
    for row in connection.execute(select(tables.quarantine)).all():
        key = vault.keys.fetch(connection, [(row.import_id, IMPORT)])[row.import_id, IMPORT]
        entries = open_rejected(key, row.import_id, row.chunk, row.batch)
        kept = [e for e in entries if row.import_id not in alone and not _names(name, f"{e[1]} {e[2]}")]
        if len(kept) == len(entries):
            continue
        gone += len(entries) - len(kept)
        quarantine = tables.quarantine
        here = (quarantine.c.import_id == row.import_id) & (quarantine.c.chunk == row.chunk)
        connection.execute(delete(quarantine).where(here))
        if kept:
            sealed = seal_rejected(key, row.import_id, row.chunk, kept)
            connection.execute(
                insert(quarantine),
                {"import_id": row.import_id, "chunk": row.chunk, "rows": len(kept), "batch": sealed},
            )
    for import_id in sorted(alone):
        _rekey(vault, connection, import_id)
    connection.execute(delete(table).where(table.c.worker == worker))
    return gone


def _rekey(vault: Vault, connection: Connection, import_id: str) -> None:
    """Forget where an import came from: its path may name the worker. A new key makes old copies unreadable."""
    connection.execute(delete(tables.keys).where(tables.keys.c.owner == import_id))
    key = vault.keys.ensure(connection, [(import_id, IMPORT)])[import_id, IMPORT]
    connection.execute(
        update(tables.imports).where(tables.imports.c.id == import_id).values(path=encrypt(key, b"", "path", import_id))
    )


def _names(name: str | None, text: str) -> bool:
    if not name:
        return False
    if len(name) < _SHORTEST:
        return name in text.split()
    return name.casefold() in text.casefold()
