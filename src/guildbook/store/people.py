"""Workers in the ledger: a pseudonym each, the name encrypted under a key of its own."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update

from guildbook.model import time
from guildbook.model.errors import UnknownNameError
from guildbook.store import tables
from guildbook.store.cipher import decrypt, encrypt
from guildbook.store.keys import NAME, Keyring
from guildbook.store.rows import ImportState, WorkerRow, WorkerState


def ensure(connection: Connection, keys: Keyring, names: Iterable[str]) -> dict[str, tuple[str, WorkerState]]:
    """Id and state by name; workers not known yet, and names that were erased and readmitted, are written."""
    ids = {name: keys.pseudonym(name) for name in names}
    found = {row.id: row for row in connection.execute(select(tables.workers)).all()}
    new = [name for name, worker in ids.items() if worker not in found]
    nameless = [
        name
        for name, worker in ids.items()
        if worker in found and found[worker].name is None and found[worker].state == WorkerState.ACTIVE
    ]
    sealed = _seal_names(connection, keys, {name: ids[name] for name in [*new, *nameless]})
    now = time.now()
    if new:
        connection.execute(
            insert(tables.workers),
            [{"id": ids[n], "name": sealed[n], "state": WorkerState.ACTIVE, "created": now} for n in new],
        )
    for name in nameless:
        connection.execute(update(tables.workers).where(tables.workers.c.id == ids[name]).values(name=sealed[name]))
    return {
        name: (worker, WorkerState(found[worker].state) if worker in found else WorkerState.ACTIVE)
        for name, worker in ids.items()
    }


def everyone(connection: Connection, keys: Keyring) -> list[WorkerRow]:
    """All workers, oldest first, names decrypted."""
    table = tables.workers
    rows = connection.execute(select(table).order_by(table.c.created, table.c.id)).all()
    named = [(row.id, NAME) for row in rows if row.name is not None]
    opened = keys.fetch(connection, named)
    return [
        WorkerRow(
            row.id,
            None
            if row.name is None
            else decrypt(opened[row.id, NAME], row.name, "name", row.id, what=f"The name of {row.id}").decode(
                "utf-8", "surrogatepass"
            ),
            WorkerState(row.state),
            row.created,
        )
        for row in rows
    ]


def state(connection: Connection, worker: str) -> WorkerState:
    """Where a worker stands; `UnknownNameError` for an id the book does not have."""
    found = connection.execute(select(tables.workers.c.state).where(tables.workers.c.id == worker)).scalar()
    if found is None:
        raise UnknownNameError("worker", worker)
    return WorkerState(found)


def readmit(connection: Connection, worker: str) -> None:
    """Lift the tombstone, or those of parts.

    Every import counts as unfinished again, so that repeating one brings the traces back.
    """
    lifted = connection.execute(delete(tables.erasures).where(tables.erasures.c.worker == worker)).rowcount
    if state(connection, worker) != WorkerState.FORGOTTEN and not lifted:
        return
    connection.execute(update(tables.workers).where(tables.workers.c.id == worker).values(state=WorkerState.ACTIVE))
    connection.execute(update(tables.imports).values(state=ImportState.NEW, chunks_done=0, finished=None))


def _seal_names(connection: Connection, keys: Keyring, named: dict[str, str]) -> dict[str, bytes]:
    opened = keys.ensure(connection, [(worker, NAME) for worker in named.values()])
    return {
        name: encrypt(opened[worker, NAME], name.encode("utf-8", "surrogatepass"), "name", worker)
        for name, worker in named.items()
    }
