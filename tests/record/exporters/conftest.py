"""Event tables for the exporters' tests, made by Hypothesis."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import strategies as st

from guildbook.columns import ADMITTED_SCHEMA, RAW_SCHEMA
from guildbook.model.time import DAY
from guildbook.plugins import Importer, ImportOptions

# Letters that XML, JSON and SQL each find hard, but can carry; others are tested one by one.
HARD = "ab<>&\"'\\ \n\t\r;:é字🦉\u2028=#%"
words = st.text(HARD, min_size=1, max_size=8).map(str.strip).filter(bool)
names = words.filter(lambda w: w not in {"-", "?"})
keys = st.text("klmn<&\"'é ", min_size=1, max_size=5).filter(str.strip)
scalars = st.one_of(
    words,
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.dates().map(str).map(lambda text: {"$date": text}),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, min_size=1, max_size=3)),
    max_leaves=6,
)
objects = st.lists(
    st.fixed_dictionaries({"id": names.map("o{}".format), "type": st.just("thing"), "qualifier": words}),
    min_size=1,
    max_size=3,
)
FIELDS = {
    "duration": st.integers(0, 10**12),
    "recorded_at": st.integers(0, 20_000 * DAY),
    "source_version": words,
    "device": words,
    "session": words,
    "app": words,
    "window": words,
    "document": words,
    "url": words,
    "element_role": words,
    "element_name": words,
    "element_id": words,
    "element_selector": words,
    "element_bounds": st.lists(st.integers(-(2**31), 2**31 - 1), min_size=4, max_size=4),
    "value_before": words,
    "value_after": words,
    "outcome": words,
    "origin": st.sampled_from(["person", "agent", "unknown"]),
    "media_sha256": words,
    "media_offset": st.integers(0, 2**40),
    "redactions": words,
    "derived_from": words,
}


def canonical(found: dict[str, Any]) -> str | None:
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False) if found else None


@st.composite
def rows(
    draw: st.DrawFn, inner: st.SearchStrategy[Any] = values, extra: dict[str, Any] = FIELDS
) -> list[dict[str, Any]]:
    """Some cases and some events without one, in a mixed order; `seq` is the place within the case."""
    out: list[dict[str, Any]] = []
    for case in draw(st.lists(st.one_of(st.none(), names.map("k:{}".format)), max_size=3, unique=True)):
        of_case = draw(st.dictionaries(keys.map("case:{}".format), inner, max_size=2)) if case else {}
        for place in range(draw(st.integers(1, 3))):
            row = {
                "time": 18_262 * DAY + place * 1_000_003,
                "seq": place,
                "action": draw(names),
                "worker": draw(st.one_of(st.none(), names)) if case else "ann",
                "case": case,
                "attributes": canonical({**of_case, **draw(st.dictionaries(keys, inner, max_size=2))}),
            }
            for name in draw(st.lists(st.sampled_from(sorted(extra)), max_size=3, unique=True)):
                row[name] = draw(extra[name])
            out.append(row)
    return draw(st.permutations(out))


def admitted(found: list[dict[str, Any]]) -> pa.Table:
    """The rows as a table of `ADMITTED_SCHEMA`."""
    filled = [{"id": bytes([n] * 16), **row} for n, row in enumerate(found)]
    plain = pa.schema([f if not pa.types.is_dictionary(f.type) else f.with_type(pa.string()) for f in ADMITTED_SCHEMA])
    table = pa.Table.from_pylist(filled, schema=plain)
    return table.cast(ADMITTED_SCHEMA) if table.num_rows else ADMITTED_SCHEMA.empty_table()


def compared(found: list[dict[str, Any]]) -> list[str]:
    """Rows as sorted text, without what no export carries, so that order and nulls do not matter."""
    dropped = {"id", "source"}
    shown = [{k: v for k, v in row.items() if v is not None and k not in dropped} for row in found]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in shown)


def imported(importer: Importer, path: Path) -> list[dict[str, Any]]:
    tables = [RAW_SCHEMA.empty_table()]
    for chunk in importer.read(path, ImportOptions()):
        assert not chunk.rejected
        tables.append(chunk.events)
    return pa.concat_tables(tables).to_pylist()


class Kit:
    """What the tests use, in one fixture."""

    rows = staticmethod(rows)
    scalars = scalars
    words = words
    objects = objects
    fields = FIELDS
    admitted = staticmethod(admitted)
    compared = staticmethod(compared)
    imported = staticmethod(imported)


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit


@pytest.fixture(scope="session")
def halves() -> Callable[[pa.Table], list[pa.Table]]:
    """A table in two, so that cases are spread."""

    def cut(table: pa.Table) -> list[pa.Table]:
        return [table.slice(0, table.num_rows // 2), table.slice(table.num_rows // 2)]

    return cut
