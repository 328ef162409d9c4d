"""Claim: a filtered process map of BPIC 2012 at least 50 times as fast as pm4py's inductive miner.

    python benchmarks/discovery.py [LOG] [--peer PYTHON] [--rounds N]
    python benchmarks/discovery.py --activities 400

What is timed, as CPU seconds of the process from the log in memory to the model; medians of the rounds. Reading the
file, importing libraries and compiling (once in the life of an installation) are left out on both sides.

- Ours: from an Arrow table with case, activity, worker and time to the whole `FilteredMap`: encoding texts to numbers,
  sorting into joint traces, counting moves and variants, all levels, with the shares of moves and cases each replays.
- pm4py's: from a pandas frame that `format_dataframe` has already put into its form to the process tree of
  `discover_process_tree_inductive`, plain and with a noise threshold of 0.2. The peer runs in an environment and a
  process of its own, on the same events (a Parquet file), activities named alike.

The two models are not the same thing: a process tree promises soundness, a filtered map that it can be read and that
it says what it leaves out. `readable` tells boxes, moves, crossings and shares of each level; `--activities` makes a
log of so many activities, of which most are rare, to look at those alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from _measure import report
from summarise import FEW, LOG, SETTINGS, events, labelled, timed

from guildbook.distil.discovery import discover
from guildbook.distil.encode import encode
from guildbook.distil.summarise import trace_sums
from guildbook.distil.traces import join
from guildbook.model.process import FilteredMap
from guildbook.teach.report.chart import chart

PEER = """
import json, statistics, sys, time
import pandas as pd, pm4py
frame = pd.read_parquet(sys.argv[1])
frame = pm4py.format_dataframe(frame, case_id="case", activity_key="action", timestamp_key="time")
def timed(call, rounds):
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        call()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)
rounds = int(sys.argv[2])
print(json.dumps({
    "version": pm4py.__version__,
    "events": len(frame),
    "inductive": timed(lambda: pm4py.discover_process_tree_inductive(frame), rounds),
    "inductive_noise_0.2": timed(lambda: pm4py.discover_process_tree_inductive(frame, noise_threshold=0.2), rounds),
}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?", type=Path, default=LOG)
    parser.add_argument("--peer", type=Path, help="Python of an environment that has pm4py and pyarrow")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--activities", type=int, help="a made log of so many activities instead of a real one")
    options = parser.parse_args()
    if options.activities is None and not options.log.is_file():
        raise SystemExit("skipped: data not present")
    table = made(options.activities) if options.activities else plain(events(options.log, None))
    mapped(table)
    seconds, found = timed(lambda: mapped(table), options.rounds)
    figures: dict[str, Any] = {
        "log": f"{options.activities} activities" if options.activities else options.log.name,
        "events": len(table),
        "seconds": round(seconds, 4),
        "events_per_cpu_second": round(len(table) / seconds),
        "readable": readable(found[0]),
    }
    if options.peer:
        figures["peer"] = beside(table, options.peer, seconds, options.rounds)
    report("discovery", figures)


def mapped(table: pa.Table) -> tuple[FilteredMap, ...]:
    """From the table in memory to the filtered maps of its tasks."""
    return discover(trace_sums(join(encode(table, SETTINGS))))


def plain(table: pa.Table) -> pa.Table:
    """Case, activity, worker and time, as both sides get them; activities are one column already."""
    few = table.select([name for name in FEW if name in table.column_names])
    few = few.set_column(few.column_names.index("action"), "action", labelled(table))
    return few.filter(pc.is_valid(few.column("case"))).combine_chunks()


def made(activities: int, cases: int = 4_000) -> pa.Table:
    """A log in which a few activities are common and most are rare: each case leaves a main way now and then."""
    chance = np.random.default_rng(activities)
    main = 14
    columns: dict[str, list[Any]] = {"case": [], "action": [], "worker": [], "time": []}
    for case in range(cases):
        begun, minute = int(chance.integers(0, 200 * 24 * 60)), 0
        for step in range(main):
            shown = [step] if chance.random() > 0.06 else []
            while chance.random() < 0.3:
                # Beside each step of the main way stand rare ones, the further down a list the rarer.
                rank = int(chance.exponential(activities / main / 3))
                shown.append(main + (step + main * rank) % max(activities - main, 1))
            for activity in shown:
                minute += int(chance.integers(1, 600))
                columns["case"].append(f"made:{case}")
                columns["action"].append(f"Step {activity:03}")
                columns["worker"].append(f"worker {int(chance.integers(0, 40)):02}")
                columns["time"].append((begun + minute) * 60_000_000)
    times = pa.array(columns.pop("time"), pa.int64()).cast(pa.timestamp("us", "UTC"))
    texts = {name: pa.array(values).dictionary_encode() for name, values in columns.items()}
    return pa.table(texts | {"time": times})


def readable(found: FilteredMap) -> list[dict[str, Any]]:
    """What each level shows, and how many of its arrows cross in the report's drawing."""
    drawn = chart(found)["levels"]
    return [
        {
            "level": level.level,
            "boxes": len(level.boxes),
            "moves": len(level.links),
            "crossings": drawing["crossings"],
            "share_of_events": round(level.events, 3),
            "share_of_moves": round(level.moves, 3),
            "share_of_cases_whole": round(level.traces, 3),
        }
        for level, drawing in zip(found.levels, drawn, strict=True)
    ]


def beside(table: pa.Table, python: Path, ours: float, rounds: int) -> dict[str, Any]:
    """The peer's seconds on the same events, and how many times as fast ours is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        columns = {name: table.column(name).cast(pa.string()) for name in ("case", "action", "worker")}
        pq.write_table(pa.table(columns | {"time": table.column("time")}), path)
        done = subprocess.run([python, "-c", PEER, path, str(rounds)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{python} failed:\n{done.stderr[-2_000:]}")
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert theirs["events"] == len(table)
    return {
        "name": f"pm4py {theirs['version']}",
        "inductive_miner": {
            "theirs": round(theirs["inductive"], 3),
            "times_as_fast": round(theirs["inductive"] / ours, 1),
        },
        "inductive_miner_noise_0.2": {
            "theirs": round(theirs["inductive_noise_0.2"], 3),
            "times_as_fast": round(theirs["inductive_noise_0.2"] / ours, 1),
        },
    }


if __name__ == "__main__":
    sys.exit(main())
