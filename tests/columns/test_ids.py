from __future__ import annotations

import subprocess
import sys
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.columns import RAW_SCHEMA, raw_table
from guildbook.columns.ids import IdAssigner, add_digests, content_hash, digest, lanes_of, mix64

_WORD = st.one_of(st.none(), st.sampled_from(["", "a", "b", "Ünï"]))
_OBJECT = st.fixed_dictionaries({"id": _WORD, "type": _WORD, "qualifier": _WORD})
_ROW = st.fixed_dictionaries(
    {
        "worker": st.sampled_from(["Ann", "Bob"]),
        "time": st.sampled_from([-1, 0, 1_000_000, 1_000_001]),
        "seq": st.one_of(st.none(), st.integers(0, 2)),
        "duration": st.one_of(st.none(), st.integers(0, 1)),
        "action": _WORD,
        "case": _WORD,
        "value_after": _WORD,
        "element_bounds": st.one_of(st.none(), st.just([1, 2, 3, 4]), st.just([1, 2, 3, 5])),
        "objects": st.one_of(st.none(), st.lists(_OBJECT, max_size=3)),
    }
)
_ROWS = st.lists(_ROW, max_size=25)


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return raw_table({name: [row[name] for row in rows] for name in _NAMES}, rows=len(rows))


_NAMES = ("worker", "time", "seq", "duration", "action", "case", "value_after", "element_bounds", "objects")


def ids(rows: list[dict[str, Any]]) -> list[bytes]:
    return IdAssigner().assign(table(rows)).to_pylist()


def key(row: dict[str, Any]) -> str:
    """What makes two rows the same: objects are a set, and none is as an empty one."""
    objects = sorted(repr(sorted(one.items())) for one in row["objects"] or [])
    return repr(sorted({**row, "objects": objects}.items()))


@given(_ROWS)
def test_ids_are_equal_exactly_where_content_is_and_occurrences_differ(rows: list[dict[str, Any]]) -> None:
    made = ids(rows)
    assert len(set(made)) == len(rows)
    hashes = [bytes(lanes) for lanes in content_hash(table(rows)).astype("<u8")]
    by_key: dict[str, bytes] = {}
    for row, content in zip(rows, hashes, strict=True):
        assert by_key.setdefault(key(row), content) == content
    assert len(set(by_key.values())) == len(by_key)


@given(_ROWS, st.data())
def test_ids_do_not_depend_on_chunks_and_a_grown_file_makes_the_old_ones_again(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    whole = ids(rows)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    assigner = IdAssigner()
    parts = [
        assigner.assign(table(rows).slice(a, b - a)).to_pylist()
        for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)
    ]
    assert [one for part in parts for one in part] == whole
    assert ids(rows[: len(rows) // 2]) == whole[: len(rows) // 2]


@given(_ROWS, st.randoms(use_true_random=False))
def test_the_set_of_ids_does_not_depend_on_the_order_of_rows(rows: list[dict[str, Any]], random: Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert set(ids(rows)) == set(ids(shuffled))


@given(_ROWS)
def test_dictionaries_and_their_order_do_not_matter(rows: list[dict[str, Any]]) -> None:
    plain = table(rows)
    padded = pa.concat_tables([table([{**_BASE, "action": "zzz", "case": "yyy"}]), plain]).slice(1)
    assert content_hash(plain).tolist() == content_hash(padded).tolist()


_BASE: dict[str, Any] = {
    "worker": "Ann",
    "time": 0,
    "seq": None,
    "duration": None,
    "action": "a",
    "case": None,
    "value_after": None,
    "element_bounds": None,
    "objects": None,
}


@pytest.mark.parametrize("field", [f for f in RAW_SCHEMA if f.name not in {"recorded_at", "source_version"}])
def test_every_content_column_counts(field: pa.Field) -> None:
    values: list[Any] = [7, 8]
    if pa.types.is_dictionary(field.type) or pa.types.is_string(field.type):
        values = ["x", "y"]
    elif pa.types.is_fixed_size_list(field.type):
        values = [[0, 0, 0, 1], [0, 0, 1, 0]]
    elif pa.types.is_list(field.type):
        values = [[{"id": "x", "type": "t", "qualifier": ""}], [{"id": "t", "type": "x", "qualifier": ""}]]
    base = {"worker": ["a"] * 3, "time": [0] * 3, "action": ["b"] * 3}
    other = values[0] if field.name in base else None
    rows = content_hash(raw_table({**base, field.name: [*values, other]}))
    assert len({tuple(row) for row in rows.tolist()}) == (2 if field.name in base else 3)


@pytest.mark.parametrize("name", ["recorded_at", "source_version"])
def test_how_it_was_taken_does_not_count(name: str) -> None:
    base: dict[str, Any] = {"worker": ["a"], "time": [0], "action": ["b"]}
    with_it = raw_table({**base, name: [1] if name == "recorded_at" else ["1.0"]})
    assert content_hash(raw_table(base)).tolist() == content_hash(with_it).tolist()


@given(st.integers(-(2**52), 2**52))
def test_the_shape_is_that_of_a_uuid7(micros: int) -> None:
    made = UUID(bytes=ids([{**_BASE, "time": micros}])[0])
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == (micros // 1000) % 2**48


def test_ids_are_the_same_in_every_process_and_release() -> None:
    """A change here would make every book import its sources twice."""
    rows = [{**_BASE, "seq": 3, "objects": [{"id": "1", "type": "claim", "qualifier": None}], "case": "claim:1"}]
    made = [one.hex() for one in ids([*rows, *rows, _BASE])]
    assert made == GOLDEN
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_ids as t; print(t.ids([t._BASE])[0].hex())"
    folder = __file__.rpartition("/")[0]
    out = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == GOLDEN[2]


GOLDEN = [
    "0000000000007759be48b324dee0654e",
    "000000000000796caf84820e8a0b6ec1",
    "00000000000071e5a5ffabb91948d416",
]


@settings(max_examples=20)
@given(st.integers(1, 5000), st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_occurrences_count_through_growth_of_the_table(size: int, distinct: int, seed: int) -> None:
    keys = mix64(np.random.default_rng(seed).integers(0, distinct, size).astype(np.uint64))
    keys[::7] = 0
    assigner = IdAssigner()
    got = np.concatenate([assigner.occurrences(part) for part in np.array_split(keys, 3)])
    seen: dict[int, int] = {}
    for one, number in zip(keys.tolist(), got.tolist(), strict=True):
        assert number == seen.get(one, 0)
        seen[one] = number + 1


def test_many_rows_of_little_content_all_differ() -> None:
    size = 20_000
    made = IdAssigner().assign(raw_table({"worker": ["a"] * size, "time": [0] * size, "action": ["b"] * size}))
    assert len(made.unique()) == size


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=20), st.data())
def test_digests_add_up(values: list[bytes], data: st.DataObject) -> None:
    whole = pa.array(values, pa.binary(16))
    cut = data.draw(st.integers(0, len(values)))
    assert add_digests([digest(whole[:cut]), digest(whole[cut:])]) == digest(whole)
    assert digest(pa.array(sorted(values), pa.binary(16))) == digest(whole)
    expected = [sum(int.from_bytes(v[i : i + 8], "little") for v in values) % 2**64 for i in (0, 8)]
    assert digest(whole) == b"".join(n.to_bytes(8, "little") for n in expected).hex()


def test_lanes_of_a_chunked_slice() -> None:
    values = [bytes([i]) * 16 for i in range(6)]
    column = pa.chunked_array([pa.array(values[:3], pa.binary(16)), pa.array(values[3:], pa.binary(16))])
    assert lanes_of(column.slice(2, 3)).tobytes() == b"".join(values[2:5])
    assert lanes_of(pa.chunked_array([], pa.binary(16))).shape == (0, 2)


def test_events_that_name_their_fact_are_the_same_in_any_words() -> None:
    shared = {"worker": "Ann", "time": 5_000, "derived_from": "same:mail:1"}
    rows: list[dict[str, Any]] = [
        shared | {"app": "mail", "action": "send", "seq": 7},
        shared | {"app": "outlook", "objects": [{"id": "Bob", "type": "person", "qualifier": "to"}]},
        shared | {"worker": "Bob"},
        shared | {"derived_from": "same:mail:2"},
        {"worker": "Ann", "time": 5_000, "derived_from": "mail:1"},
        {"worker": "Ann", "time": 5_000, "app": "mail"},
    ]

    def told(chosen: list[dict[str, Any]]) -> list[bytes]:
        names = ("worker", "time", "derived_from", "app", "action", "seq", "objects")
        return IdAssigner().assign(raw_table({name: [row.get(name) for row in chosen] for name in names})).to_pylist()

    alone = [told([row])[0] for row in rows]
    assert alone[0] == alone[1]
    assert len(set(alone)) == 5
    assert told(rows[2:]) == alone[2:]
