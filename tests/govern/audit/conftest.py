"""A book on both ledgers with a log in it, and acts to put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guildbook.govern.audit.log import Log
from guildbook.store import Store


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A fresh book, on both databases."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with Store.open(tmp_path / "book", ledger_url=url) as opened:
        yield opened


@pytest.fixture
def acts() -> Callable[..., list[dict[str, Any]]]:
    """`acts(count, start=0)`: acts that can be told apart."""

    def make(count: int, start: int = 0) -> list[dict[str, Any]]:
        return [
            {"kind": "permit", "time": i, "by": "", "body": {"worker": f"w{i}"}, "key": "", "signature": ""}
            for i in range(start, start + count)
        ]

    return make


@pytest.fixture
def log(store: Store, acts: Callable[..., list[dict[str, Any]]]) -> Log:
    """A log of twenty-one entries in three transactions."""
    made = Log(store)
    for start in (0, 1, 9):
        with store.change() as ledger:
            made.append(ledger, acts({0: 1, 1: 8, 9: 12}[start], start))
    return made
