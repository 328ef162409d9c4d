from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns.ids import IdAssigner
from guildbook.store import batch

Make = Callable[..., pa.Table]


@given(st.lists(st.integers(-1, 4), max_size=40))
def test_every_row_goes_to_its_worker_in_order(codes: list[int]) -> None:
    table = pa.table({"n": pa.array(range(len(codes)), pa.int64())})
    found = {code: part["n"].to_pylist() for code, part in batch.by_worker(np.array(codes, np.int64), table)}
    assert found == {code: [i for i, c in enumerate(codes) if c == code] for code in set(codes) if code >= 0}


def test_a_workers_bytes_hold_no_other_workers_strings(events: Make) -> None:
    """Strings, lists and dictionaries alike are cut to the slice before they are packed."""
    names = ["alpha", "bravo"] * 30
    table = events(
        60,
        worker=["Ann", "Bob"],
        action=[f"{n}-action" for n in names],
        value_after=[f"{n}-value" for n in names],
        objects=[[{"id": f"{n}-object", "type": "t", "qualifier": None}] for n in names],
    )
    plain = batch.plain(table, IdAssigner().assign(table))
    parts = dict(batch.by_worker(np.arange(60) % 2, plain))
    for code, other in ((0, b"bravo"), (1, b"alpha")):
        packed = batch.pack(parts[code])
        size = int.from_bytes(packed[:8], "little")
        raw = pa.Codec("zstd").decompress(packed[8:], size, asbytes=True)
        assert other not in raw
        assert batch.unpack(packed).equals(parts[code])


def test_columns_that_hold_nothing_are_left_out_and_come_back_null(events: Make) -> None:
    one, two = events(3), events(3, url=["u"] * 3)
    parts = [batch.plain(t, IdAssigner().assign(t)) for t in (one, two)]
    assert "url" not in parts[0].column_names
    joined = batch.join(parts)
    assert joined["url"].to_pylist() == [None] * 3 + ["u"] * 3
