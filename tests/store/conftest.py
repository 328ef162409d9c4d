"""A book on SQLite and on PostgreSQL, and small tables of events to put in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from guildbook.columns import raw_table
from guildbook.plugins import Rejected
from guildbook.store import Appended, ImportRow, Store

DAY = 86_400_000_000
JANUARY = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


@dataclass
class Books:
    """Opens books of one ledger; closes them all at the end."""

    home: Path
    url: str | None
    stack: ExitStack = field(default_factory=ExitStack)

    def open(self, **options: Any) -> Store:
        """The book, opened once more."""
        options = {"ledger_url": self.url, "wait": 5.0, **options}
        return self.stack.enter_context(Store.open(options.pop("home", self.home), **options))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """A fresh book's folder and ledger, on both databases."""
    with ExitStack() as stack:
        url = None
        if request.param == "postgres":
            url = request.getfixturevalue("postgres_database")
        made = Books(tmp_path / "book", url)
        stack.enter_context(made.stack)
        yield made


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Books]:
    """As `books`, on SQLite alone: for what does not touch the database's kind."""
    made = Books(tmp_path / "book", None)
    with made.stack:
        yield made


@pytest.fixture
def events() -> Callable[..., pa.Table]:
    """`events(rows, worker=…, start=…, **columns)`: rows one minute apart, all different."""

    def make(
        rows: int, worker: str | Sequence[str] = "Ann", start: int = JANUARY, step: int = 60_000_000, **columns: Any
    ) -> pa.Table:
        workers = [worker] * rows if isinstance(worker, str) else [worker[i % len(worker)] for i in range(rows)]
        base: dict[str, Any] = {
            "worker": workers,
            "time": [start + i * step for i in range(rows)],
            "seq": list(range(rows)),
            "action": [f"step {i % 5}" for i in range(rows)],
            "case": [f"claim:{i // 4}" for i in range(rows)],
            "source": ["test"] * rows,
        }
        return raw_table({**base, **columns}, rows=rows)

    return make


Take = Callable[..., tuple[ImportRow, list[Appended]]]


@pytest.fixture
def take() -> Take:
    """`take(store, table, …)`: import a table in chunks and finish; returns the import and what each chunk came to."""

    def run(
        store: Store,
        table: pa.Table,
        fingerprint: str = "f",
        terms: tuple[str, ...] | None = None,
        chunk_rows: int = 1000,
        rejected: Sequence[Rejected] = (),
    ) -> tuple[ImportRow, list[Appended]]:
        begun = store.begin_import(source="test", fingerprint=fingerprint, path=f"/in/{fingerprint}", terms=terms)
        starts = range(0, max(table.num_rows, 1), chunk_rows)
        done = [
            store.append(begun.id, i, table.slice(start, chunk_rows), rejected if i == 0 else ())
            for i, start in enumerate(starts)
        ]
        store.finish_import(begun.id)
        return begun, done

    return run


@pytest.fixture
def everything() -> Callable[[Store], list[bytes]]:
    """`everything(store)`: the ids of all sealed events, sorted."""

    def run(store: Store) -> list[bytes]:
        rows = [row.id for row in store.segments()]
        return sorted(one for _, table in store.read_many(rows, ["id"]) for one in table["id"].to_pylist())

    return run
