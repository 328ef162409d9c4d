"""The store as govern and app see it: one open book on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
from sqlalchemy import Connection, Engine

from guildbook.columns.words import U64
from guildbook.model.errors import BookBusyError, StoreError
from guildbook.model.ids import uuid7
from guildbook.plugins import Rejected
from guildbook.store import (
    artefacts,
    compaction,
    erasure,
    files,
    holding,
    inbox,
    keys,
    ledger,
    parting,
    people,
    reading,
    sealing,
)
from guildbook.store.lock import WriterLock
from guildbook.store.rows import (
    Appended,
    ArtefactRow,
    CompactReport,
    ErasureReport,
    Finding,
    ImportRow,
    QuarantineRow,
    SealReport,
    SegmentRow,
    WorkerRow,
)
from guildbook.store.scopes import Scope
from guildbook.store.trouble import explained
from guildbook.store.vault import Vault


class Store:
    """The ledger, the inbox, the sealed segments and the artefacts of one book.

    Any number of processes may read; one writes at a time (`writing`). Every method that changes something takes the
    writer lock itself and is durable when it returns. Use as a context manager, or call `close`.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._inbox = inbox.Inbox(vault)

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        ledger_url: str | None = None,
        create: bool = True,
        wait: float = 10.0,
        key_file: Path | None = None,
    ) -> Self:
        """Open the book in folder `home`, making it when `create`.

        `ledger_url`: a PostgreSQL URL, or None for `ledger.sqlite` in the folder. `wait`: seconds to wait for another
        writer. `key_file`: where the book's key is, if not `book.key` in the folder. Raises `StoreError`: no book
        there, its key missing or wrong, or a ledger of a newer Guildbook. What a killed writer left is cleared away
        if no other process is writing.
        """
        home = home.expanduser().absolute()
        key_path = key_file or home / "book.key"
        with explained(home):
            if create:
                home.mkdir(mode=0o700, parents=True, exist_ok=True)
            elif not home.is_dir() or (ledger_url is None and not (home / "ledger.sqlite").is_file()):
                raise _no_book(home)
            engine = ledger.connect(home, ledger_url, wait)
            try:
                return cls(_open_vault(home, engine, WriterLock(home, engine, wait), key_path, create=create))
            except BaseException:
                engine.dispose()
                raise

    def close(self) -> None:
        """Give the ledger's connections back."""
        self._vault.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def home(self) -> Path:
        """The book's folder."""
        return self._vault.home

    @property
    def engine(self) -> Engine:
        """The ledger's database, for the tables that govern keeps. Write only inside `writing`."""
        return self._vault.engine

    @property
    def book_id(self) -> str:
        """The book's UUID, as hex."""
        return self._vault.book_id

    def writing(self) -> AbstractContextManager[None]:
        """Hold the writer lock, re-entrant in a thread; `BookBusyError` when another keeps it too long."""
        return self._vault.writing()

    def change(self) -> AbstractContextManager[Connection]:
        """One ledger transaction under the writer lock."""
        return self._vault.change()

    def acting(self) -> AbstractContextManager[Connection]:
        """One ledger transaction for acts. It does not wait for the writer: a strike counts while learning goes on."""
        return self._vault.acting()

    def look(self) -> AbstractContextManager[Connection]:
        """A connection to read the ledger."""
        return self._vault.look()

    def secret(self, ledger: Connection, name: str, *, make: bool = False) -> bytes | None:
        """A secret of the whole book: 256 random bits, in the ledger wrapped by the book's key.

        With `make` a missing one is made in the caller's transaction; else it is None.
        """
        return self._vault.keys.secret(ledger, name, make=make)

    # Workers

    def add_worker(self, name: str) -> str:
        """The worker's pseudonymous id, known from now on. A forgotten worker stays forgotten."""
        with self._vault.change() as connection:
            return people.ensure(connection, self._vault.keys, [name])[name][0]

    def worker_id(self, name: str) -> str:
        """The id that name has in this book, whether or not the worker is known."""
        return self._vault.keys.pseudonym(name)

    def workers(self) -> list[WorkerRow]:
        """All workers, oldest first."""
        with self._vault.look() as connection:
            return people.everyone(connection, self._vault.keys)

    def readmit(self, worker_id: str) -> None:
        """Let a forgotten worker's traces in again; their imports have to be repeated."""
        with self._vault.change() as connection:
            people.readmit(connection, worker_id)

    # Import

    def begin_import(self, *, source: str, fingerprint: str, path: str, terms: tuple[str, ...] | None) -> ImportRow:
        """The import with that fingerprint, new or as far as it came; an existing one keeps its first terms.

        `terms`: purposes the importer states, None when it states none.
        """
        return self._inbox.begin(source, fingerprint, path, terms)

    def append(self, import_id: str, chunk: int, events: pa.Table, rejected: Sequence[Rejected]) -> Appended:
        """Take in chunk number `chunk` (from 0, in order) of an import: on the disk when it returns.

        `events` has `RAW_SCHEMA`, every row with worker and time. To resume, give all chunks again from 0: those
        already there only pass through the id assigner and are not written. Events of workers who are forgotten or
        being forgotten are left out and counted.
        """
        return self._inbox.append(import_id, chunk, events, rejected)

    def finish_import(self, import_id: str) -> None:
        """Mark an import as done."""
        self._inbox.finish(import_id)

    def imports(self) -> list[ImportRow]:
        """All imports, oldest first."""
        with self._vault.look() as connection:
            return inbox.imports(connection, self._vault.keys)

    def quarantine(self, import_id: str | None = None) -> list[QuarantineRow]:
        """The rejected rows of one import or of all."""
        with self._vault.look() as connection:
            return inbox.quarantine(connection, self._vault.keys, import_id)

    # Segments

    def seal(self, progress: Callable[[int, int], None] | None = None, *, keep: bool = False) -> SealReport:
        """Turn the inbox into segments, one worker, month and statement of terms each.

        Copies of events that are in the book already go; of two imports with different terms the first one's stay.
        `progress` is told rows done and rows in all. `keep`: a day's worth of events stays in memory until it is
        read, once; for whoever reads what was sealed at once.
        """
        return sealing.seal(self._vault, progress, keep=keep)

    def compact(self, small: int = 50_000, at_least: int = 4) -> CompactReport:
        """Merge segments below `small` rows where a worker, month and terms have `at_least`; digests add up."""
        return compaction.compact(self._vault, small, at_least)

    def classify(self) -> int:
        """Note the classes of segments that an older Guildbook sealed; returns how many there were."""
        from guildbook.store import classifying  # noqa: PLC0415 - once in a book's life

        return classifying.classify(self._vault)

    def segments(self) -> list[SegmentRow]:
        """All segments by worker, month and first event."""
        with self._vault.look() as connection:
            return reading.segment_rows(connection)

    def read(self, segment_id: str, columns: Sequence[str]) -> pa.Table:
        """Some `EVENT_SCHEMA` columns of one segment, rows by time, `seq` (null first) and id."""
        return next(self.read_many([segment_id], columns))[1]

    def read_many(self, segment_ids: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[SegmentRow, pa.Table]]:
        """As `read` for many segments, or parts of them, in the order given; reads ahead in threads."""
        with explained(self.home):
            yield from reading.pieces(self._vault, segment_ids, columns)

    def cases(self, segment_id: str) -> U64:
        """Sorted uint64 `model.ids.symbol`s of the cases in a segment; reads only the segment's index."""
        return self.case_reader([segment_id])(segment_id)

    def case_reader(self, segment_ids: Sequence[str]) -> Callable[[str], U64]:
        """`cases` for many segments, which asks the ledger only once."""
        with self._vault.look() as connection:
            read = reading.case_reader(connection, self._vault, segment_ids)

        def cases(segment_id: str) -> U64:
            with explained(self.home):
                return read(segment_id)

        return cases

    # Evaluation vaults

    def hold(self, plan: holding.Plan, transact: holding.Holds) -> holding.Held | None:
        """Hold whole cases out in a vault; None when there are none to choose. The inbox must be sealed."""
        return holding.hold(self._vault, plan, transact)

    def free(self, name: str, transact: files.Transact) -> None:
        """What a vault holds is as if it had never been held out; its scores and copies are kept."""
        holding.free(self._vault, name, transact)

    # Erasure

    def begin_erase(self, worker_id: str, ledger: Connection) -> None:
        """Stop taking a worker's events in; what is there stays readable until `erase`.

        In the transaction of `ledger`, which may log it. Raises `UnknownNameError`.
        """
        erasure.begin(ledger, worker_id)

    def erase(self, worker_id: str, transact: erasure.Ended | None = None) -> ErasureReport:
        """Erase events, files, keys and name of a worker; the pseudonym stays as forgotten. May be repeated.

        `transact` is given the report and the change, and makes it in a transaction that may log it.
        """
        return erasure.erase(self._vault, worker_id, transact)

    def event_known(self, event: bytes) -> str:
        """An event's id as erasures keep it: a keyed hash."""
        return parting.known_event(self._vault, event)

    def part(self, scope: Scope, transact: parting.PartBegun) -> parting.Parted | None:
        """Set aside a part of what is held of a worker, to be subtracted and destroyed; None when there is none."""
        return parting.part(self._vault, scope, transact)

    def parts(self) -> list[parting.Pending]:
        """The parts that are set aside, oldest first."""
        return parting.pending(self._vault)

    def destroy(self, erasure_id: str, transact: parting.PartEnded) -> ErasureReport:
        """Destroy the keys and files of what is set aside. Killed half-way, it is finished by calling it again."""
        return parting.destroy(self._vault, erasure_id, transact)

    # Artefacts

    def put_artefact(self, name: str, kind: str, data: bytes, grant: str) -> None:
        """Keep something made from the traces, encrypted, in the place of an earlier one of that name."""
        artefacts.put(self._vault, name, kind, data, grant)

    def get_artefact(self, name: str) -> bytes | None:
        """An artefact's bytes, None when there is none."""
        return artefacts.get(self._vault, name)

    def artefacts(self) -> list[ArtefactRow]:
        """All artefacts by name."""
        with self._vault.look() as connection:
            return artefacts.everything(connection)

    def drop_artefact(self, name: str) -> None:
        """Remove an artefact, if there is one."""
        artefacts.drop(self._vault, name)

    def check(self, *, deep: bool = True) -> list[Finding]:
        """What is wrong with the book on disk, the gravest first; `deep` reads every segment."""
        from guildbook.store import checkup  # noqa: PLC0415 - only the doctor needs it

        return checkup.check(self._vault, deep=deep)


def _open_vault(home: Path, engine: Engine, lock: WriterLock, key_file: Path, *, create: bool) -> Vault:
    if ledger.needs_upgrade(engine):
        with lock.hold():
            if ledger.needs_upgrade(engine):
                ledger.upgrade(engine)
    with engine.connect() as connection:
        known = keys.book_id(connection)
    if known is None:
        if not create:
            raise _no_book(home)
        with lock.hold(), ledger.change(engine) as connection:
            known = keys.book_id(connection)
            if known is None:
                known = uuid7().hex
                keys.Keyring.found(connection, key_file, known)
    with engine.connect() as connection:
        ring = keys.Keyring.load(connection, key_file)
    vault = Vault(home, engine, lock, ring, key_file, known)
    _recover(vault)
    return vault


def _recover(vault: Vault) -> None:
    """Clear up after a killed writer, unless one is alive: then there is nothing to clear up, or it will do it."""
    try:
        with vault.lock.hold(wait=0):
            files.recover(vault.home, vault.engine)
    except BookBusyError:
        return


def _no_book(home: Path) -> StoreError:
    return StoreError(
        f"There is no book at {home}.", "Make one with `guildbook learn PATH`, or give --home DIR.", "no-book"
    )
