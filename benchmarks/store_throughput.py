"""Append, seal and read: a log of the size of BPIC 2012, a month of an office, and one day of 200 workers.

    python benchmarks/store_throughput.py [--repeat 3]

Claims, on two cores: 262,144 events of 69 workers over five months appended and sealed in at most 3 s; 1,000,000
events of 200 workers in at most 15 s and at most 700 MB of memory more than before; a day of 200 workers sealed (200
segments) in about a second. Each run is a process of its own on a fresh book; medians.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from _measure import median, report, run

from guildbook.columns import EVENT_SCHEMA, raw_table
from guildbook.store import Store

CHUNK = 65_536
SHAPES = {"log": (262_144, 69, 150), "office": (1_000_000, 200, 180), "day": (20_000, 200, 1)}
"""Events, workers, days."""


def word(values: list[str], codes: Any) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(values))


def chunks(events: int, workers: int, days: int) -> list[pa.Table]:
    """A case log: 20 events a case, 36 activities, two attributes repeated on each event of a case."""
    dice = np.random.default_rng(1)
    made: list[pa.Table] = []
    for start in range(0, events, CHUNK):
        size = min(CHUNK, events - start)
        cases = size // 20
        case = dice.integers(0, cases, size)
        days_in = np.sort(dice.integers(0, days * 86_400 * 10**6, size)) + 1_318_000_000 * 10**6
        columns = {
            "worker": word([f"Worker {i}" for i in range(workers)], dice.integers(0, workers, size)),
            "time": days_in.astype("datetime64[us]"),
            "seq": dice.integers(0, 40, size),
            "source": word(["xes"], np.zeros(size)),
            "origin": word(["person"], np.zeros(size)),
            "action": word([f"activity {i}" for i in range(36)], dice.integers(0, 36, size)),
            "case": word([f"claim:{start + i}" for i in range(cases)], case),
            "attributes": word([f'{{"case:amount":{start + i},"case:product":"marine"}}' for i in range(cases)], case),
        }
        made.append(raw_table(columns))
    return made


def peak() -> float:
    """MB of resident memory at most so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1000 if sys.platform == "linux" else 1000**2)


def one(shape: str) -> dict[str, float]:
    """Fill and seal one fresh book; times in seconds, memory in MB."""
    tables = chunks(*SHAPES[shape])
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "book") as store:
        before = peak()
        begun = store.begin_import(source="xes", fingerprint="f", path="p", terms=None)
        ticks = [time.perf_counter()]
        cpu = time.process_time()
        for number, table in enumerate(tables):
            store.append(begun.id, number, table, [])
        ticks.append(time.perf_counter())
        report = store.seal()
        ticks.append(time.perf_counter())
        cpu = time.process_time() - cpu
        grown = peak() - before
        ids = [row.id for row in store.segments()]
        start = time.perf_counter()
        rows = sum(table.num_rows for _, table in store.read_many(ids, ["time", "action"]))
        two = time.perf_counter() - start
        start = time.perf_counter()
        rows += sum(table.num_rows for _, table in store.read_many(ids, EVENT_SCHEMA.names))
        every = time.perf_counter() - start
        size = sum(path.stat().st_size for path in (Path(folder) / "book").rglob("*") if path.is_file())
    assert rows == 2 * report.rows == 2 * SHAPES[shape][0]
    return {
        "append_s": ticks[1] - ticks[0],
        "seal_s": ticks[2] - ticks[1],
        "append_and_seal_s": ticks[2] - ticks[0],
        "append_and_seal_cpu_s": cpu,
        "memory_growth_mb": grown,
        "read_2_columns_s": two,
        "read_all_columns_s": every,
        "segments": report.segments,
        "bytes_per_event": size / report.rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--one", choices=sorted(SHAPES))
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one)))
        return
    figures: dict[str, Any] = {}
    for shape, (events, workers, days) in SHAPES.items():
        # Memory is a process's peak, so each run has one to itself.
        runs = [json.loads(run([sys.executable, __file__, "--one", shape]).out) for _ in range(options.repeat)]
        medians = {name: median([measured[name] for measured in runs]) for name in runs[0]}
        figures[shape] = {"events": events, "workers": workers, "days": days, **medians}
    report("store-throughput", figures)


if __name__ == "__main__":
    main()
