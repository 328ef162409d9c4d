"""`guildbook learn` from nothing on a real log, as a user runs it: wall seconds, CPU seconds, peak memory.

    python benchmarks/learn_log.py PATH/BPI_Challenge_2012.xes.gz [--runs 3]

Claim: BPIC 2012 (262,200 events) in at most 20 s and 1 GB.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from _measure import guildbook, median, report


def main() -> None:
    """Learn into fresh books and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = [guildbook(Path(folder) / str(number), "learn", options.log) for number in range(options.runs)]
    report(
        "learn-log",
        {
            "log": options.log.name,
            "runs": len(runs),
            "wall_seconds": median([m.wall for m, _ in runs]),
            "cpu_seconds": median([m.cpu for m, _ in runs]),
            "peak_mib": median([m.peak for m, _ in runs]),
            "same_hash": len({d["model_hash"] for _, d in runs}) == 1,
            "learnt": {k: runs[0][1][k] for k in ("events", "workers", "cases", "tasks", "practices")},
        },
    )


if __name__ == "__main__":
    main()
