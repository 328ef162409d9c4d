"""Claim: by counts alone the next step is predicted at least as well as by nets and boosted trees on the same split.

    python benchmarks/next_step_peers.py --log Helpdesk [--seeds 3] [--peers lstm,transformer,lightgbm] [--no-refit]

Needs `pip install guildbook[neural] lightgbm`. Every peer learns from `train_val_LOG` alone, stops where the latest
fifth of the training cases (by start) says so, and predicts every event of `test_LOG` from the second on and the end
of each case. `stopped` is the peer as it stopped; `refit` is trained anew on all of the training cases for as many
epochs, which is what a careful user would do when the process drifts. The book's `counts` run beside them.
One thread; CPU seconds of this process.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from _measure import report
from _peers_data import Split, events, score, split
from numpy.typing import NDArray

from guildbook.distil import nextstep

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "eventlogs"
Result = tuple[dict[str, NDArray[np.float64]], dict[str, float]]
FIGURES = ("accuracy", "top3", "log_loss")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", default="Helpdesk")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--peers", default="lightgbm,lstm,transformer")
    parser.add_argument("--no-refit", action="store_true")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        raise SystemExit("skipped: data not present")
    train, test = (events(arguments.folder / f"{part}_{arguments.log}.xes.gz") for part in ("train_val", "test"))
    began = time.process_time()
    counts = nextstep.bench(train, test)
    counts["cpu_seconds"] = round(time.process_time() - began, 1)
    figures: dict[str, Any] = {"log": arguments.log, "counts": counts}
    data = split(train, test)
    for name in arguments.peers.split(","):
        figures[name] = _peer(data, _runner(name, data), range(arguments.seeds), refit=not arguments.no_refit)
        print(name, figures[name]["median"], file=sys.stderr, flush=True)
    best = max(form["accuracy"] for name in arguments.peers.split(",") for form in figures[name]["median"].values())
    figures["best_peer"] = best
    figures["counts_less_best_peer"] = round(counts["accuracy"] - best, 4)
    report("next-step-peers", figures)


def _runner(name: str, data: Split) -> Callable[..., Result]:
    if name == "lightgbm":
        import _peers_trees  # noqa: PLC0415 — one peer may run without the other's library

        return lambda seed, *, refit: _peers_trees.run(data, seed, refit=refit)
    import _peers_nets  # noqa: PLC0415
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    return {"lstm": _peers_nets.lstm, "transformer": _peers_nets.transformer}[name](data).run


def _peer(data: Split, run: Callable[..., Result], seeds: range, *, refit: bool) -> dict[str, Any]:
    """Every seed's figures, and the median of each over the seeds."""
    by_seed: list[dict[str, Any]] = []
    for seed in seeds:
        probabilities, facts = run(seed, refit=refit)
        figures = {form: score(p, data.test.answer) for form, p in probabilities.items()}
        by_seed.append({"seed": seed, **facts, **figures})
    return {
        "median": {
            form: _medians([one[form] for one in by_seed]) for form in ("stopped", "refit") if form in by_seed[0]
        },
        "cpu_seconds": statistics.median(one["cpu_seconds"] for one in by_seed),
        "seeds": by_seed,
    }


def _medians(scores: list[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in scores), 4) for name in FIGURES}


if __name__ == "__main__":
    main()
