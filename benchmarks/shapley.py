"""Shapley values of workers: seconds, standard error, and pyDVL's retraining on the same game.

    python benchmarks/shapley.py [--workers 200] [--episodes 100000] [--order 5] [--pairs 8] [--book HOME]
        [--peer PYTHON_WITH_PYDVL] [--peer-permutations 1]

Claims: 200 workers and 10⁵ one-worker episodes (10⁶ events) in at most 10 s on two cores with the standard error
stated; with `--book`, the workers of a real log, whose cases are shared, in at most 60 s; at least a hundred times
fewer seconds than retraining for every coalition. `cpu` is of all threads; on a busy machine `seconds` are longer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from _measure import report

from guildbook.measure.contribution.game import Game
from guildbook.measure.contribution.values import Draw, contribution
from guildbook.measure.engine import Engine, chosen
from guildbook.measure.model import Shape
from guildbook.measure.work import Split, Work

STEPS = 10
ACTS = 30


def episodes(count: int, people: int, seed: int = 0) -> Work:
    """Ten steps each of one worker, who goes by a common way of working half of the time and else by their own."""
    rng = np.random.default_rng(seed)
    ways = np.cumsum(rng.dirichlet(np.full(ACTS, 0.15), size=(people + 1, ACTS)), axis=2)
    who = rng.integers(0, people, count)
    acts = np.empty((count, STEPS), np.int64)
    acts[:, 0] = rng.integers(0, ACTS, count)
    for step in range(1, STEPS):
        way = np.where(rng.random(count) < 0.5, people, who)
        acts[:, step] = np.minimum((ways[way, acts[:, step - 1]] < rng.random(count)[:, None]).sum(axis=1), ACTS - 1)
    size = count * STEPS
    return Work(
        offsets=np.arange(0, size + 1, STEPS, dtype=np.int64),
        act=acts.reshape(-1).astype(np.int32),
        worker=np.repeat(who, STEPS).astype(np.int32),
        time=np.arange(size, dtype=np.int64) * 1_000_000,
        own=rng.integers(1_000_000, 60_000_000, size),
        agent=np.zeros(size, dtype=bool),
        task=np.zeros(count, np.int32),
        outcome=np.zeros(count, np.int8),
        acts=tuple(f"act {a:02}" for a in range(ACTS)),
        workers=tuple(f"worker {w:03}" for w in range(people)),
        tasks=("task",),
        keys=tuple(map(str, range(count))),
    )


def of_book(home: Path) -> Work:
    """The work admitted in a book that was learnt before."""
    from guildbook.app import open_book  # noqa: PLC0415 - only for a book

    with open_book(home, create=False) as book:
        return book.measure.work()


def played(work: Work, shape: Shape, metric: str, pairs: int) -> dict[str, object]:
    """One run: the game made ready, then so many pairs of orders."""
    began, worked = perf_counter(), process_time()
    game = Game.of(Engine.of(Split.newest(work), shape=shape), "accuracy" if metric == "accuracy" else "augmentation")
    ready, ready_cpu = perf_counter() - began, process_time() - worked
    found = contribution(game, "shapley", Draw(pairs))
    wall, cpu = perf_counter() - began, process_time() - worked
    errors = np.array([one.error for one in found.values])
    values = np.array([one.value for one in found.values])
    return {
        "metric": metric, "pairs": pairs, "seconds": round(wall, 2), "cpu": round(cpu, 2),
        "ready_seconds": round(ready, 2), "ready_cpu": round(ready_cpu, 2),
        "cpu_a_permutation": round((cpu - ready_cpu) / (2 * pairs), 3), "whole": round(found.whole, 5),
        "mean_value": float(values.mean()), "spread_of_values": float(values.std()),
        "mean_standard_error": float(errors.mean()), "greatest_standard_error": float(errors.max()),
    }  # fmt: skip


def peer(work: Work, shape: Shape, python: str, permutations: int) -> dict[str, float]:
    """PyDVL on the same game, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.npz"
        columns = ("offsets", "act", "worker", "time", "own", "agent", "task", "outcome")
        np.savez(
            path, order=shape.order, least=shape.least, **{name: getattr(work, name) for name in columns},
            **{name: np.array(getattr(work, name)) for name in ("acts", "workers", "tasks", "keys")},
        )  # fmt: skip
        source = Path(__file__).resolve().parents[1] / "src"
        code = Path(__file__).with_name("_peers_dvl.py")
        done = subprocess.run(
            [python, "-W", "ignore", str(code), str(path), str(permutations)], check=True, capture_output=True,
            text=True, env=os.environ | {"PYTHONPATH": str(source)},
        )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Run it and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--episodes", type=int, default=100_000)
    parser.add_argument("--order", type=int, default=0, help="of the model; 0: as it fits the work best")
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--book", type=Path)
    parser.add_argument("--peer")
    parser.add_argument("--peer-permutations", type=int, default=1)
    options = parser.parse_args()
    work = of_book(options.book) if options.book else episodes(options.episodes, options.workers)
    began = perf_counter()
    shape = Shape(options.order, 1) if options.order else chosen(Split.newest(work).train)
    choosing = perf_counter() - began
    played(work.pick(np.arange(min(len(work), 500))), shape, "accuracy", 1)  # compiled parts are loaded
    ours = [played(work, shape, metric, options.pairs) for metric in ("accuracy", "augmentation")]
    figures: dict[str, object] = {
        "events": work.events, "traces": len(work), "workers": len(work.workers), "load": os.getloadavg()[0],
        "order": shape.order, "least": shape.least, "choosing_the_shape_seconds": round(choosing, 2), "ours": ours,
    }  # fmt: skip
    if options.peer:
        theirs = peer(work, shape, options.peer, options.peer_permutations)
        mine = float(str(ours[0]["cpu_a_permutation"]))
        figures["pydvl"] = theirs
        figures["pydvl_cpu_a_permutation"] = round(theirs["cpu"] / theirs["permutations"], 2)
        figures["times_fewer_seconds"] = round(theirs["cpu"] / theirs["permutations"] / mine, 1)
    report("shapley", figures)


if __name__ == "__main__":
    sys.exit(main())
