"""Worlds without some workers are those learnt without them, bit for bit, by whatever way they are worked out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil import Settings, coalition, learn
from guildbook.distil.coalition import Whole, without
from guildbook.distil.summarise import summarise_table
from guildbook.model.time import DAY, HOUR, SECOND
from guildbook.record import reader

Row = dict[str, Any]
MakeTable = Callable[..., pa.Table]
HERE = Settings()
STEPS = ("find", "copy name", "paste name", "copy sum", "paste sum", "check", "send")


def rest_of(table: pa.Table, gone: set[str]) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table["worker"].cast(pa.string()), pa.array(sorted(gone), pa.string()))))


def check(table: pa.Table, coalitions: list[set[str]], jobs: int = 1) -> None:
    whole = Whole.of(table, HERE)
    assert whole.sums.digest() == summarise_table(table, HERE).digest()
    found = list(without(whole, coalitions, jobs))
    assert [set(one.workers) for one in found] == coalitions
    for one in found:
        wanted = summarise_table(rest_of(table, set(one.workers)), HERE)
        assert one.digest == wanted.digest()
        assert one.sums.to_bytes() == wanted.to_bytes()


@given(data=st.data())
@settings(max_examples=60)
def test_any_log_without_anybody(logs: st.SearchStrategy[list[Row]], table: MakeTable, data: st.DataObject) -> None:
    rows = data.draw(logs)
    people = sorted({row["worker"] for row in rows})
    groups = [{name} for name in people] + ([set(people[:2])] if len(people) > 1 else []) + [set[str]()]
    check(table(rows), groups)


@given(data=st.data())
@settings(max_examples=40)
def test_any_log_in_which_cases_say_what_is_asked(
    asked_logs: st.SearchStrategy[list[Row]], table: MakeTable, data: st.DataObject
) -> None:
    rows = data.draw(asked_logs)
    check(table(rows), [{name} for name in sorted({row["worker"] for row in rows})])


def streams(monday: int) -> list[Row]:
    """Long streams of raw clicks by two people, and cases both take part in."""
    rows: list[Row] = []
    for worker in ("ann", "bob"):
        for day in (4, 5, 12):
            rows += [
                {
                    "worker": worker,
                    "time": monday + day * DAY + 9 * HOUR + n * 5 * SECOND,
                    "app": "claims",
                    "action": "click",
                    "element": STEPS[n % len(STEPS)],
                    "seq": n,
                }
                for n in range(90)
            ]
    rows += [
        {"worker": who, "time": monday + n * HOUR, "case": f"claim:{n // 3}", "action": f"step {n % 3}", "seq": n}
        for n, who in enumerate(["ann", "bob", "cyd"] * 8)
    ]  # fmt: skip
    return rows


def test_streams_that_are_cut_into_performances(table: MakeTable, monday: int) -> None:
    check(table(streams(monday)), [{"ann"}, {"bob"}, {"cyd"}, {"ann", "cyd"}])


def test_in_two_processes(table: MakeTable, monday: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalition, "WORTH_PROCESSES", 0)
    check(table(streams(monday)), [{"ann"}, {"bob"}, {"cyd"}, {"bob", "cyd"}, {"ann", "bob"}], jobs=2)


def test_it_is_the_book_learnt_without_them(table: MakeTable, parts: Any, admitted: Any, monday: int) -> None:
    held = parts(streams(monday))
    learnt = learn(admitted(held), None, settings=HERE)
    whole = Whole.of(table(streams(monday)), HERE, learnt.state.sums)
    for one in without(whole, [{"ann"}, {"bob"}, {"cyd"}]):
        rest = {name: part for name, part in held.items() if part[0] not in one.workers}
        assert one.digest == learn(admitted(rest), None, settings=HERE).knowledge.model_hash


def test_somebody_unknown(table: MakeTable, monday: int) -> None:
    with pytest.raises(KeyError):
        list(without(Whole.of(table(streams(monday)), HERE), [{"eve"}]))


def test_progress_and_what_was_touched(table: MakeTable, monday: int) -> None:
    told: list[float] = []
    whole = Whole.of(table(streams(monday)), HERE)
    found = list(without(whole, [{"cyd"}, {"ann"}], progress=told.append))
    assert told == [0.5, 1.0]
    assert [one.touched for one in found] == [24, 294]


@pytest.mark.data
def test_employees_of_a_bank(shared_data: Path) -> None:
    """Offers of BPI Challenge 2012, most of which pass through several hands: every fourth employee."""
    log = shared_data / "eventlogs" / "BPI_Challenge_2012_O.xes.gz"
    events = pa.concat_tables([c.events for item in reader.plan((log,)) for c in reader.read(item)])
    people = sorted(set(events["worker"].cast(pa.string()).drop_null().to_pylist()))
    check(events, [{name} for name in people[::4]])
