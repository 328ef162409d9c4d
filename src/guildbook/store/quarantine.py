"""What of the rejected rows goes when a worker, or a part of their traces, is erased."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from guildbook.store import tables
from guildbook.store.cipher import decrypt, encrypt
from guildbook.store.inbox import open_rejected, seal_rejected
from guildbook.store.keys import IMPORT
from guildbook.store.vault import Vault

# A name this short turns up inside other words; it is looked for as it stands, not within a row's text.
_SHORTEST: Final = 3


@dataclass(frozen=True, slots=True)
class Doomed:
    """Rejected rows that are to go."""

    rows: int
    kept: dict[str, dict[int, list[list[Any]]]] = field(default_factory=dict[str, dict[int, list[list[Any]]]])
    """Imports that lose rows or their path: what is left of each chunk."""
    nameless: frozenset[str] = frozenset()
    """Imports whose path goes too."""


def doomed(
    vault: Vault,
    connection: Connection,
    worker: str,
    name: str | None,
    *,
    since: int | None = None,
    whole: bool = False,
) -> Doomed:
    """The rows that name the worker, and all of imports that were theirs alone.

    `since`: imports that ended before this (µs UTC) cannot hold what is to go. `whole`: the worker goes altogether,
    and with them where imports that were theirs alone came from, since a path may name its owner.
    """
    table, imports = tables.import_workers, tables.imports
    alone = set(
        connection.execute(
            select(table.c.import_id)
            .group_by(table.c.import_id)
            .having(func.count() == 1, func.max(table.c.worker) == worker)
        ).scalars()
    )
    past = set[str]()
    if since is not None:
        past.update(connection.execute(select(imports.c.id).where(imports.c.finished < since)).scalars())
    gone = 0
    every: dict[str, dict[int, list[list[Any]]]] = {}
    losing = set(alone) if whole else set[str]()
    for row in connection.execute(select(tables.quarantine)).all():
        if row.import_id in past:
            continue
        key = vault.keys.fetch(connection, [(row.import_id, IMPORT)])[row.import_id, IMPORT]
        entries = open_rejected(key, row.import_id, row.chunk, row.batch)
        kept = [e for e in entries if row.import_id not in alone and not _names(name, f"{e[1]} {e[2]}")]
        every.setdefault(row.import_id, {})[row.chunk] = kept
        if len(kept) < len(entries):
            gone += len(entries) - len(kept)
            losing.add(row.import_id)
    return Doomed(gone, {each: every.get(each, {}) for each in sorted(losing)}, frozenset(alone if whole else ()))


def clean(vault: Vault, connection: Connection, found: Doomed) -> None:
    """Take those rows out. What is left of their imports comes under a new key, so that old copies are noise."""
    for import_id, chunks in found.kept.items():
        _rekey(vault, connection, import_id, chunks, nameless=import_id in found.nameless)


def _rekey(
    vault: Vault, connection: Connection, import_id: str, chunks: dict[int, list[list[Any]]], *, nameless: bool
) -> None:
    imports, keys, quarantine = tables.imports, tables.keys, tables.quarantine
    old = vault.keys.fetch(connection, [(import_id, IMPORT)])[import_id, IMPORT]
    sealed = connection.execute(select(imports.c.path).where(imports.c.id == import_id)).scalar_one()
    path = b"" if nameless else decrypt(old, sealed, "path", import_id, what=f"The path of import {import_id}")
    connection.execute(delete(keys).where(keys.c.owner == import_id))
    key = vault.keys.ensure(connection, [(import_id, IMPORT)])[import_id, IMPORT]
    connection.execute(
        update(imports).where(imports.c.id == import_id).values(path=encrypt(key, path, "path", import_id))
    )
    connection.execute(delete(quarantine).where(quarantine.c.import_id == import_id))
    rows = [
        {"import_id": import_id, "chunk": chunk, "rows": len(kept),
         "batch": seal_rejected(key, import_id, chunk, kept)}
        for chunk, kept in chunks.items()
        if kept
    ]  # fmt: skip
    if rows:
        connection.execute(insert(quarantine), rows)


def _names(name: str | None, text: str) -> bool:
    if not name:
        return False
    if len(name) < _SHORTEST:
        return name in text.split()
    return name.casefold() in text.casefold()
