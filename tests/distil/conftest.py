"""Small admitted tables, books in memory, and random logs with shared cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from guildbook.columns import ADMITTED_SCHEMA, raw_table
from guildbook.columns.ids import digest
from guildbook.model.grant import Grant, SegmentRef
from guildbook.model.ids import symbol
from guildbook.model.purpose import Purpose
from guildbook.model.time import DAY, MINUTE, SECOND, month

Row = dict[str, Any]
MONDAY = 20_000 * DAY


def make_table(rows: Sequence[Row]) -> pa.Table:
    """Rows of event fields as an admitted table. `attributes` may be a dict, `to` and `cc` list people."""
    columns: dict[str, list[Any]] = {}
    for name in ("worker", "time", "duration", "seq", "source", "app", "action", "document", "case", "outcome"):
        columns[name] = [row.get(name) for row in rows]
    columns["element_name"] = [row.get("element") for row in rows]
    columns["element_role"] = [row.get("role") for row in rows]
    columns["value_after"] = [row.get("value") for row in rows]
    columns["attributes"] = [
        json.dumps(row["attributes"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if row.get("attributes")
        else None
        for row in rows
    ]
    columns["objects"] = [
        [
            {"id": name, "type": "person", "qualifier": how}
            for how in ("to", "cc")
            for name in dict.fromkeys(row.get(how) or ())
            if how == "to" or name not in (row.get("to") or ())
        ]
        or None
        for row in rows
    ]
    columns["source"] = [row.get("source") or "test" for row in rows]
    columns["action"] = [row.get("action") or "act" for row in rows]
    ids = [row.get("id") or _id(row) for row in rows]
    return raw_table(columns).add_column(0, ADMITTED_SCHEMA.field("id"), pa.array(ids, pa.binary(16)))


def _id(row: Row) -> bytes:
    return hashlib.blake2b(repr(sorted(row.items(), key=lambda kv: kv[0])).encode(), digest_size=16).digest()


@dataclass
class FakeAdmitted:
    """A grant over tables in memory that counts what is read."""

    parts: Mapping[str, tuple[str, pa.Table]]
    grant: Grant = field(init=False)
    read: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        refs = tuple(_ref(name, worker, table) for name, (worker, table) in self.parts.items())
        self.grant = Grant("grant", Purpose.TRAIN_PEOPLE, "distil", "model", 0, refs, 0, "")

    def table(self, columns: Sequence[str], segments: Collection[str] | None = None) -> pa.Table:
        """The columns of all or some segments."""
        names = list(self.parts) if segments is None else list(segments)
        self.read += names
        if not names:
            return ADMITTED_SCHEMA.empty_table().select(list(columns))
        return pa.concat_tables([self.parts[name][1].select(list(columns)) for name in names])

    def cases(self, segments: Sequence[str]) -> dict[str, NDArray[np.uint64]]:
        """Sorted symbols of the cases in each of these segments."""
        found: dict[str, NDArray[np.uint64]] = {}
        for segment in segments:
            texts = self.parts[segment][1].column("case").cast(pa.string()).unique().drop_null().to_pylist()
            found[segment] = np.sort(np.array([symbol(text) for text in texts], np.uint64))
        return found


def _ref(name: str, worker: str, table: pa.Table) -> SegmentRef:
    times = table.column("time").cast(pa.int64()).to_numpy()
    first, last = int(times.min()), int(times.max())
    return SegmentRef(name, worker, month(first), len(table), first, last, digest(table.column("id")))


def make_parts(rows: Sequence[Row], cut: Callable[[int], str] = lambda _: "") -> dict[str, tuple[str, pa.Table]]:
    """Segments of one worker and month each; `cut` divides them further by a row's number."""
    grouped: dict[tuple[str, str, str], list[Row]] = {}
    for number, row in enumerate(rows):
        grouped.setdefault((row["worker"], month(row["time"]), cut(number)), []).append(row)
    return {"/".join(key): (key[0], make_table(rows)) for key, rows in grouped.items()}


def _moment(day: int, minute: int, second: int) -> int:
    return MONDAY + day * DAY + minute * MINUTE + second * SECOND


def event_rows() -> st.SearchStrategy[Row]:
    """One event: few workers, cases, apps and times, so that everything collides."""
    return st.fixed_dictionaries(
        {
            "worker": st.sampled_from(["ann", "bob", "cyd"]),
            "time": st.builds(
                _moment, st.integers(0, 40), st.sampled_from([0, 1, 5, 29, 30, 31, 700, 1439]), st.integers(0, 2)
            ),
            "duration": st.sampled_from([None, None, 0, 2 * SECOND, MINUTE]),
            "seq": st.sampled_from([None, 0, 1, 2]),
            "app": st.sampled_from([None, "mail", "sheet", "claims"]),
            "action": st.sampled_from(["open", "type", "send", "check 12"]),
            "element": st.sampled_from([None, "Cell 4", "Total"]),
            "role": st.sampled_from([None, None, "INPUT"]),
            "value": st.sampled_from([None, None, "12", "Ann", "ann", ""]),
            "document": st.sampled_from([None, "a.xlsx", "b.pdf"]),
            "case": st.sampled_from([None, "claim:1", "claim:2", "claim:3", "order:1", "bare"]),
            "outcome": st.sampled_from([None, None, None, "good", "declined", "what"]),
            "to": st.sampled_from([None, None, ["bob"], ["ann", "dee"]]),
            "cc": st.sampled_from([None, None, None, ["cyd", "bob"], ["eve"]]),
            "attributes": st.sampled_from(
                [None, {"case:product": "marine", "case:amount": 1200}, {"case:product": "home"}, {"other": 1}]
            ),
        }
    )


def _numbered(rows: list[Row]) -> list[Row]:
    """Each row with an id of its own, whatever its content."""
    return [row | {"id": _id({"number": number, **row})} for number, row in enumerate(rows)]


@pytest.fixture(scope="session")
def logs() -> st.SearchStrategy[list[Row]]:
    """Random logs of up to 40 events."""
    return st.lists(event_rows(), max_size=40).map(_numbered)


@pytest.fixture(scope="session")
def asked_logs() -> st.SearchStrategy[list[Row]]:
    """The same with cases that say what is asked."""
    asked = st.sampled_from(
        [
            None,
            {"case:instruction": "Send 12 to Ann", "text": "Ann"},
            {"case:instruction": 'Check the total and write "12"'},
        ]
    )
    rows = st.tuples(event_rows(), asked).map(lambda pair: pair[0] | {"attributes": pair[1]})
    return st.lists(rows, max_size=40).map(_numbered)


@pytest.fixture(scope="session")
def table() -> Callable[[Sequence[Row]], pa.Table]:
    """`make_table`."""
    return make_table


@pytest.fixture(scope="session")
def parts() -> Callable[..., dict[str, tuple[str, pa.Table]]]:
    """`make_parts`."""
    return make_parts


@pytest.fixture(scope="session")
def admitted() -> type[FakeAdmitted]:
    """`FakeAdmitted`."""
    return FakeAdmitted


@pytest.fixture(scope="session")
def monday() -> int:
    """Midnight of a day, µs UTC."""
    return MONDAY
