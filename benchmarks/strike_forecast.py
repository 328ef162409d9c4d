"""How often a forecast made from half of the people holds for the others.

For each seed the people of a log are parted in halves. From the one half alone a strike of half of *other* people is
forecast, with a 90 % interval; then half of the other half strike, and what their model loses is measured. Prints in
how many of the seeds the interval held it.

    python benchmarks/strike_forecast.py [--seeds 100] [--log office|FILE ...] [--share 0.5]
        [--metric accuracy] [--system NAME ...]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from _measure import machine

from guildbook.app import open_book
from guildbook.app.learning import Wanted
from guildbook.measure.engine import Engine
from guildbook.measure.strike import among, forecast, losses_of

OFFICE = "office"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--log", nargs="*", default=[OFFICE])
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--metric", default="accuracy", choices=["accuracy", "augmentation"])
    parser.add_argument("--system", nargs="*", default=[], help="no people: part of every world, never on strike")
    parser.add_argument("--events", type=int, default=100_000, help="of the office")
    asked = parser.parse_args()
    for log in asked.log:
        print(json.dumps(tried(log, asked)), flush=True)
    print(json.dumps(machine()))


def tried(log: str, asked: argparse.Namespace) -> dict[str, object]:
    """The trials on one log."""
    started = time.perf_counter()
    engine = engine_of(log, asked.events)
    system = engine.train.mask([name for name in asked.system if name in engine.train.workers])
    people = np.flatnonzero(engine.train.present & ~system)
    held, widths, losses = 0, [], []
    for seed in range(asked.seeds):
        order = np.random.default_rng(seed).permutation(people)
        ours, theirs = among(engine, order[::2], system), among(engine, order[1::2], system)
        told = forecast(ours, asked.share, metric=asked.metric, seed=seed, system=system)
        lost = losses_of(theirs, asked.share, 1, seed, asked.metric, system)[0]
        held += int(told.low <= lost <= told.high)
        widths.append(told.high - told.low)
        losses.append(lost)
    return {
        "log": Path(log).name, "system": asked.system, "people": len(people), "metric": asked.metric,
        "share": asked.share, "held": held,
        "of": asked.seeds, "median_width": float(np.median(widths)), "median_loss": float(np.median(losses)),
        "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip


def engine_of(log: str, events: int) -> Engine:
    """The engine over one log, learnt in a book that is thrown away."""
    with tempfile.TemporaryDirectory() as folder, open_book(Path(folder) / "book") as book:
        wanted = Wanted(office=(7, events)) if log == OFFICE else Wanted(paths=(Path(log),))
        book.learn(wanted)
        return book.measure.engine()


if __name__ == "__main__":
    main()
