"""Claim: performances are found in raw interaction without case ids, with F1 of .99 / .985 (L1, L2) and .95 elsewhere.

    python benchmarks/segmentation.py [FOLDER] [--seeds N]

For each log: as it is; what `learn` makes of it, and of the same segments dealt out to four people in four weeks; with
events spaced evenly; with 20 % noise (worst and mean over the seeds); with segments of two tasks interleaved, where the
truth knows tasks; and events a CPU-second, best of three.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from _measure import report

from guildbook.app.bench_segment import Options, learnt, load, measure
from guildbook.app.segment_trials import shared_out
from guildbook.distil.segment import read, segment

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "uilogs"
LOGS = {
    "L1": ("Task", "idx"),
    "L2": ("Task", "idx"),
    "log1_segmented": ("caseID",),
    "log2_segmented": ("caseID",),
    "Reimbursement_segmented": ("caseID",),
    "StudentRecord_segmented": ("caseID",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--seeds", type=int, default=5)
    said = parser.parse_args()
    if not said.folder.is_dir():
        raise SystemExit("skipped: data not present")
    figures: dict[str, Any] = {}
    for log, truth in LOGS.items():
        path = said.folder / f"{log}.csv"
        plain = measure(path, truth)
        noisy = [measure(path, truth, Options(noise=0.2, seed=seed))["f1"] for seed in range(1, said.seeds + 1)]
        figures[log] = {
            "f1": plain["f1"],
            "jaccard": plain["jaccard"],
            "task_f1": plain.get("task_f1"),
            "learnt_f1": plain["learnt_f1"],
            "learnt_dealt_out": learnt(shared_out(load(path, truth), 4, 4, 1)),
            "f1_even_times": measure(path, truth, Options(even_times=True))["f1"],
            "f1_noise_worst": min(noisy),
            "f1_noise_mean": round(sum(noisy) / len(noisy), 4),
            "events_per_cpu_second": speed(path, truth),
        }
        if len(truth) > 1:
            mixed = [measure(path, truth, Options(interleave=True, seed=s))["f1"] for s in range(1, said.seeds + 1)]
            figures[log]["f1_interleaved_worst"] = min(mixed)
    report("segmentation", figures)


def speed(path: Path, truth: tuple[str, ...]) -> int:
    """Events a second of this process's own time."""
    events = load(path, truth).events
    best = 0
    for _ in range(3):
        began = time.process_time()
        segment(read(events))
        best = max(best, round(len(events) / (time.process_time() - began)))
    return best


if __name__ == "__main__":
    main()
