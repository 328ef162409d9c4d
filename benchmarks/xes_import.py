"""Claim: XES logs are read at 100,000 events per CPU-second or more, on one core, in flat memory.

    python benchmarks/xes_import.py [LOG] [--peer-python PATH] [--rounds N]

The peer is r4pm (Rust). It is no dependency: install it with polars into an environment of its own and give that
environment's Python with --peer-python. Each reading runs in a process of its own, the two taking turns; what counts
is the CPU time of the reading alone, all threads together, without the start of the interpreter. Medians are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

OURS = """
import json, resource, sys, time
from pathlib import Path
from guildbook.plugins import ImportOptions
from guildbook.record.importers.xes import XesImporter
importer, options = XesImporter(), ImportOptions(namespace="log")
began, clock = time.process_time(), time.perf_counter()
events = sum(chunk.events.num_rows for chunk in importer.read(Path(sys.argv[1]), options))
cpu, wall = time.process_time() - began, time.perf_counter() - clock
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"events": events, "cpu": cpu, "wall": wall, "peak_mib": peak}))
"""
PEER = """
import json, resource, sys, time
import r4pm
began, clock = time.process_time(), time.perf_counter()
events = r4pm.df.import_xes(sys.argv[1])[0].shape[0]
cpu, wall = time.process_time() - began, time.perf_counter() - clock
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"events": events, "cpu": cpu, "wall": wall, "peak_mib": peak}))
"""


def once(python: str, script: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run([python, "-c", script, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{python} failed:\n{done.stderr[-2_000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def summary(runs: list[dict[str, Any]]) -> dict[str, float]:
    cpu = statistics.median(run["cpu"] for run in runs)
    return {
        "events": runs[0]["events"],
        "cpu_s": round(cpu, 3),
        "wall_s": round(statistics.median(run["wall"] for run in runs), 3),
        "events_per_cpu_s": round(runs[0]["events"] / cpu),
        "peak_mib": round(statistics.median(run["peak_mib"] for run in runs)),
    }


def main() -> None:
    folder = Path(os.environ.get("GUILDBOOK_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", nargs="?", type=Path, default=folder / "eventlogs" / "BPI_Challenge_2012.xes.gz")
    parser.add_argument("--peer-python", help="the Python of an environment with r4pm and polars")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if not args.log.is_file():
        raise SystemExit(f"skipped: data not present ({args.log})")
    ours: list[dict[str, Any]] = []
    peer: list[dict[str, Any]] = []
    for _ in range(args.rounds):
        ours.append(once(sys.executable, OURS, str(args.log)))
        if args.peer_python:
            peer.append(once(args.peer_python, PEER, str(args.log)))
    found: dict[str, Any] = {"log": args.log.name, "rounds": args.rounds, "guildbook": summary(ours)}
    if peer:
        found["r4pm"] = summary(peer)
        found["ratio"] = round(found["guildbook"]["events_per_cpu_s"] / found["r4pm"]["events_per_cpu_s"], 2)
    else:
        found["r4pm"] = "peer not present: give --peer-python"
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
