"""The doctor's part: what is wrong with a book on disk, and how to mend it. It changes nothing."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from guildbook.columns.ids import digest
from guildbook.model.errors import StoreError
from guildbook.store import artefacts, files, inbox, people, segment, tables
from guildbook.store.keys import INBOX
from guildbook.store.reading import address, leaving_rows, segment_rows
from guildbook.store.rows import Finding, ImportState, SegmentRow, Severity, WorkerState
from guildbook.store.scopes import BEGUN
from guildbook.store.vault import Vault

_LITTLE: Final = 512 << 20
_RESTORE: Final = "Restore it from a backup, or import its source again."


def check(vault: Vault, *, deep: bool = True) -> list[Finding]:
    """Everything found, the gravest first. `deep` decrypts every segment and artefact and compares the digests."""
    if vault.lock.held:
        raise StoreError("A check inside a write would mistake it for damage.", "Check before or after.", "busy")
    parts = [
        _ledger(vault),
        _key_file(vault),
        _names(vault),
        _segments(vault, deep=deep),
        _batches(vault),
        _artefacts(vault, deep=deep),
        _folders(vault),
        _unfinished(vault),
        _room(vault),
    ]
    found = [finding for part in parts for finding in _told(part)]
    gravity = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return sorted(found, key=lambda finding: gravity[finding.severity])


def _told(part: Iterator[Finding]) -> Iterator[Finding]:
    """A part's findings; where it cannot go on, that too is a finding."""
    try:
        yield from part
    except StoreError as error:
        yield Finding(error.code, Severity.ERROR, error.what, error.fix)


def _ledger(vault: Vault) -> Iterator[Finding]:
    if vault.engine.dialect.name != "sqlite":
        return
    with vault.look() as connection:
        said = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(5)")]
    if said != ["ok"]:
        yield Finding(
            "ledger-damaged",
            Severity.ERROR,
            f"SQLite finds the ledger damaged: {'; '.join(said)}.",
            "Restore ledger.sqlite from a backup; the segments beside it are untouched.",
        )


def _key_file(vault: Vault) -> Iterator[Finding]:
    if stat.S_IMODE(vault.key_file.stat().st_mode) & 0o077:
        yield Finding(
            "book-key-open",
            Severity.WARNING,
            f"Others on this machine may read {vault.key_file}, which opens every trace.",
            f"chmod 600 {vault.key_file}",
        )


def _names(vault: Vault) -> Iterator[Finding]:
    """Whether every name and path decrypts."""
    with vault.look() as connection:
        people.everyone(connection, vault.keys)
        inbox.imports(connection, vault.keys)
    yield from ()


def _segments(vault: Vault, *, deep: bool) -> Iterator[Finding]:
    with vault.look() as connection:
        rows = [*segment_rows(connection), *leaving_rows(connection)]
    for row in rows:
        try:
            fault = _fault(vault, row, deep=deep)
        except StoreError as error:
            yield Finding(error.code, Severity.ERROR, error.what, error.fix)
            continue
        if fault:
            path = vault.home / address(row).path
            yield Finding("segment-differs", Severity.ERROR, f"The segment file {path} {fault}.", _RESTORE)


def _fault(vault: Vault, row: SegmentRow, *, deep: bool) -> str:
    place = address(row)
    with vault.look() as connection:
        key = vault.keys.fetch(connection, [(row.worker, row.period)])[row.worker, row.period]
    segment.read_cases(vault.home, place, key)
    if not deep:
        return ""
    ids = segment.read_rows(vault.home, place, key, ["id"])["id"]
    if len(ids) != row.rows:
        return f"holds {len(ids)} events where the ledger counts {row.rows}"
    return "" if digest(ids) == row.digest else "does not hold the events the ledger says"


def _batches(vault: Vault) -> Iterator[Finding]:
    waits, keys = tables.inbox, tables.keys
    known = select(keys.c.owner).where(keys.c.period == INBOX)
    with vault.look() as connection:
        lost = connection.execute(
            select(waits.c.worker, func.count()).where(waits.c.worker.not_in(known)).group_by(waits.c.worker)
        ).all()
        waiting = connection.execute(select(func.coalesce(func.sum(waits.c.rows), 0))).scalar_one()
    for worker, count in lost:
        yield Finding(
            "key-missing",
            Severity.ERROR,
            f"{count} batches of {worker} wait in the inbox without their key.",
            "Restore the ledger from a backup, or forget the worker.",
        )
    if waiting:
        yield Finding(
            "inbox-waiting", Severity.INFO, f"{waiting} events are not sealed yet.", "The next `learn` seals them."
        )


def _artefacts(vault: Vault, *, deep: bool) -> Iterator[Finding]:
    with vault.look() as connection:
        rows = connection.execute(select(tables.artefacts.c.name, tables.artefacts.c.file)).all()
    for name, file in rows:
        try:
            if deep or not (vault.home / file).exists():
                artefacts.get(vault, name)
        except StoreError as error:
            code = "artefact-missing" if error.code == "artefact-missing" else "artefact-damaged"
            yield Finding(code, Severity.ERROR, error.what, "Run `guildbook learn` to make it again.")


def _folders(vault: Vault) -> Iterator[Finding]:
    with vault.look() as connection:
        expected = {address(row).path for row in [*segment_rows(connection), *leaving_rows(connection)]}
        expected |= set(connection.execute(select(tables.artefacts.c.file)).scalars())
        strays = set(connection.execute(select(tables.strays.c.path)).scalars())
    for path in _files(vault.home, ("segments", "artefacts", files.TMP)):
        name = path.relative_to(vault.home).as_posix()
        if name in expected:
            continue
        if name in strays or name.startswith(f"{files.TMP}/"):
            yield Finding(
                "write-interrupted",
                Severity.WARNING,
                f"{path} is left from a write that did not end.",
                "It goes by itself with the next write; if one is under way, wait for it.",
            )
        else:
            yield Finding(
                "foreign-file",
                Severity.WARNING,
                f"{path} is not in the ledger of this book.",
                "If it came from a restored backup, restore ledger.sqlite of the same time; else move it away.",
            )


def _unfinished(vault: Vault) -> Iterator[Finding]:
    table = tables.imports
    with vault.look() as connection:
        half = connection.execute(select(table.c.id, table.c.source).where(table.c.state == ImportState.PARTIAL)).all()
        workers, erasures = tables.workers, tables.erasures
        partly = connection.execute(select(erasures.c.worker).where(erasures.c.state == BEGUN)).all()
        leaving = connection.execute(select(workers.c.id).where(workers.c.state == WorkerState.ERASING)).all()
    for row in partly:
        yield Finding(
            "erase-interrupted",
            Severity.ERROR,
            f"A part of what is held of worker {row.worker} was being forgotten, and it did not end.",
            "Run `guildbook learn`: it finishes this first.",
        )
    for row in leaving:
        yield Finding(
            "erase-interrupted",
            Severity.ERROR,
            f"Worker {row.id} was being forgotten, and it did not end.",
            "Run `guildbook forget` for the same worker again.",
        )
    for import_id, source in half:
        yield Finding(
            "import-interrupted",
            Severity.INFO,
            f"Import {import_id} ({source}) did not come to its end.",
            "Run `guildbook learn` on the same path again: it goes on where it stopped.",
        )


def _room(vault: Vault) -> Iterator[Finding]:
    free = shutil.disk_usage(vault.home).free
    if free < _LITTLE:
        yield Finding(
            "disk-low",
            Severity.WARNING,
            f"Only {free >> 20} MiB are free where the book is.",
            "Free some space: learning needs about twice the size of what is imported.",
        )


def _files(home: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in (home / folder).rglob("*") if not path.is_dir())
