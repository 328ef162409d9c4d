"""Claim: learning one more day, and forgetting a worker, cost the joint traces they touch.

    python benchmarks/incremental.py [--events 1000000]

A sample office in memory, one segment a worker and month and one more for the last day; no store, no encryption, so
that the figures are those of distilling alone. CPU seconds, with the share that is mining (`derive`, which looks at
the sums and costs the same whatever changed) told apart. Each result is checked against learning afresh.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from _measure import report
from numpy.typing import NDArray

from guildbook.columns import ADMITTED_SCHEMA
from guildbook.columns.ids import digest
from guildbook.distil import Learnt, Settings, learn
from guildbook.distil.knowledge import derive
from guildbook.model.grant import Grant, SegmentRef
from guildbook.model.ids import symbol
from guildbook.model.purpose import Purpose
from guildbook.model.time import DAY, month
from guildbook.record import office

SETTINGS = Settings()
Parts = Mapping[str, tuple[str, pa.Table]]


@dataclass
class InMemory:
    """Admitted segments that are tables."""

    parts: Parts
    grant: Grant = field(init=False)

    def __post_init__(self) -> None:
        refs = tuple(reference(name, worker, table) for name, (worker, table) in self.parts.items())
        self.grant = Grant("grant", Purpose.TRAIN_PEOPLE, "distil", "model", 0, refs, 0, "")

    def table(self, columns: Sequence[str], segments: Collection[str] | None = None) -> pa.Table:
        """The columns of all or some segments."""
        names = list(self.parts) if segments is None else list(segments)
        if not names:
            return ADMITTED_SCHEMA.empty_table().select(list(columns))
        return pa.concat_tables([self.parts[name][1].select(list(columns)) for name in names])

    def cases(self, segment: str) -> NDArray[np.uint64]:
        """Sorted symbols of the cases in a segment."""
        return INDEX[segment]


INDEX: dict[str, NDArray[np.uint64]] = {}
"""The case index that a store keeps with each segment."""


def reference(name: str, worker: str, table: pa.Table) -> SegmentRef:
    times = table.column("time").cast(pa.int64()).to_numpy()
    if name not in INDEX:
        texts = table.column("case").cast(pa.string()).unique().drop_null().to_pylist()
        INDEX[name] = np.sort(np.array([symbol(text) for text in texts], np.uint64))
    first, last = int(times.min()), int(times.max())
    return SegmentRef(name, worker, month(first), len(table), first, last, digest(table.column("id")))


def segments(table: pa.Table, kind: str) -> dict[str, tuple[str, pa.Table]]:
    """The events of a table by worker and month."""
    worker = table.column("worker").cast(pa.string())
    key = pc.binary_join_element_wise(worker, pc.strftime(table.column("time"), format="%Y-%m"), kind, "/")
    coded = key.combine_chunks().dictionary_encode()
    codes, names = coded.indices.to_numpy(), coded.dictionary.to_pylist()
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: (worker[int(order[a])].as_py(), own_words(table.take(pa.array(order[a:b]))))
        for name, a, b in zip(names, bounds[:-1], bounds[1:], strict=True)
    }


def own_words(table: pa.Table) -> pa.Table:
    """Each segment with dictionaries of its own, as a store reads it."""
    for place, item in enumerate(table.schema):
        if pa.types.is_dictionary(item.type):
            table = table.set_column(place, item, table.column(place).cast(pa.string()).dictionary_encode())
    return table


def seconds(call: Callable[[], Learnt]) -> tuple[float, Learnt]:
    began = time.process_time()
    result = call()
    return time.process_time() - began, result


def figures(cpu: float, learnt: Learnt) -> dict[str, Any]:
    began = time.process_time()
    derive(learnt.state.sums, SETTINGS)
    mining = time.process_time() - began
    return {
        "cpu": round(cpu, 2),
        "of_it_mining": round(mining, 2),
        "rest": round(cpu - mining, 2),
        "touched_traces": learnt.touched_traces,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    table = pa.concat_tables([chunk.events for chunk in office.generate(seed=1, events=events)]).unify_dictionaries()
    random = np.random.default_rng(1).bytes(16 * len(table))
    ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(table), [None, pa.py_buffer(random)])
    table = table.add_column(0, ADMITTED_SCHEMA.field("id"), ids).select(ADMITTED_SCHEMA.names)
    days = table.column("time").cast(pa.int64()).to_numpy() // DAY
    last = np.unique(days)[np.bincount(days - days.min())[np.unique(days) - days.min()] > len(table) / 100].max()
    before = segments(table.filter(pa.array(days < last)), "all")
    after = before | segments(table.filter(pa.array(days == last)), "day")
    learn(InMemory(dict(list(before.items())[:1])), None, settings=SETTINGS)  # compiles
    first_cpu, first = seconds(lambda: learn(InMemory(before), None, settings=SETTINGS))
    day_cpu, day = seconds(lambda: learn(InMemory(after), first.state, settings=SETTINGS))
    nothing_cpu, nothing = seconds(lambda: learn(InMemory(after), day.state, settings=SETTINGS))
    afresh = learn(InMemory(after), None, settings=SETTINGS)
    worker = min(name for name, _ in after.values())
    rest = {name: part for name, part in after.items() if part[0] != worker}
    gone = InMemory({name: part for name, part in after.items() if part[0] == worker})
    forget_cpu, forgot = seconds(lambda: learn(InMemory(rest), day.state, settings=SETTINGS, departed=gone))
    never = learn(InMemory(rest), None, settings=SETTINGS)
    report(
        "incremental",
        {
            "events": first.knowledge.events,
            "day_events": day.knowledge.events - first.knowledge.events,
            "afresh": figures(first_cpu, first),
            "one_more_day": figures(day_cpu, day),
            "nothing_new": {"cpu": round(nothing_cpu, 3), "changed": nothing.changed},
            "forget": figures(forget_cpu, forgot),
            "day_equals_afresh": day.knowledge == afresh.knowledge,
            "forgotten_equals_never": forgot.knowledge == never.knowledge,
        },
    )


if __name__ == "__main__":
    main()
