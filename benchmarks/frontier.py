"""How good at helping a model can be that is bound in replacing: the frontier on real logs and on the sample office.

    python benchmarks/frontier.py [--log FILE ...] [--office 40000] [--seeds 5] [--keep DIR]

Each log is learnt into a book of its own and swept by `guildbook measure frontier`, every mechanism with every seed.
With `--keep` what was done is kept, and a second call goes on. Claims: the frontier rises; where S can be moved at all,
what is chosen for a bound (steps withheld, weighted training) has a larger area than plain data caps, and than data
caps drawn by lot. Prints JSON.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path
from typing import Any

from _measure import guildbook, report

SHOWN = ("caps", "consent-targeted", "relabel", "withhold", "reweight", "gate")


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The answers by mechanism and bound as (A, S, S attacked), the areas, and whether the frontier rises."""
    kept = sorted(
        (row for row in found["points"]["system"]["most"] if row["status"] == "frontier"), key=lambda row: row["S"]
    )
    answers: dict[str, dict[str, list[float]]] = {}
    for one in found["answers"]:
        if one["mechanism"] in SHOWN:
            spread = one["A"]["high"] - one["A"]["value"]
            figures = [
                one["A"]["value"],
                spread,
                one["A_one"]["value"],
                one["S_system"]["value"],
                one["S_attacked"]["value"],
            ]
            answers.setdefault(one["mechanism"], {})[f"{one['bound']:g}"] = [round(x, 4) for x in figures]
    areas = {axis: both["most"] and both["most"]["constrained"] for axis, both in found["areas"].items()}
    gaps = [one["gap"] for one in found["chosen"] if one["mechanism"] == "withhold" and one.get("gap") is not None]
    return {
        "traces": found["traces"],
        "rises": all(one["A"] <= two["A"] for one, two in itertools.pairwise(kept)),
        "columns": ["A", "±", "A, one shown", "S system", "S attacked"],
        "answers": answers,
        "S_public_alone": found["S_public_alone"],
        "constrained": areas,
        "largest_gap": max(gaps, default=None),
    }


def main() -> None:
    """Learn, sweep, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, action="append", default=[])
    parser.add_argument("--office", type=int, default=40_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        keep = options.keep or Path(scratch)
        homes = {log.name.split(".")[0]: (keep / f"book-{log.name.split('.')[0]}", log) for log in options.log}
        for name, (home, log) in homes.items():
            if not home.exists():
                guildbook(home, "learn", log)
            out[name] = _swept(home, keep / f"frontier-{name}", options.seeds)
        if options.office:
            tour = keep / "office"
            home = keep / f"office-tour-1-{options.office}"
            if not home.exists():
                guildbook(tour, "tour", "--events", str(options.office))
            out["office"] = _swept(home, keep / "frontier-office", options.seeds)
    report("frontier", out)


def _swept(home: Path, folder: Path, seeds: int) -> dict[str, Any]:
    measured, found = guildbook(home, "measure", "frontier", "--seeds", str(seeds), "-o", folder)
    return summary(found) | {"seconds": round(measured.wall, 1), "processor_seconds": round(measured.cpu, 1)}


if __name__ == "__main__":
    main()
