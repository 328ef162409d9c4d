"""The tables of random logs against a plain reading of what each of them counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.buckets import bucket
from guildbook.distil.labels import label_of
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import CUT, END, MAX_ORDER, REPEAT, VARIANT_LIMIT, Sums, condition_symbol, worker_symbol
from guildbook.distil.tables import CountTable
from guildbook.model.ids import symbol
from guildbook.model.time import DAY, EARLIEST, HOUR, MINUTE

Row = dict[str, Any]
Table = Callable[[Sequence[Row]], pa.Table]
GAP = 30 * MINUTE


@dataclass
class Trace:
    """One joint trace, read plainly."""

    rows: list[Row]
    task: str
    outcome: int
    conditions: list[str]


def at(micros: int) -> int:
    return int(bucket(np.array([micros]))[0])


def act(row: Row) -> int:
    return symbol(label_of({**row, "element_name": row.get("element"), "element_role": row.get("role")}))


def who(row: Row) -> int:
    return worker_symbol(row["worker"])


def in_order(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (r["time"], -1 if r["seq"] is None else r["seq"], r["id"]))


def joint(rows: Sequence[Row]) -> Iterator[Trace]:
    groups: dict[Any, list[Row]] = {}
    last: dict[Any, tuple[int, int]] = {}
    for row in in_order(rows):
        key: Any = row["case"]
        if key is None:
            day = (row["worker"], row["time"] // DAY)
            before, number = last.get(day, (row["time"], 0))
            number += row["time"] - before > GAP
            last[day] = (row["time"], number)
            key = (*day, number)
        groups.setdefault(key, []).append(row)
    for key, members in groups.items():
        yield Trace(members, task_of(key, members), outcome_of(members), conditions_of(members))


def task_of(key: Any, rows: list[Row]) -> str:
    if isinstance(key, str):
        return key.split(":")[0] if ":" in key else "case"
    apps = Counter(row["app"] for row in rows if row["app"])
    if not apps:
        return "work in test"
    return "work in " + min(apps, key=lambda app: (-apps[app], symbol(app)))


def outcome_of(rows: list[Row]) -> int:
    said = [row["outcome"] for row in rows if row["outcome"]]
    return {"good": 1, "declined": 2}.get(said[-1], 0) if said else 0


def conditions_of(rows: list[Row]) -> list[str]:
    found: set[str] = set()
    for attributes in (row["attributes"] or {} for row in rows):
        if "case:product" in attributes:
            found.add(f"product={attributes['case:product']}")
        if "case:amount" in attributes:
            found |= {f"amount≥{b}" for b in (1000, 500, 200, 100)}
    return sorted(found, key=condition_symbol)


def own(row: Row, after: Row | None) -> int:
    if row["duration"] is not None:
        return at(row["duration"])
    gap = after["time"] - row["time"] if after else -1
    return at(gap) if 0 <= gap < GAP else 0


def week(row: Row) -> int:
    since = datetime.fromtimestamp(row["time"] / 1e6, UTC) - datetime(1900, 1, 1, tzinfo=UTC)
    return since.days // 7


def main(trace: Trace) -> int:
    """Who did most of it."""
    often = Counter(map(who, trace.rows))
    return min(often, key=lambda worker: (-often[worker], worker))


def rows_of(table: CountTable) -> Counter[tuple[int, ...]]:
    return Counter(dict(zip(map(tuple, table.keys.tolist()), table.counts.tolist(), strict=True)))


@pytest.fixture(scope="module")
def case() -> Callable[[st.DataObject, Any, Table], tuple[list[Row], list[Trace], Sums]]:
    """A random log, its joint traces and its sums."""

    def drawn(data: st.DataObject, logs: Any, table: Table) -> tuple[list[Row], list[Trace], Sums]:
        rows = data.draw(logs)
        return rows, list(joint(rows)), summarise_table(table(rows), Settings())

    return drawn


@given(data=st.data())
def test_follows_performers_and_handovers(data: st.DataObject, logs: Any, table: Table, case: Any) -> None:
    _, traces, sums = case(data, logs, table)
    follows: Counter[tuple[int, ...]] = Counter()
    performers: Counter[tuple[int, ...]] = Counter()
    handovers: Counter[tuple[int, ...]] = Counter()
    takers: Counter[tuple[int, ...]] = Counter()
    weeks: Counter[tuple[int, ...]] = Counter()
    for trace in traces:
        task = symbol(trace.task)
        follows[task, 0, act(trace.rows[0]), 0] += 1
        weeks[task, 0, act(trace.rows[0]), week(trace.rows[0])] += 1
        for row, after in zip(trace.rows, [*trace.rows[1:], None], strict=True):
            performers[task, act(row), who(row), own(row, after)] += 1
            weeks[task, act(row), act(after) if after else 0, week(row)] += 1
            if after is None:
                follows[task, act(row), 0, 0] += 1
                continue
            gap = after["time"] - row["time"]
            follows[task, act(row), act(after), at(gap)] += 1
            if row["worker"] != after["worker"]:
                waited = max(0, gap - (row["duration"] or 0))
                handovers[task, who(row), who(after), act(after), at(waited)] += 1
                taken = waited >= MINUTE and who(after) != main(trace)
                for condition in (0, *map(condition_symbol, trace.conditions)) if taken else ():
                    takers[task, condition, act(after), who(after)] += 1
    assert rows_of(sums.follows) == follows
    assert rows_of(sums.weeks) == weeks
    assert rows_of(sums.performers) == performers
    assert rows_of(sums.handovers) == handovers
    assert rows_of(sums.takers) == takers


@given(data=st.data())
def test_asks(data: st.DataObject, logs: Any, table: Table, case: Any) -> None:
    _, traces, sums = case(data, logs, table)
    asks: Counter[tuple[int, ...]] = Counter()
    askers: Counter[tuple[int, ...]] = Counter()
    for trace in traces:
        for place, row in enumerate(trace.rows):
            for name in row["to"] or ():
                reply = next((r for r in trace.rows[place + 1 :] if r["worker"] == name), None)
                waited = at(reply["time"] - row["time"]) if reply else 0
                askers[symbol(trace.task), act(row), who(row), worker_symbol(name), waited] += 1
                for condition in (0, *map(condition_symbol, trace.conditions)):
                    asks[symbol(trace.task), condition, act(row), worker_symbol(name), waited, trace.outcome] += 1
    assert rows_of(sums.asks) == asks
    assert rows_of(sums.askers) == askers


@given(data=st.data())
def test_ways(data: st.DataObject, logs: Any, table: Table, case: Any) -> None:
    _, traces, sums = case(data, logs, table)
    ways: Counter[tuple[int, ...]] = Counter()
    for trace in traces:
        for k in range(1, 5):
            for start in range(len(trace.rows) - k - 1):
                run = trace.rows[start : start + k + 2]
                gaps = [b["time"] - a["time"] for a, b in pairwise(run)]
                apps = {row["app"] for row in run[1:-1]}
                if len({row["worker"] for row in run}) > 1 or max(gaps) >= GAP or len(apps) > 1 or None in apps:
                    continue
                path = [act(row) for row in run[1:-1]] + [0] * (4 - k)
                elapsed = at(run[-1]["time"] - run[0]["time"])
                ways[symbol(trace.task), who(run[0]), act(run[0]), *path, act(run[-1]), elapsed] += 1
    assert rows_of(sums.ways) == ways


@given(data=st.data())
def test_days_and_batches(data: st.DataObject, logs: Any, table: Table, case: Any) -> None:
    rows, _, sums = case(data, logs, table)
    days: Counter[tuple[int, ...]] = Counter()
    batches: Counter[tuple[int, ...]] = Counter()
    ordered = sorted(in_order(rows), key=lambda r: (r["worker"], r["time"] // DAY))
    for (_, day), members in groupby(ordered, key=lambda r: (r["worker"], r["time"] // DAY)):
        listed = list(members)
        days[who(listed[0]), day] += len(listed)
        runs: list[list[tuple[Row, Row | None]]] = []
        for row, after in zip(listed, [*listed[1:], None], strict=True):
            before = runs[-1][-1][0] if runs else None
            if before and before["case"] and row["case"] not in {None, before["case"]} and act(before) == act(row):
                runs[-1].append((row, after))
            else:
                runs.append([(row, after)])
        for run in runs:
            length = next(n for n, low in ((5, 9), (4, 5), (3, 3), (2, 2), (1, 1)) if len(run) >= low)
            for row, after in run:
                if row["case"]:
                    batches[symbol(task_of(row["case"], [])), act(row), length, own(row, after)] += 1
    assert rows_of(sums.days) == days
    assert rows_of(sums.batches) == batches


@given(data=st.data())
def test_profiles_variants_and_totals(data: st.DataObject, logs: Any, table: Table, case: Any) -> None:
    _, traces, sums = case(data, logs, table)
    profiles: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    variants: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    endings: Counter[tuple[tuple[int, ...], int, int]] = Counter()
    leads: Counter[tuple[int, ...]] = Counter()
    tenures: Counter[tuple[int, ...]] = Counter()
    for trace in traces:
        steps = [act(row) for row in trace.rows]
        tokens = [*map(condition_symbol, trace.conditions), 0]
        for step in dict.fromkeys(steps):
            tokens += [step, REPEAT] if steps.count(step) > 1 else [step]
        most = main(trace)
        tokens += [0, most, *sorted({who(row) for row in trace.rows} - {most})]
        told = [{worker_symbol(name) for name in (row["to"] or []) + (row["cc"] or [])} for row in trace.rows]
        at_once = next(filter(None, told), set[int]())
        tokens += [0, *sorted(at_once), 0, *sorted(set[int]().union(*told) - at_once)]
        workers = [most, *sorted({who(row) for row in trace.rows} - {most})]
        doers = [workers.index(who(next(row for row in trace.rows if act(row) == s))) + 1 for s in dict.fromkeys(steps)]
        tokens += [
            0,
            *(int.from_bytes(doers[i : i + 8], "little") for i in range(0, len(doers), 8) if len(workers) > 1),
        ]
        gaps = [b["time"] - a["time"] for a, b in pairwise(trace.rows)]
        known = [row["duration"] for row in trace.rows if row["duration"] is not None]
        if 0 < len(known) < len(trace.rows):
            known = [
                (gap if gap < GAP else 0) if row["duration"] is None else min(row["duration"], gap)
                for row, gap in zip(trace.rows, gaps, strict=False)
            ] + [min(trace.rows[-1]["duration"] or 0, max((gap for gap in gaps if gap < GAP), default=0))]
        active = sum(known) if known else sum(gap for gap in gaps if gap < GAP)
        begun = (trace.rows[0]["time"] - EARLIEST) // HOUR
        profiles[(symbol(trace.task), trace.outcome, at(active), at(sum(gaps)), begun), tuple(tokens)] += 1
        variants[(symbol(trace.task),), tuple(steps)] += 1
        endings[(symbol(trace.task), *steps), trace.outcome, at(sum(gaps))] += 1
        leads[symbol(trace.task), week(trace.rows[0]), at(sum(gaps))] += 1
        tenures[symbol(trace.task), most, week(trace.rows[0])] += 1
    assert rows_of(sums.tenures) == tenures
    for found, expected in ((sums.profiles, profiles), (sums.variants, variants)):
        assert {
            (tuple(found.head[i].tolist()), tuple(found.run(i).tolist())): int(found.counts[i])
            for i in range(len(found))
        } == expected
    kept = sums.variants
    kinds = {int(kept.hashes[i, 0]): (int(kept.head[i, 0]), *kept.run(i).tolist()) for i in range(len(kept))}
    ended = {(kinds[kind], outcome, lead): n for (kind, outcome, lead), n in rows_of(sums.endings).items()}
    assert ended == endings
    assert rows_of(sums.leads) == leads
    assert sums.traces == len(traces)
    assert sums.cases == sum(trace.rows[0]["case"] is not None for trace in traces)


@given(data=st.data())
def test_contexts(data: st.DataObject, logs: Any, table: Table, case: Any) -> None:
    _, traces, sums = case(data, logs, table)
    contexts: Counter[tuple[Any, int]] = Counter()
    for trace in traces:
        symbols = [1, *(act(row) for row in trace.rows), END]
        for place in range(1, len(symbols)):
            for order in range(min(place, MAX_ORDER) + 1):
                contexts[tuple(symbols[place - order : place]), symbols[place]] += 1
    expected = Counter((len(context), following, count) for (context, following), count in contexts.items())
    keys, counts = sums.contexts.keys.tolist(), sums.contexts.counts.tolist()
    found = Counter((order, following, count) for (order, _, following), count in zip(keys, counts, strict=True))
    assert found == expected
    assert len({(order, code) for order, code, _ in keys}) == len({context for context, _ in contexts})


@given(data=st.data())
def test_vocabulary_counts_every_use(data: st.DataObject, logs: Any, table: Table, case: Any) -> None:
    _, traces, sums = case(data, logs, table)
    uses: Counter[int] = Counter()
    for trace in traces:
        uses[symbol(trace.task)] += 1
        uses.update(map(condition_symbol, trace.conditions))
        for row in trace.rows:
            told = dict.fromkeys((row["to"] or []) + (row["cc"] or []))
            uses.update([act(row), who(row), *map(worker_symbol, told)])
    assert rows_of(sums.vocab) == Counter({(code,): count for code, count in uses.items()})


def test_long_variants_are_cut(table: Table, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday + n, "case": "a:1"} for n in range(VARIANT_LIMIT + 5)]
    run = summarise_table(table(rows), Settings()).variants.run(0).tolist()
    assert len(run) == VARIANT_LIMIT + 1
    assert run[-1] == CUT
    exact = summarise_table(table(rows[:VARIANT_LIMIT]), Settings()).variants.run(0).tolist()
    assert len(exact) == VARIANT_LIMIT
    assert CUT not in exact
