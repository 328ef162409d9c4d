from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import MAGIC, Sums, condition_symbol, worker_symbol
from guildbook.distil.tables import CountTable
from guildbook.distil.versions import StateVersionError
from guildbook.model.errors import StoreError
from guildbook.model.ids import symbol

Table = Callable[[Sequence[dict[str, Any]]], pa.Table]


@given(data=st.data())
def test_sums_add_up_over_traces_and_subtract_exactly(data: st.DataObject, logs: Any, table: Table) -> None:
    rows = [row for row in data.draw(logs) if row["case"]]
    ours = {"ann"} if data.draw(st.booleans()) else {"bob", "cyd"}
    # Divided by worker and case, every joint trace and every worker-day is whole in one part.
    rows = [row | {"case": f"{row['case']}/{row['worker']}"} for row in rows]
    one = summarise_table(table([r for r in rows if r["worker"] in ours]), Settings())
    two = summarise_table(table([r for r in rows if r["worker"] not in ours]), Settings())
    whole = summarise_table(table(rows), Settings())
    assert (one + two).digest() == (two + one).digest() == whole.digest()
    assert (whole - two).digest() == one.digest()
    assert (whole - one - two).digest() == Sums.zero().digest()
    assert dict((one + two).texts) == dict(whole.texts)


@given(data=st.data())
def test_bytes_hold_everything(data: st.DataObject, logs: Any, table: Table) -> None:
    sums = summarise_table(table(data.draw(logs)), Settings())
    again = Sums.from_bytes(sums.to_bytes())
    assert again.digest() == sums.digest()
    assert again.tables() == sums.tables()
    assert again.to_bytes() == sums.to_bytes()


@given(data=st.data())
def test_every_symbol_has_its_text_and_no_text_is_left_over(data: st.DataObject, logs: Any, table: Table) -> None:
    sums = summarise_table(table(data.draw(logs)), Settings())
    assert set(sums.texts) == set(sums.vocab.keys[:, 0].tolist())
    for name, columns in _SYMBOLS.items():
        counted = sums.tables()[name]
        assert isinstance(counted, CountTable)
        keys = counted.keys
        for column in columns:
            assert set(keys[:, column].tolist()) <= {0, *sums.texts}
    for code, text in sums.texts.items():
        assert code in {symbol(text), worker_symbol(text), condition_symbol(text)}


_SYMBOLS = {
    "follows": (0, 1, 2),
    "performers": (0, 1, 2),
    "handovers": (0, 1, 2, 3),
    "asks": (0, 1, 2, 3),
    "ways": range(8),
    "batches": (0, 1),
    "days": (0,),
}


def test_another_version_is_told_apart_from_damage(table: Table, monday: int) -> None:
    data = summarise_table(table([{"worker": "ann", "time": monday, "case": "claim:1"}]), Settings()).to_bytes()
    start = len(MAGIC) + 8
    size = int.from_bytes(data[len(MAGIC) : start], "little")
    header = json.loads(data[start : start + size])
    older = json.dumps(header | {"format": 0}).encode()
    with pytest.raises(StateVersionError):
        Sums.from_bytes(MAGIC + len(older).to_bytes(8, "little") + older + data[start + size :])
    for broken in (b"", b"nonsense", data[:40], data[: start + size + 9], MAGIC + b"\1" + b"\0" * 7 + b"7"):
        with pytest.raises(StoreError, match="damaged"):
            Sums.from_bytes(broken)


def test_zero_counts_nothing() -> None:
    zero = Sums.zero()
    assert (zero.events, zero.workers, zero.traces, zero.cases) == (0, 0, 0, 0)
    assert zero.text(7) == ""
