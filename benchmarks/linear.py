"""Claim: what `learn` costs grows with the events, from 10⁴ to 10⁷; 10⁷ events fit into 4 GB on two cores.

    python benchmarks/linear.py [--most 10000000] [--jobs 2] [--out docs/figures]

For each power of ten a sample office is written as Parquet and learnt from nothing with the command a user would give:
import, sealing, summing, mining. The figures are those of all processes of the command together: wall and processor
seconds, and the largest resident memory, sampled ten times a second (pages shared by processes count in each). The
exponent is the slope of a straight line through log(processor seconds) over log(events), by least squares. Starting
Python and loading compiled code cost the same for any size, so it is also fitted without the smallest and to the last
two sizes alone. Wall seconds depend on who else uses the cores. Writes `linear.json` and
`linear.svg`; disk: about 1.2 GB at 10⁷.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _chart import Line, log_chart
from _measure import guildbook, machine, report

from guildbook.record import office

HERE = Path(__file__).resolve().parents[1]
SMALLEST = 10_000


def main() -> None:
    """Learn offices of growing size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=10_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=HERE / "docs" / "figures")
    options = parser.parse_args()
    sizes = [SMALLEST * 10**k for k in range(round(math.log10(options.most / SMALLEST)) + 1)]
    rows = [_learnt(size, options.seed, options.jobs) for size in sizes]
    figures: dict[str, Any] = {"jobs": options.jobs, "sizes": rows, "exponents": _exponents(rows)}
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": machine(), **figures}, indent=2)
    (options.out / "linear.json").write_text(text + "\n", encoding="utf-8")
    (options.out / "linear.svg").write_text(_drawn(rows), encoding="utf-8")
    report("linear", figures)


def _learnt(events: int, seed: int, jobs: int) -> dict[str, Any]:
    """One office, learnt in a book that is thrown away."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = office.write(folder, seed=seed, events=events)[0]
        measured, learnt = guildbook(folder / "book", "learn", file, "--jobs", str(jobs), tree=True)
        return {
            "events": learnt["events"],
            "wall_seconds": round(measured.wall, 2),
            "cpu_seconds": round(measured.cpu, 2),
            "peak_mib": round(measured.peak),
            "file_mib": round(file.stat().st_size / 2**20, 1),
            "book_mib": round(sum(f.stat().st_size for f in (folder / "book").rglob("*") if f.is_file()) / 2**20, 1),
        }


def _exponents(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Slopes in log-log of seconds over events: of all sizes, from the second on, and of the last two."""
    found: dict[str, float] = {}
    for name in ("cpu_seconds", "wall_seconds"):
        for label, some in (("all", rows), ("without_smallest", rows[1:]), ("last_decade", rows[-2:])):
            if len(some) > 1:
                x, y = np.log([row["events"] for row in some]), np.log([row[name] for row in some])
                found[f"{name}_{label}"] = round(float(np.polyfit(x, y, 1)[0]), 3)
    return found


def _drawn(rows: list[dict[str, Any]]) -> str:
    events = [float(row["events"]) for row in rows]
    return log_chart(
        "Learning a sample office from nothing, two cores",
        "events",
        "seconds (logarithmic on both sides)",
        [
            Line("processor seconds", list(zip(events, [row["cpu_seconds"] for row in rows], strict=True)), "#1b6ca8"),
            Line("wall seconds", list(zip(events, [row["wall_seconds"] for row in rows], strict=True)), "#c4572b"),
        ],
    )


if __name__ == "__main__":
    main()
