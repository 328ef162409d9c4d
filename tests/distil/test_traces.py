from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.encode import encode
from guildbook.distil.settings import Settings
from guildbook.distil.traces import Traces, join
from guildbook.distil.view import view
from guildbook.model.time import DAY, MINUTE, SECOND

Row = dict[str, Any]
Table = Callable[[Sequence[Row]], pa.Table]


def joined(table: pa.Table) -> Traces:
    return join(encode(table, Settings()))


def expected(rows: Sequence[Row]) -> dict[str, list[bytes]]:
    """Joint traces by the book: cases, and each worker's caseless day cut at gaps of more than half an hour."""
    found: dict[str, list[bytes]] = {}
    ordered = sorted(rows, key=lambda r: (r["time"], -1 if r["seq"] is None else r["seq"], r["id"]))
    last: dict[tuple[str, int], tuple[int, int]] = {}
    for row in ordered:
        key = row["case"]
        if key is None:
            day = row["time"] // DAY
            before, number = last.get((row["worker"], day), (None, 0))
            if before is not None and row["time"] - before > 30 * MINUTE:
                number += 1
            last[row["worker"], day] = (row["time"], number)
            key = f"{row['worker']} {np.datetime64(day, 'D')} #{number + 1}"
        found.setdefault(key, []).append(row["id"])
    return found


@given(data=st.data())
def test_joint_traces_in_any_order_of_rows(data: st.DataObject, logs: Any, table: Table) -> None:
    rows = data.draw(logs)
    traces = view(joined(table(data.draw(st.permutations(rows)))))
    found = {
        key: [bytes.fromhex(traces.event_id(place)) for place in range(traces.offsets[t], traces.offsets[t + 1])]
        for t, key in enumerate(traces.keys)
    }
    assert found == expected(rows)


@given(data=st.data())
def test_views_do_not_depend_on_the_order_of_rows(data: st.DataObject, logs: Any, table: Table) -> None:
    rows = data.draw(logs)
    one, two = view(joined(table(rows))), view(joined(table(data.draw(st.permutations(rows)))))
    for name in one.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(two, name)), name


def test_outcome_is_the_last_one_stated(table: Table, monday: int) -> None:
    steps = [(0, "good"), (1, None), (2, "declined"), (3, None)]
    rows = [{"worker": "ann", "time": monday + n, "case": "a:1", "outcome": said} for n, said in steps]
    assert joined(table(rows)).outcome.tolist() == [2]
    assert joined(table([*rows, {"worker": "ann", "time": monday + 9, "case": "a:1", "outcome": "odd"}])).outcome == [0]


def test_lead_and_active_time(table: Table, monday: int) -> None:
    times = [0, 10 * SECOND, 2 * 60 * MINUTE, 2 * 60 * MINUTE + 5 * SECOND]
    rows: list[Row] = [{"worker": "ann", "time": monday + t, "case": "a:1"} for t in times]
    traces = joined(table(rows))
    assert traces.lead.tolist() == [2 * 60 * MINUTE + 5 * SECOND]
    assert traces.active.tolist() == [15 * SECOND]
    for row, seconds in zip(rows, (3, 4, 0, 20), strict=True):
        row["duration"] = seconds * SECOND
    assert joined(table(rows)).active.tolist() == [27 * SECOND]


def test_active_time_where_some_events_say_how_long_they_took(table: Table, monday: int) -> None:
    """A window in front for a minute, in which there is a click; then a command; then, after lunch, another click."""
    told: list[tuple[int, int | None]] = [
        (0, 60 * SECOND), (5 * SECOND, None), (9 * SECOND, 2 * SECOND), (50 * MINUTE, None), (50 * MINUTE + 7, None),
    ]  # fmt: skip
    rows: list[Row] = [{"worker": "ann", "time": monday + t, "case": "a:1", "duration": d} for t, d in told]
    assert joined(table(rows)).active.tolist() == [5 * SECOND + 4 * SECOND + 2 * SECOND + 7]
    assert joined(table([*rows, rows[-1] | {"time": monday + 51 * MINUTE, "duration": SECOND}])).active.tolist() == [
        11 * SECOND + MINUTE + SECOND
    ]
    assert joined(
        table([*rows, rows[-1] | {"time": monday + 51 * MINUTE, "duration": 9 * MINUTE}])
    ).active.tolist() == [11 * SECOND + 2 * MINUTE - 7]


def test_loose_work_is_named_by_its_commonest_app(table: Table, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday + n, "app": app} for n, app in enumerate(["mail", "sheet", "mail", None])]
    traces = joined(table(rows))
    assert traces.task_texts == {int(traces.task[0]): "work in mail"}
    bare = joined(table([{"worker": "ann", "time": monday}]))
    assert list(bare.task_texts.values()) == ["work in test"]


def test_at_most_sixteen_conditions(table: Table, monday: int) -> None:
    attributes = {f"case:kind{n}": "x" for n in range(30)}
    traces = joined(table([{"worker": "ann", "time": monday, "case": "a:1", "attributes": attributes}]))
    offsets, codes = traces.rules
    assert offsets.tolist() == [0, 16]
    symbols = traces.events.conditions.symbols
    assert sorted(symbols.tolist())[:16] == symbols[codes].tolist()


def test_picking_traces(table: Table, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday + n, "case": f"a:{n % 3}"} for n in range(9)]
    traces = joined(table(rows))
    kept = traces.pick(np.array([True, False, True]))
    assert len(kept) == 2
    assert [kept.keys[t] for t in range(2)] == [traces.keys[0], traces.keys[2]]


def test_no_events_make_no_traces(table: Table) -> None:
    traces = joined(table([]))
    assert len(traces) == len(traces.task) == len(traces.outcome) == len(traces.active) == len(view(traces)) == 0
