from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns import EVENT_SCHEMA, raw_table
from guildbook.columns.classes import parts
from guildbook.columns.ids import IdAssigner, digest
from guildbook.columns.schema import ID
from guildbook.model.ids import symbol
from guildbook.store import segment
from guildbook.store.cipher import decrypt, new_key
from guildbook.store.cutting import Cut, cut

_DAY = 86_400_000_000
_WORD = st.one_of(st.none(), st.sampled_from(["a", "b", "Mail", "mail ", "ä", ""]))
_ROW = st.fixed_dictionaries(
    {
        "worker": st.sampled_from(["Ann", "Bob", "Cy"]),
        "time": st.integers(-3, 80).map(lambda day: day * _DAY),
        "seq": st.one_of(st.none(), st.integers(0, 3)),
        "app": _WORD,
        "source": _WORD,
        "case": _WORD,
        "value_before": _WORD,
        "element_bounds": st.one_of(st.none(), st.just([1, 2, 3, 4])),
        "objects": st.one_of(st.none(), st.just([]), st.just([{"id": "o", "type": "t", "qualifier": None}])),
    }
)


def _events(rows: list[dict[str, Any]]) -> tuple[pa.Table, np.ndarray]:
    """Events with ids, and each row's worker as a code."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    bounds = pa.array(columns.pop("element_bounds"), EVENT_SCHEMA.field("element_bounds").type)
    objects = pa.array(columns.pop("objects"), EVENT_SCHEMA.field("objects").type)
    raw = raw_table({**columns, "element_bounds": bounds, "objects": objects}, rows=len(rows))
    whose = np.array([["Ann", "Bob", "Cy"].index(row["worker"]) for row in rows], np.int64)
    return raw.drop_columns(["worker"]).add_column(0, ID, IdAssigner().assign(raw)), whose


def _said(part: Cut) -> tuple[Any, ...]:
    """All that a cut says, its words too, in the order in which they stand."""
    words = {
        name: part.events[name].chunk(0).dictionary.to_pylist()
        for name in part.events.column_names
        if pa.types.is_dictionary(part.events.schema.field(name).type)
    }
    cases = part.cases.tolist()
    key = (part.whose, part.terms, part.month)
    return *key, part.events.to_pylist(), words, part.first, part.last, part.digest, cases, part.held


@given(rows=st.lists(_ROW, min_size=1, max_size=40), data=st.data())
def test_cut_together_is_cut_one_worker_at_a_time(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    events, whose = _events(rows)
    terms = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))), np.int64)
    together = [_said(part) for part in cut(events, whose, terms)]
    apart: list[Any] = []
    for worker in range(3):
        own = whose == worker
        apart += [_said(part) for part in cut(events.filter(pa.array(own)), whose[own], terms[own])]
    assert together == apart


@given(rows=st.lists(_ROW, min_size=1, max_size=40))
def test_a_cut_is_one_workers_month_in_order_and_says_what_it_holds(rows: list[dict[str, Any]]) -> None:
    events, whose = _events(rows)
    terms = np.zeros(len(rows), np.int64)
    found = list(cut(events, whose, terms))
    assert len({(part.whose, part.month) for part in found}) == len(found)
    back = {row["id"]: row for row in events.to_pylist()}
    worker = dict(zip(events["id"].to_pylist(), whose.tolist(), strict=True))
    assert sum(part.events.num_rows for part in found) == len(rows)
    for part in found:
        held = part.events.to_pylist()
        assert all(worker[row["id"]] == part.whose for row in held)
        assert all({**dict.fromkeys(back[row["id"]]), **row} == back[row["id"]] for row in held)
        keys = [(row["time"], -1 if row.get("seq") is None else row["seq"]) for row in held]
        assert keys == sorted(keys)
        assert {f"{row['time']:%Y-%m}" for row in held} == {part.month}
        assert (part.first, part.last) == tuple(part.events["time"].cast(pa.int64()).to_pylist()[i] for i in (0, -1))
        assert part.digest == digest(part.events["id"])
        named = {row["case"] for row in held if row.get("case") is not None}
        assert part.cases.tolist() == sorted(symbol(case) for case in named)
        assert [(p.name, p.rows, p.first, p.last, p.digest) for p in part.held] == parts(part.events)
        assert all(part.events[name].null_count < part.events.num_rows for name in part.events.column_names)


def test_nothing_is_cut_into_nothing() -> None:
    none = np.zeros(0, np.int64)
    assert list(cut(EVENT_SCHEMA.empty_table(), none, none)) == []


@pytest.mark.parametrize("words", [pa.string(), None])
def test_a_file_has_no_word_of_another_worker(words: pa.DataType | None) -> None:
    """What is cut from a table of several workers must not bring their words along, nor those of rows that went."""
    rows = [
        {
            "worker": name,
            "time": place,
            "action": f"deed-{name}",
            "value_before": f"text-{name}",
            "case": f"case-{name}",
        }
        for place, name in enumerate(["Ann", "Bob", "Cy"] * 5)
    ]
    raw = raw_table({name: [row[name] for row in rows] for name in rows[0]})
    events = raw.drop_columns(["worker"]).add_column(0, ID, IdAssigner().assign(raw))
    if words is not None:
        plain = {name: events[name].cast(words) for name in ("action", "case")}
        events = pa.table({name: plain.get(name, events[name]) for name in events.column_names})
    whose = np.arange(15) % 3
    gone = whose != 2
    key = new_key()
    for part in cut(events.filter(pa.array(gone)), whose[gone], whose[gone] * 0):
        place = segment.Address("01" * 16, str(part.whose), part.month)
        plain = decrypt(key, segment.encode(place, key, part).parts[2], *place.bound, "rows", what="rows")
        table = pq.read_table(pa.BufferReader(plain))
        own = "Ann" if part.whose == 0 else "Bob"
        assert table["action"].chunk(0).dictionary.to_pylist() == [f"deed-{own}"]
        assert set(table["value_before"].to_pylist()) == {f"text-{own}"}
        assert not [name for name in (b"Ann", b"Bob", b"Cy") if name in plain and name.decode() != own]
