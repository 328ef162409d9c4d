"""Erasing a worker: one transaction takes away every key and every reference, then the files go."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete, func, select, update

from guildbook.store import files, ledger, people, tables
from guildbook.store.files import Change
from guildbook.store.keys import fingerprint
from guildbook.store.quarantine import Doomed, clean, doomed
from guildbook.store.reading import address, leaving_rows, segment_rows
from guildbook.store.rows import ErasureReport, WorkerState
from guildbook.store.vault import Vault

Ended = Callable[[ErasureReport, Change], None]
"""Makes the change, in a transaction that may log it."""


def begin(connection: Connection, worker: str) -> None:
    """From now on nothing of this worker is taken in; what is there can still be read, to subtract it."""
    if people.state(connection, worker) == WorkerState.ACTIVE:
        connection.execute(
            update(tables.workers).where(tables.workers.c.id == worker).values(state=WorkerState.ERASING)
        )


def erase(vault: Vault, worker: str, transact: Ended | None = None) -> ErasureReport:
    """Erase everything of a worker but the pseudonym. Killed half-way, it is finished by calling it again.

    The transaction deletes the keys, so the segments cannot be read from that moment even where copies of the files
    exist; the files follow. Erasing a forgotten worker again is a no-op.
    """
    with vault.writing():
        files.recover(vault.home, vault.engine)
        with vault.look() as connection:
            people.state(connection, worker)
            rows = [*segment_rows(connection, worker), *leaving_rows(connection, worker)]
            name = next((row.name for row in people.everyone(connection, vault.keys) if row.id == worker), None)
            rejected = doomed(vault, connection, worker, name, whole=True)
            report = _report(vault, connection, worker, tuple(row.id for row in rows), rejected)

        def change(connection: Connection) -> None:
            _erase_rows(vault, connection, worker, rejected)

        made = None if transact is None else lambda whole: transact(report, whole)  # pyright: ignore[reportUnknownLambdaType]
        files.drop(vault.home, vault.engine, change, [address(row).path for row in rows], made)
        ledger.scrub(vault.engine)
        return report


def _report(
    vault: Vault, connection: Connection, worker: str, gone: tuple[str, ...], rejected: Doomed
) -> ErasureReport:
    """What erasing is about to remove."""
    inbox, segments, keys = tables.inbox, tables.segments, tables.keys
    batches, waiting = connection.execute(
        select(func.count(), func.coalesce(func.sum(inbox.c.rows), 0)).where(inbox.c.worker == worker)
    ).one()
    rows = connection.execute(
        select(func.coalesce(func.sum(segments.c.rows), 0)).where(segments.c.worker == worker)
    ).scalar_one()
    periods = list(connection.execute(select(keys.c.period).where(keys.c.owner == worker)).scalars())
    opened = vault.keys.find(connection, [(worker, period) for period in periods])
    return ErasureReport(
        worker, int(batches), len(gone), int(waiting) + int(rows), len(periods), rejected.rows, gone,
        tuple(sorted(fingerprint(key) for key in opened.values())),
    )  # fmt: skip


def _erase_rows(vault: Vault, connection: Connection, worker: str, rejected: Doomed) -> None:
    clean(vault, connection, rejected)
    connection.execute(delete(tables.import_workers).where(tables.import_workers.c.worker == worker))
    for table in (tables.inbox, tables.segments, tables.leaving, tables.erasures):
        connection.execute(delete(table).where(table.c.worker == worker))
    connection.execute(delete(tables.keys).where(tables.keys.c.owner == worker))
    connection.execute(
        update(tables.workers).where(tables.workers.c.id == worker).values(state=WorkerState.FORGOTTEN, name=None)
    )
