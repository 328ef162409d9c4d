"""Claim: a new day, a new worker and a forgotten worker each cost what they touch, not what the book holds.

    python benchmarks/continual.py [--events 100000 1000000]

Sample offices of growing size in memory, one segment a worker and month and one more for the last day; no store, no
encryption, so that the figures are those of distilling alone. A day grows with the office; a worker does not: a
larger office has more of them. For each change: joint traces that were counted again, their events, processor
seconds, how many of them went into mining (`derive` looks at the sums, which grow more slowly than the events), and
what is left, also per 10,000 events touched. Each result is checked against learning afresh.
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

    def cases(self, segments: Sequence[str]) -> dict[str, NDArray[np.uint64]]:
        """Sorted symbols of the cases in each of these segments."""
        return {segment: INDEX[segment] for segment in segments}


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


def measured(call: Callable[[], Learnt], before: Learnt | None = None) -> tuple[dict[str, Any], Learnt]:
    """Processor seconds of one learning, mining told apart, and how much it touched."""
    began = time.process_time()
    result = call()
    cpu = time.process_time() - began
    began = time.process_time()
    derive(result.state.sums, SETTINGS)
    mining = min(time.process_time() - began, cpu)
    found = {"touched_traces": result.touched_traces, "cpu": round(cpu, 2), "of_it_mining": round(mining, 2)}
    if before is not None:
        touched = max(1, _events_touched(before, result))
        found |= {
            "events": abs(result.knowledge.events - before.knowledge.events),
            "rest": round(cpu - mining, 2),
            "rest_per_10000_touched": round((cpu - mining) / touched * 10_000, 3),
            "events_touched": touched,
        }
    return found, result


def _events_touched(before: Learnt, now: Learnt) -> int:
    """Events of the joint traces that were counted again, as a share of all: traces are of like length."""
    share = now.touched_traces / max(1, now.knowledge.episodes)
    return round(share * max(before.knowledge.events, now.knowledge.events))


def without(parts: Parts, workers: Collection[str]) -> dict[str, tuple[str, pa.Table]]:
    """The segments of everybody else."""
    return {name: part for name, part in parts.items() if part[0] not in workers}


def only(parts: Parts, workers: Collection[str]) -> dict[str, tuple[str, pa.Table]]:
    """The segments of these workers."""
    return {name: part for name, part in parts.items() if part[0] in workers}


def office_of(events: int) -> tuple[Parts, Parts]:
    """The segments of an office before its last day, and with it."""
    table = pa.concat_tables([chunk.events for chunk in office.generate(seed=1, events=events)]).unify_dictionaries()
    random = np.random.default_rng(1).bytes(16 * len(table))
    ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(table), [None, pa.py_buffer(random)])
    table = table.add_column(0, ADMITTED_SCHEMA.field("id"), ids).select(ADMITTED_SCHEMA.names)
    days = table.column("time").cast(pa.int64()).to_numpy() // DAY
    last = np.unique(days)[np.bincount(days - days.min())[np.unique(days) - days.min()] > len(table) / 100].max()
    before = segments(table.filter(pa.array(days < last)), "all")
    return before, before | segments(table.filter(pa.array(days == last)), "day")


def changes(events: int) -> dict[str, Any]:
    """One office: learnt from nothing, then changed in four ways."""
    INDEX.clear()
    before, after = office_of(events)
    learn(InMemory(dict(list(before.items())[:1])), None, settings=SETTINGS)  # compiles
    first, begun = measured(lambda: learn(InMemory(before), None, settings=SETTINGS))
    workers = sorted({worker for worker, _ in after.values()})
    found: dict[str, Any] = {"events": begun.knowledge.events, "workers": len(workers), "afresh": first}
    found["new_day"], day = measured(lambda: learn(InMemory(after), begun.state, settings=SETTINGS), begun)
    equal = [day.knowledge == learn(InMemory(after), None, settings=SETTINGS).knowledge]
    for count in (1, 5):
        some = workers[:: len(workers) // count][:count]
        rest, gone = InMemory(without(after, some)), InMemory(only(after, some))
        name = f"{count}_worker" + ("s" if count > 1 else "")
        found[f"forget_{name}"], forgot = measured(
            lambda rest=rest, gone=gone: learn(rest, day.state, settings=SETTINGS, departed=gone), day
        )
        found[f"new_{name}"], back = measured(
            lambda forgot=forgot: learn(InMemory(after), forgot.state, settings=SETTINGS), forgot
        )
        never = learn(rest, None, settings=SETTINGS)
        equal += [forgot.knowledge == never.knowledge, back.knowledge == day.knowledge]
    return found | {"all_equal_afresh": all(equal)}


def main() -> None:
    """Change offices of each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    report("continual", {"offices": [changes(events) for events in parser.parse_args().events]})


if __name__ == "__main__":
    main()
