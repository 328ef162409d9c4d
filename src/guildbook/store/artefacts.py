"""What was made from the traces (sums, knowledge), kept encrypted, each version under a key of its own."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from guildbook.model import time
from guildbook.model.errors import StoreError
from guildbook.model.ids import uuid7
from guildbook.store import files, tables
from guildbook.store.cipher import decrypt, encrypt, new_key
from guildbook.store.rows import ArtefactRow
from guildbook.store.vault import Vault

SUFFIX = ".gbart"
_PERIOD = "artefact"


def put(vault: Vault, name: str, kind: str, data: bytes, grant: str) -> None:
    """Replace an artefact as a whole; the old version's key and file go."""
    with vault.writing():
        key, path = new_key(), f"artefacts/{uuid7().hex}{SUFFIX}"
        with vault.look() as connection:
            old = _path(connection, name)
        row = {
            "name": name,
            "kind": kind,
            "file": path,
            "key": vault.keys.wrap(key, name, _PERIOD),
            "grant": grant,
            "time": time.now(),
            "bytes": len(data),
        }

        def change(connection: Connection) -> None:
            connection.execute(delete(tables.artefacts).where(tables.artefacts.c.name == name))
            connection.execute(insert(tables.artefacts), row)

        publication = files.Publication(vault.home, vault.engine)
        publication.add(path, [encrypt(key, data, _PERIOD, name, path)])
        publication.commit(change, [old] if old else [])


def get(vault: Vault, name: str) -> bytes | None:
    """An artefact's bytes, None when there is none of that name; `StoreError` when its file is gone or changed."""
    table = tables.artefacts
    with vault.look() as connection:
        row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
        if row is None:
            return None
        try:
            # While the row is held, or a writer could replace the file in between.
            sealed = (vault.home / row.file).read_bytes()
        except FileNotFoundError:
            raise StoreError(
                f"The file of artefact {name} is missing: {vault.home / row.file}.",
                "Run `guildbook learn` to make it again.",
                "artefact-missing",
            ) from None
    key = vault.keys.unwrap(row.key, name, _PERIOD)
    return decrypt(key, sealed, _PERIOD, name, row.file, what=f"Artefact {name}")


def everything(connection: Connection) -> list[ArtefactRow]:
    """All artefacts by name."""
    table = tables.artefacts
    query = select(table.c.name, table.c.kind, table.c.grant, table.c.time, table.c.bytes).order_by(table.c.name)
    return [ArtefactRow(*row) for row in connection.execute(query)]


def drop(vault: Vault, name: str) -> None:
    """Remove an artefact, its key and its file; nothing happens when there is none."""
    with vault.writing():
        with vault.look() as connection:
            old = _path(connection, name)
        if old is None:
            return

        def change(connection: Connection) -> None:
            connection.execute(delete(tables.artefacts).where(tables.artefacts.c.name == name))

        files.drop(vault.home, vault.engine, change, [old])


def _path(connection: Connection, name: str) -> str | None:
    return connection.execute(select(tables.artefacts.c.file).where(tables.artefacts.c.name == name)).scalar()
