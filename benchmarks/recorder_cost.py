"""What a recorder costs while it runs: processor and memory of its process and all its children.

With --pid it watches a recorder that runs; without, it starts one on a fresh book with ActivityWatch's door open and
`--watchers` watchers that send a heartbeat a second each, a new window every fifth time. The processor's time is what
the system accounts to the tree, children that have ended included; memory is the proportional set size (what is shared
with other programs is shared out) and the resident size, added up over the tree, ten times a second while a child runs
and once a second else. Prints JSON.

    python benchmarks/recorder_cost.py [--seconds 600] [--watchers 3] [--pid PID]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from _measure import report
from recorder_ingest import recorder

TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pid", type=int, help="a recorder that runs")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--watchers", type=int, default=3)
    asked = parser.parse_args()
    with nullcontext((0, asked.pid, None)) if asked.pid else recorder() as (port, pid, folder):
        load = None if asked.pid else watching(port, asked.watchers, asked.seconds)
        figures = watched(pid, asked.seconds)
        if load is not None:
            load.wait()
        if folder is not None:
            figures["bytes_kept"] = sum(each.stat().st_size for each in Path(folder).glob("recorder/outbox.sqlite*"))
    report("recorder cost", figures | {"load_average": os.getloadavg()})


def watching(port: int, watchers: int, seconds: float) -> subprocess.Popen[bytes]:
    """Watchers that send a heartbeat a second each."""
    load = str(Path(__file__).with_name("_load.py"))
    words = [load, str(port), "heartbeats", "--watchers", str(watchers), "--rate", str(watchers)]
    return subprocess.Popen(
        [sys.executable, *words, "--requests", str(int(watchers * seconds))], stdout=subprocess.DEVNULL
    )


def watched(pid: int, seconds: float) -> dict[str, Any]:
    """Processor and memory of a process and its children over some seconds."""
    pss, rss, begun = list[float](), list[float](), time.monotonic()
    before = spent(pid)
    weights: list[float] = []
    while (now := time.monotonic()) < begun + seconds:
        found = tree(pid)
        sizes = [size(each) for each in found]
        pss.append(sum(one for one, _ in sizes) / 1024)
        rss.append(sum(one for _, one in sizes) / 1024)
        time.sleep(0.1 if len(found) > 1 else 1.0)
        weights.append(time.monotonic() - now)
    cpu = spent(pid) - before
    wall = time.monotonic() - begun
    return {
        "seconds": round(wall), "processor_percent_of_one_core": round(100 * cpu / wall, 2),
        "pss_mib_mean": round(mean(pss, weights), 1), "pss_mib_median": round(statistics.median(pss), 1),
        "pss_mib_most": round(max(pss), 1), "rss_mib_mean": round(mean(rss, weights), 1),
        "rss_mib_most": round(max(rss), 1),
    }  # fmt: skip


def mean(values: list[float], weights: list[float]) -> float:
    """Weighted by how long each lasted."""
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [each for child in children.read_text().split() for each in tree(int(child))]
        except OSError:  # gone meanwhile
            continue
    return found


def spent(pid: int) -> float:
    """Seconds of the processor: of the tree as it is, and of children that ended and were waited for."""
    total = 0
    for each in tree(pid):
        try:
            words = Path(f"/proc/{each}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += sum(int(word) for word in words[11:15])
    return total / TICKS


def size(pid: int) -> tuple[int, int]:
    """KiB: the proportional and the resident set size."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    found = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return found.get("Pss", 0), found.get("Rss", 0)


if __name__ == "__main__":
    main()
