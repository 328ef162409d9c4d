"""Claim: by counts alone the next step is predicted at least as well as by nets and boosted trees on the same split.

    python benchmarks/next_step_peers.py --log Helpdesk [--seeds 3] [--peers lstm,transformer,lightgbm] [--keep FOLDER]

Needs `pip install guildbook[neural] lightgbm`. Every peer learns from `train_val_LOG` alone, stops where the latest
fifth of the training cases (by start) says so, and predicts every event of `test_LOG` from the second on and the end
of each case. `stopped` is the peer as it stopped; `refit` is trained anew on all of the training cases for as many
epochs, which is what a careful user would do when the process drifts. The book's `counts` run after them, in a process
of their own. One thread; CPU seconds. `--keep` leaves what every peer said in a folder, for `next_step_bound.py`.
"""

from __future__ import annotations

import argparse
import multiprocessing
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
FIGURES = ("accuracy", "top3", "log_loss", "ece")
FORMS = ("stopped", "refit")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", default="Helpdesk")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--peers", default="lightgbm,lstm,transformer")
    parser.add_argument("--no-refit", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        raise SystemExit("skipped: data not present")
    paths = [arguments.folder / f"{part}_{arguments.log}.xes.gz" for part in ("train_val", "test")]
    data = split(*(events(path) for path in paths))
    figures: dict[str, Any] = {"log": arguments.log}
    names = arguments.peers.split(",")
    for name in names:
        keep = arguments.keep and arguments.keep / f"{arguments.log}-{name}"
        figures[name] = _peer(
            data, _runner(name, data), range(arguments.seeds), refit=not arguments.no_refit, keep=keep
        )
        print(name, figures[name]["median"], file=sys.stderr, flush=True)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        figures["counts"] = counts = pool.apply(_counts, paths)
    for form in FORMS[: 1 if arguments.no_refit else 2]:
        best = max(figures[name]["median"][form]["accuracy"] for name in names)
        figures[f"counts_less_best_{form}"] = round(counts["accuracy"] - best, 4)
    report("next-step-peers", figures)


def _counts(train: Path, test: Path) -> dict[str, Any]:
    """What counts alone come to, and their CPU seconds."""
    known, asked = events(train), events(test)
    began = time.process_time()
    figures = nextstep.bench(known, asked)
    return figures | {"cpu_seconds": round(time.process_time() - began, 1)}


def _runner(name: str, data: Split) -> Callable[..., Result]:
    if name == "lightgbm":
        import _peers_trees  # noqa: PLC0415 — one peer may run without the other's library

        return lambda seed, *, refit: _peers_trees.run(data, seed, refit=refit)
    import _peers_nets  # noqa: PLC0415
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    return {"lstm": _peers_nets.lstm, "transformer": _peers_nets.transformer}[name](data).run


def _peer(
    data: Split, run: Callable[..., Result], seeds: range, *, refit: bool, keep: Path | None = None
) -> dict[str, Any]:
    """Every seed's figures, and the median of each over the seeds."""
    by_seed: list[dict[str, Any]] = []
    for seed in seeds:
        probabilities, facts = run(seed, refit=refit)
        figures = {form: score(p, data.test.answer) for form, p in probabilities.items()}
        if keep:
            keep.parent.mkdir(parents=True, exist_ok=True)
            kept = probabilities | {"answer": data.test.answer.astype(np.float64)}
            np.savez(f"{keep}-{seed}.npz", allow_pickle=False, **kept)
        by_seed.append({"seed": seed, **facts, **figures})
    return {
        "median": {form: _medians([one[form] for one in by_seed]) for form in FORMS if form in by_seed[0]},
        "cpu_seconds": statistics.median(one["cpu_seconds"] for one in by_seed),
        "seeds": by_seed,
    }


def _medians(scores: list[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in scores), 4) for name in FIGURES}


if __name__ == "__main__":
    main()
