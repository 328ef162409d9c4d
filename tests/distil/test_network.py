from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.network import handover_network
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import worker_symbol

Table = Callable[[Sequence[dict[str, Any]]], pa.Table]


@given(data=st.data(), sort=st.booleans(), plain=st.booleans())
def test_network_is_what_the_sums_hold(data: st.DataObject, logs: Any, table: Table, sort: bool, plain: bool) -> None:  # noqa: FBT001
    rows = data.draw(logs)
    if sort:
        rows = sorted(rows, key=lambda r: (r["case"] or "", r["time"], r["seq"] or 0))
    events = table(rows)
    few = events.select(["id", "worker", "case", "time", "seq"])
    if plain:
        few = few.set_column(1, "worker", few.column("worker").cast(pa.string()))
    found = handover_network(few)
    handovers = summarise_table(events, Settings()).handovers.by(1, 2)
    expected = {
        (a, b): n for (a, b), n in zip(map(tuple, handovers.keys.tolist()), handovers.counts.tolist(), strict=True)
    }
    assert {
        (worker_symbol(one), worker_symbol(two)): int(found.counts[a, b])
        for a, one in enumerate(found.workers)
        for b, two in enumerate(found.workers)
        if a != b and found.counts[a, b]
    } == expected
    assert list(found.workers) == sorted({row["worker"] for row in rows if row["case"]})


def test_a_log_without_ids_or_seq(table: Table, monday: int) -> None:
    rows = [{"worker": w, "case": "a:1", "time": monday + t} for w, t in (("bob", 5), ("ann", 1), ("ann", 9))]
    found = handover_network(table(rows).select(["worker", "case", "time"]))
    assert found.counts.tolist() == [[0, 1], [1, 0]]
