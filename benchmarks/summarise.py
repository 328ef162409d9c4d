"""Claim: 500,000 events or more per CPU-second from columns to sums; faster than pm4py at what both do.

    python benchmarks/summarise.py [LOG] [--peer-python PATH] [--rounds N]
    python benchmarks/summarise.py --office 1000000

Next to pm4py, from the same table in memory: directly-follows and variants are faster, hand-over of work at least
100 times as fast. The peer is no dependency: install pm4py and pyarrow into an environment of its own and give that
environment's Python with --peer-python. It runs as a separate process on the same events (a Parquet file with case,
activity, time and resource, loaded and put into its own form before the clock starts). What counts on both sides is
the CPU time from the table in memory to the result; medians of the rounds are shown. Compiling, once in the life of
an installation, is left out of the medians and told apart. Ours may count a few variants
less: they are cut after 64 steps.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from _measure import report

from guildbook.distil.encode import COLUMNS, encode
from guildbook.distil.network import handover_network
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import follows, summarise_table, variants
from guildbook.distil.traces import Traces, join
from guildbook.record import office, reader

SETTINGS = Settings()
LOG = Path(__file__).resolve().parents[2] / "shared" / "data" / "eventlogs" / "BPI_Challenge_2012.xes.gz"
FEW = ["worker", "time", "seq", "action", "case"]
PEER = """
import json, statistics, sys, time
import pandas as pd, pm4py
frame = pd.read_parquet(sys.argv[1])
frame = pm4py.format_dataframe(frame, case_id="case", activity_key="action", timestamp_key="time")
frame["org:resource"] = frame["worker"]
def timed(call, rounds):
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        result = call()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds), result
rounds = int(sys.argv[2])
follows, graph = timed(lambda: pm4py.discover_dfg(frame), rounds)
variants, listed = timed(lambda: pm4py.get_variants(frame), rounds)
handover, network = timed(lambda: pm4py.discover_handover_of_work_network(frame), rounds)
print(json.dumps({
    "follows": follows, "variants": variants, "handover": handover, "version": pm4py.__version__,
    "steps": sum(graph[0].values()), "edges": len(graph[0]), "kinds": len(listed), "pairs": len(network.connections),
}))
"""


def timed(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Median CPU seconds and the last result."""
    seconds: list[float] = []
    result: Any = None
    for _ in range(rounds):
        began = time.process_time()
        result = call()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds), result


def memory(*, afresh: bool = False) -> float:
    """Largest resident size, MiB; with `afresh` counted from now on (Linux)."""
    if afresh and sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text().split()
        return int(status[status.index("VmHWM:") + 1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", nargs="?", type=Path, default=LOG)
    parser.add_argument("--office", type=int, help="events of a sample office instead of a log")
    parser.add_argument("--peer-python", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.office is None and not options.log.is_file():
        raise SystemExit("skipped: data not present")
    table = events(options.log, options.office)
    cold, _ = timed(lambda: summarise_table(table.slice(0, 100), SETTINGS), 1)
    before = memory(afresh=True)
    first, sums = timed(lambda: summarise_table(table, SETTINGS), 1)
    grown = memory() - before
    seconds, _ = timed(lambda: summarise_table(table, SETTINGS), options.rounds)
    figures = {
        "log": f"office of {options.office}" if options.office else options.log.name,
        "events": len(table),
        "events_per_cpu_second": round(len(table) / seconds),
        "first_run_in_a_process": round(len(table) / first),
        "memory_over_the_table_mib": round(grown),
        "compiling_or_loading_kernels_seconds": round(cold, 2),
        "model_hash": sums.digest(),
    }
    if options.peer_python:
        figures["peer"] = beside(table, options.peer_python, options.rounds)
    report("summarise", figures)


def events(log: Path, size: int | None) -> pa.Table:
    """All events in memory, with the columns that distilling reads."""
    if size is not None:
        chunks = [chunk.events for chunk in office.generate(seed=1, events=size)]
    else:
        chunks = [chunk.events for item in reader.plan((log,)) for chunk in reader.read(item)]
    table = pa.concat_tables(chunks).unify_dictionaries().combine_chunks()
    return table.select([name for name in COLUMNS if name in table.column_names])


def beside(table: pa.Table, python: Path, rounds: int) -> dict[str, Any]:
    """Our three results and the peer's, from the same columns."""
    few = table.select([name for name in FEW if name in table.column_names])
    few = few.set_column(few.column_names.index("action"), "action", labelled(table))
    few = few.filter(pc.is_valid(few.column("case"))).combine_chunks()

    def traces() -> Traces:
        return join(encode(few, SETTINGS))

    handover_network(few)  # compiles
    ours_follows, graph = timed(lambda: follows(traces()), rounds)
    ours_variants, kinds = timed(lambda: variants(traces()), rounds)
    ours_handover, network = timed(lambda: handover_network(few), rounds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        columns = {name: few.column(name).cast(pa.string()) for name in ("case", "action", "worker")}
        pq.write_table(pa.table(columns | {"time": few.column("time")}), path)
        done = subprocess.run([python, "-c", PEER, path, str(rounds)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{python} failed:\n{done.stderr[-2_000:]}")
    theirs = json.loads(done.stdout.splitlines()[-1])
    inner = (graph.keys[:, 1] != 0) & (graph.keys[:, 2] != 0)
    return {
        "name": f"pm4py {theirs['version']}",
        "directly_follows": ratio(ours_follows, theirs["follows"]),
        "variants": ratio(ours_variants, theirs["variants"]),
        "handover_of_work": ratio(ours_handover, theirs["handover"]),
        "same_steps": int(graph.counts[inner].sum()) == theirs["steps"] == int(network.counts.sum()),
        "pairs_ours_and_theirs": [int(np.count_nonzero(network.counts)), theirs["pairs"]],
        "variants_ours_and_theirs": [len(kinds), theirs["kinds"]],
    }


def labelled(table: pa.Table) -> pa.ChunkedArray:
    """Activities as one column, so that both sides count the same."""
    coded = encode(table, SETTINGS)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(coded.act), pa.array(coded.acts.texts))])


def ratio(ours: float, theirs: float) -> dict[str, float]:
    """CPU seconds of both, and how many times as fast ours is."""
    return {"ours": round(ours, 4), "theirs": round(theirs, 4), "times_as_fast": round(theirs / ours, 1)}


if __name__ == "__main__":
    sys.exit(main())
