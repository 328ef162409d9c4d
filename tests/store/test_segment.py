from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guildbook.columns import EVENT_SCHEMA
from guildbook.columns.ids import IdAssigner
from guildbook.columns.schema import ID
from guildbook.model.errors import StoreError
from guildbook.model.ids import symbol
from guildbook.store import segment
from guildbook.store.cipher import decrypt, new_key
from guildbook.store.cutting import cut

Make = Callable[..., pa.Table]
_PLACE = segment.Address("01" * 16, "w-1", "2026-01")


@pytest.fixture
def written(tmp_path: Path, events: Make) -> tuple[Path, bytes, pa.Table]:
    """A home with one segment file, its key and its rows."""
    raw = events(20)
    key = new_key()
    table, _ = _write(tmp_path, key, raw)
    return tmp_path, key, table


def _write(home: Path, key: bytes, raw: pa.Table) -> tuple[pa.Table, segment.Encoded]:
    """Make one segment file of some rows; returns them with their ids, and what was written."""
    table = raw.drop_columns(["worker"]).add_column(0, ID, IdAssigner().assign(raw))
    none = np.zeros(table.num_rows, np.int64)
    (piece,) = cut(table, none, none)
    encoded = segment.encode(_PLACE, key, piece)
    path = home / _PLACE.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(encoded.parts))
    assert encoded.bytes == path.stat().st_size
    return table, encoded


def _read(home: Path, key: bytes, place: segment.Address = _PLACE) -> pa.Table:
    return segment.read_rows(home, place, key, EVENT_SCHEMA.names)


def _read_all(home: Path, key: bytes) -> None:
    _read(home, key)
    segment.read_cases(home, _PLACE, key)


def test_rows_and_cases_come_back(written: tuple[Path, bytes, pa.Table]) -> None:
    home, key, table = written
    assert _read(home, key).to_pylist() == table.to_pylist()
    cases = segment.read_cases(home, _PLACE, key)
    assert cases.tolist() == sorted(symbol(case) for case in table["case"].unique().to_pylist())
    assert cases.dtype == np.uint64


def test_decrypted_it_is_plain_parquet(written: tuple[Path, bytes, pa.Table], tmp_path: Path) -> None:
    """What a grant decrypts, any tool reads."""
    home, key, table = written
    raw = (home / _PLACE.path).read_bytes()
    plain = decrypt(key, raw[-(len(raw) - _after_index(raw)) :], *_PLACE.bound, "rows", what="rows")
    assert pq.read_table(io.BytesIO(plain)).num_rows == 20
    (tmp_path / "plain.parquet").write_bytes(plain)
    with duckdb.connect() as connection:
        query = f"SELECT count(*), min(action) FROM '{tmp_path / 'plain.parquet'}'"
        assert connection.execute(query).fetchone() == (20, table["action"][0].as_py())


def _after_index(raw: bytes) -> int:
    return 40 + int.from_bytes(raw[24:32], "little")


@pytest.mark.parametrize("fault", ["missing", "empty", "cut", "header", "grown", "foreign", "newer", "renamed"])
def test_each_kind_of_damage_has_its_name(written: tuple[Path, bytes, pa.Table], fault: str) -> None:
    home, key, _ = written
    path, place = home / _PLACE.path, _PLACE
    good = path.read_bytes()
    if fault == "missing":
        path.unlink()
    elif fault == "renamed":
        place = segment.Address("02" * 16, "w-1", "2026-01")
        path.rename(home / place.path)
    else:
        path.write_bytes(
            {
                "empty": b"",
                "cut": good[:-1],
                "header": good[:20],
                "grown": good + b"x",
                "foreign": b"PAR1" + good[4:],
                "newer": good[:6] + b"\x63" + good[7:],
            }[fault]
        )
    codes = {"missing": "segment-missing", "foreign": "segment-foreign", "renamed": "segment-foreign"}
    codes["newer"] = "segment-newer"
    expected = codes.get(fault, "segment-truncated")
    with pytest.raises(StoreError) as caught:
        _read(home, key, place)
    assert (caught.value.code, bool(caught.value.fix)) == (expected, True)
    with pytest.raises(StoreError) as caught:
        segment.read_cases(home, place, key)
    assert caught.value.code == expected


def test_no_flipped_bit_passes(written: tuple[Path, bytes, pa.Table]) -> None:
    home, key, _ = written
    path = home / _PLACE.path
    good = path.read_bytes()
    for place in [*range(40), *range(40, len(good), 97), len(good) - 1]:
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(StoreError):
            _read_all(home, key)


@pytest.mark.parametrize(
    "place", [segment.Address("01" * 16, "w-2", "2026-01"), segment.Address("01" * 16, "w-1", "2026-02")]
)
def test_it_opens_only_as_its_own_workers_and_months(
    written: tuple[Path, bytes, pa.Table], place: segment.Address
) -> None:
    home, key, _ = written
    (home / place.path).parent.mkdir(exist_ok=True)
    (home / place.path).write_bytes((home / _PLACE.path).read_bytes())
    with pytest.raises(StoreError) as caught:
        _read(home, key, place)
    assert caught.value.code == "damaged"


def test_another_key_does_not_open_it(written: tuple[Path, bytes, pa.Table]) -> None:
    with pytest.raises(StoreError, match="does not decrypt"):
        _read(written[0], new_key())


def test_all_columns_null_but_time(events: Make, take: Any, book: Any) -> None:
    store = book.open()
    nothing: list[None] = [None] * 3
    take(store, events(3, action=nothing, case=nothing, source=nothing, seq=nothing))
    store.seal()
    (row,) = store.segments()
    assert store.read(row.id, ["case"])["case"].null_count == 3
    assert len(store.cases(row.id)) == 0


@pytest.mark.parametrize("rows", [10, 999, 1_000, 16_383, 16_384])
def test_every_column_is_compressed_and_comes_back(tmp_path: Path, events: Make, rows: int) -> None:
    """However many rows: columns of few bytes another way than those of many, in a segment that is neither."""
    bounds = pa.array([[place, 2, 3, 4] for place in range(rows)], EVENT_SCHEMA.field("element_bounds").type)
    objects = pa.array([[{"id": f"o-{place}", "type": "t", "qualifier": "q"}] for place in range(rows)])
    raw = events(rows, element_bounds=bounds, objects=objects, window=["w"] * rows, media_offset=list(range(rows)))
    key = new_key()
    table, encoded = _write(tmp_path, key, raw)
    assert _read(tmp_path, key).equals(table.select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA))
    plain = decrypt(key, encoded.parts[2], *_PLACE.bound, "rows", what="rows")
    group = pq.read_metadata(io.BytesIO(plain)).row_group(0)
    codecs = {group.column(place).path_in_schema: group.column(place).compression for place in range(group.num_columns)}
    found = {codecs[name] for name in ("id", "element_bounds.list.element", "action")}
    assert found == ({"ZSTD"} if rows >= 16_384 else {"LZ4"})
    found = {codecs[name] for name in ("seq", "objects.list.element.qualifier", "window")}
    assert found == ({"LZ4"} if rows < 1_000 else {"ZSTD"})
    assert set(codecs.values()) <= {"LZ4", "ZSTD"}
