"""Made-up logs of words: one case a word, one event a letter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from guildbook.distil.encode import encode
from guildbook.distil.settings import Settings
from guildbook.distil.traces import Traces, join
from guildbook.model.time import DAY, HOUR

Row = dict[str, Any]


def make_log(words: Sequence[str], start: int = 20_000 * DAY) -> list[Row]:
    """One case a word, one case a day, one event a letter and hour; ann does vowels, bob the rest."""
    return [
        {
            "worker": "ann" if letter in "aeiou" else "bob",
            "time": start + n * DAY + place * HOUR,
            "case": f"word:{n}",
            "action": letter,
            "seq": place,
            "attributes": {"case:size": len(word), "case:kind": "short" if len(word) < 4 else "long"},
        }
        for n, word in enumerate(words)
        for place, letter in enumerate(word)
    ]


@pytest.fixture(scope="session")
def words_log() -> Callable[..., list[Row]]:
    """`make_log`."""
    return make_log


@pytest.fixture(scope="session")
def joined(table: Callable[[Sequence[Row]], pa.Table]) -> Callable[[Sequence[Row]], Traces]:
    """Rows as joint traces."""
    return lambda rows: join(encode(table(rows), Settings()))
